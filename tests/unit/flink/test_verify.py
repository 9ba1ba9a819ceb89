"""The example's verifier finds every kind of error that it is there to find."""

import pytest
from flink.application import verifier

VERIFY = verifier()


def lines(count: int) -> list[str]:
    return sorted(VERIFY.expected_lines(count, 7))


def test_the_lines_are_those_that_the_job_writes() -> None:
    assert {"0,0,1,0", "0,7,2,7", "1,1,1,1", "0,14,3,21"} <= set(lines(15))


def test_an_exact_output_in_any_order_is_accepted() -> None:
    assert VERIFY.verdict(reversed(lines(100)))[0] == 0


@pytest.mark.parametrize(
    ("without", "added"),
    [
        ("0,7,2,7", []),
        (None, ["0,7,2,7"]),
        ("0,7,2,7", ["0,14,3,21"]),
        ("0,7,2,7", ["0,7,1,7"]),
        ("0,7,2,7", ["0,7,2,14"]),
        (None, ["0,7"]),
    ],
    ids=["lost", "doubled", "one lost and another doubled", "wrong count", "wrong sum", "half a line"],
)
def test_an_output_that_is_not_exact_is_refused(without: str | None, added: list[str]) -> None:
    code, sentence = VERIFY.verdict([line for line in lines(100) if line != without] + added)

    assert code == 1
    assert "are not the first" in sentence


def test_no_output_proves_nothing() -> None:
    assert VERIFY.verdict([])[0] == 2
