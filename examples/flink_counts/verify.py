"""Check what the job wrote: ``python3 verify.py OUTPUT_FOLDER``.

Exit code 0: nothing was lost and nothing doubled; 1: something was; 2: the folder holds no such output.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path


def expected_lines(count: int, keys: int) -> set[str]:
    """All lines for the numbers 0 to ``count`` - 1, computed without Flink."""
    counts: dict[int, int] = defaultdict(int)
    sums: dict[int, int] = defaultdict(int)
    lines: set[str] = set()
    for number in range(count):
        key = number % keys
        counts[key] += 1
        sums[key] += number
        lines.add(f"{key},{number},{counts[key]},{sums[key]}")
    return lines


def verdict(lines: Iterable[str], keys: int = 7) -> tuple[int, str]:
    """The exit code and one sentence for the lines of all files, in any order."""
    actual = sorted(lines)
    if not actual:
        return 2, "There is no output."
    expected = sorted(expected_lines(len(actual), keys))
    if actual == expected:
        return 0, f"{len(actual)} numbers: nothing is lost and nothing doubled."
    wrong = sorted(set(actual) ^ set(expected), key=lambda line: (line.count(","), line))[:3]
    doubled = len(actual) - len(set(actual))
    return 1, f"{len(actual)} lines are not the first {len(actual)} numbers: {doubled} doubled; see {wrong}."


def read_lines(folder: Path) -> list[str]:
    """What the job has committed: files in progress have hidden names."""
    return [line for file in folder.glob("part-*") for line in file.read_text().splitlines()]


def main() -> int:
    """Print the verdict on the folder that the command line names."""
    if len(sys.argv) != 2:
        sys.stdout.write("usage: verify.py OUTPUT_FOLDER\n")
        return 2
    code, sentence = verdict(read_lines(Path(sys.argv[1])))
    sys.stdout.write(sentence + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
