"""What a person is told, and that one change waits for another."""

import threading
from pathlib import Path

import pytest

from localkube.certificates import Subject, render_kubeconfig
from localkube.cli import parser
from localkube.kubectl import manifest
from localkube.lock import exclusive
from localkube.progress import LocalkubeError, Progress, wait_until


def test_steps_are_numbered_and_timed() -> None:
    said: list[str] = []

    with Progress(2, said.append).step("building"):
        pass

    assert said[0] == "[1/2] building ..."
    assert said[1].startswith("[1/2] building: done in ")


def _fail(progress: Progress) -> None:
    with progress.step("building"):
        raise LocalkubeError("no disk")


def test_a_step_that_fails_is_told() -> None:
    said: list[str] = []

    with pytest.raises(LocalkubeError):
        _fail(Progress(1, said.append))

    assert "failed after" in said[-1]


def test_a_failure_shows_the_end_of_the_log_and_a_hint(tmp_path: Path) -> None:
    log = tmp_path / "build.log"
    log.write_text("\n".join(f"line {number}" for number in range(100)))

    text = LocalkubeError("the build failed", hint="free some disk", log=log).render()

    assert text.startswith("error: the build failed")
    assert "line 99" in text
    assert "line 10\n" not in text
    assert text.endswith("hint: free some disk")


def test_waiting_ends_with_a_sentence() -> None:
    with pytest.raises(LocalkubeError, match="the API server was not ready within 0 s"):
        wait_until(lambda: False, seconds=0, what="the API server was not ready")


def test_a_second_change_waits_and_the_lock_file_goes(tmp_path: Path) -> None:
    file, waited, entered = tmp_path / "lock", threading.Event(), threading.Event()

    def second() -> None:
        with exclusive(file, waited.set):
            entered.set()

    with exclusive(file):
        thread = threading.Thread(target=second)
        thread.start()
        assert waited.wait(5)
        assert not entered.is_set()
    thread.join(5)

    assert entered.is_set()
    assert not file.exists()


def test_the_clusters_name_may_stand_before_and_after_the_command() -> None:
    assert parser().parse_args(["--name", "a", "down"]).name == "a"
    assert parser().parse_args(["down", "--name", "b"]).name == "b"
    assert parser().parse_args(["down"]).name == "sluice"


def test_the_number_of_nodes_comes_from_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODES", "2")

    assert parser().parse_args(["up"]).nodes == 2


def test_certificates_name_their_usage_and_key_identifiers_as_strict_clients_want() -> None:
    leaf, authority = Subject("x").extensions(authority=False), Subject("x").extensions(authority=True)

    assert "authorityKeyIdentifier" in leaf
    assert "subjectKeyIdentifier" in leaf
    assert "keyCertSign" in authority


def test_a_kubeconfig_holds_its_certificates_itself() -> None:
    text = render_kubeconfig("https://server", authority=b"a", certificate=b"c", key=b"k")

    assert '"certificate-authority-data": "YQ=="' in text


def test_the_dns_manifest_has_no_blank_left() -> None:
    assert "${" not in manifest("dns.yaml", coredns_image="image", dns_service="198.19.0.10")
