"""The suites, in the order in which they run, with their budgets. A new suite is a new line here.

Those end-to-end suites that are listed and have no files yet need no line: they run as soon as
``tests/e2e/NAME/`` or ``tests/e2e/test_NAME*.py`` holds a test.
"""

from .suite import Budget, Checks, Part, Stage, Step, Suite, Tests

TOTAL = Budget(cold=95 * 60, warm=68 * 60)
"""For ``make test``."""
CHECK_TOTAL = Budget(cold=120, warm=120)
"""For ``make check``."""
ENVIRONMENT = Budget(cold=100, warm=10)
"""For the virtualenv, which make builds before this program can start."""

CHECK = ("format", "lint", "types", "imports", "crds", "repository", "unit")
"""What ``make check`` runs."""

CLUSTER = ("cluster",)
IMAGE = ("cluster", "image", "helm")
"""The end-to-end suites install the operator by its chart."""

_STATIC = [
    Suite("format", Stage.STATIC, Checks((("ruff", "format", "--check", "."),)), Budget(20, 10)),
    Suite("lint", Stage.STATIC, Checks((("ruff", "check", "."),)), Budget(20, 10)),
    Suite("imports", Stage.STATIC, Checks((("lint-imports",),)), Budget(30, 10)),
    Suite(
        "crds",
        Stage.STATIC,
        Checks((("python", "-m", "sluice.api.crd", "--check"),)),
        Budget(20, 10),
    ),
    Suite(
        "types",
        Stage.STATIC,
        Checks((("mypy", "operator", "cluster/localkube", "tests", "examples", "bench"), ("pyright",))),
        Budget(90, 75),
    ),
]

_UNIT = [
    Suite(
        "repository",
        Stage.UNIT,
        Tests(("tests/test_*.py", "tests/suites")),
        Budget(60, 50),
    ),
    Suite("unit", Stage.UNIT, Tests(("tests/unit",)), Budget(100, 90)),
    Suite("runtime", Stage.UNIT, Tests(("tests/runtime",)), Budget(65, 55)),
    Suite("conformance", Stage.UNIT, Tests(("tests/conformance",)), Budget(15, 12)),
    Suite("localkube", Stage.UNIT, Tests(("tests/cluster",)), Budget(15, 10)),
    Suite(
        "flink-libraries",
        Stage.UNIT,
        Step(("make", "--no-print-directory", "build/flink/context/.made")),
        Budget(50, 10),
    ),
    Suite(
        "flink",
        Stage.UNIT,
        Tests(("tests/flink",), timeout=200),
        Budget(150, 140),
        needs=("flink-libraries",),
    ),
    Suite("model", Stage.UNIT, Tests(("tests/model",), timeout=600), Budget(300, 260)),
    Suite("chromium", Stage.UNIT, Step(("python", "-m", "tests.support.browser")), Budget(60, 5)),
    Suite("web", Stage.UNIT, Tests(("tests/web",), timeout=120), Budget(80, 75), needs=("chromium",)),
    Suite("helm", Stage.UNIT, Step(("python", "-m", "tests.support.programs", "helm")), Budget(75, 5)),
    Suite("chart", Stage.UNIT, Tests(("tests/chart",)), Budget(30, 30), needs=("helm",)),
]

_CLUSTER = [
    Suite(
        "object-store-server",
        Stage.CLUSTER,
        Step(("python", "-m", "tests.support.s3")),
        Budget(90, 5),
    ),
    Suite(
        "object-store",
        Stage.CLUSTER,
        Tests(("tests/object_store",)),
        Budget(30, 15),
        needs=("object-store-server",),
    ),
    Suite(
        "cluster",
        Stage.CLUSTER,
        Step(("python", "-m", "localkube", "up")),
        Budget(700, 25),
    ),
    Suite(
        "image",
        Stage.CLUSTER,
        Step(("make", "--no-print-directory", "image")),
        Budget(80, 40),
        needs=CLUSTER,
    ),
    Suite(
        "image-flink",
        Stage.CLUSTER,
        Step(("make", "--no-print-directory", "image-flink")),
        Budget(40, 20),
        needs=("cluster", "flink-libraries"),
    ),
    Suite(
        "image-battery",
        Stage.CLUSTER,
        Step(("make", "--no-print-directory", "image-battery")),
        Budget(300, 30),
        needs=("cluster",),
        part=Part.BY_NAME,
    ),
    Suite(
        "cluster-life",
        Stage.CLUSTER,
        Tests(("tests/cluster_life",), timeout=400),
        Budget(80, 70),
        needs=CLUSTER,
    ),
    Suite(
        "integration",
        Stage.CLUSTER,
        Tests(
            (
                "tests/integration/test_admission.py",
                "tests/integration/test_admission_policy.py",
                "tests/integration/test_operator_start.py",
            ),
            timeout=120,
        ),
        Budget(125, 110),
        needs=(*CLUSTER, "helm"),
    ),
    Suite(
        "argocd", Stage.CLUSTER, Step(("python", "-m", "tests.support.programs", "argocd")), Budget(220, 5)
    ),
    # The rules, held on the real reconciler and a real API server.
    Suite(
        "walks",
        Stage.CLUSTER,
        Tests(
            tuple(f"tests/integration/test_{name}.py" for name in ("witness", "walks", "traces")), timeout=300
        ),
        Budget(70, 50),
        needs=CLUSTER,
    ),
]


def _end_to_end(
    name: str, budget: Budget, part: Part = Part.WHEN_PRESENT, needs: tuple[str, ...] = IMAGE
) -> Suite:
    return Suite(
        f"e2e-{name}",
        Stage.END_TO_END,
        Tests((f"tests/e2e/{name}", f"tests/e2e/test_{name}*.py"), timeout=300),
        budget,
        needs=needs,
        part=part,
    )


_END_TO_END = [
    _end_to_end("pipeline", Budget(940, 930), Part.ALWAYS),
    _end_to_end("flink", Budget(420, 390), Part.ALWAYS, (*IMAGE, "image-flink")),
    _end_to_end("deployment", Budget(400, 400)),
    _end_to_end("batch", Budget(190, 190)),
    _end_to_end("gateway", Budget(160, 150), needs=(*IMAGE, "chromium")),
    # It takes a Rust toolchain, and minutes of it the first time.
    _end_to_end("fda", Budget(900, 120), Part.BY_NAME),
    # Its image has 690 MB.
    _end_to_end("battery", Budget(600, 300), Part.BY_NAME, (*IMAGE, "image-battery")),
    _end_to_end("helm", Budget(200, 200)),
    _end_to_end("argocd", Budget(225, 225), needs=(*IMAGE, "argocd")),
    _end_to_end("cli", Budget(140, 140), Part.ALWAYS),
    # Every command and manifest of the documents; Argo CD's kinds come with its programs.
    _end_to_end("docs", Budget(150, 150), Part.ALWAYS, (*IMAGE, "argocd")),
]

_LATER = [
    Suite(
        "permissions",
        Stage.END_TO_END,
        Tests(("tests/permissions",)),
        Budget(30, 30),
        # It reads what the others asked for.
        needs=("e2e-pipeline", "e2e-deployment", "e2e-batch"),
    ),
    Suite(
        "faults",
        Stage.END_TO_END,
        Tests(("tests/faults",), timeout=300),
        Budget(300, 300),
        needs=IMAGE,
        # Longer than the budget, and not all of it has been seen to hold yet.
        part=Part.BY_NAME,
    ),
    Suite("docs", Stage.UNIT, Tests(("tests/docs",), timeout=150), Budget(30, 25)),
    Suite(
        "soak",
        Stage.END_TO_END,
        Tests(("tests/faults",), timeout=3600),
        Budget(3600, 3600),
        needs=IMAGE,
        part=Part.BY_NAME,
    ),
    Suite(
        "bench",
        Stage.END_TO_END,
        Checks((("python", "-m", "bench"),)),
        Budget(3600, 2700),
        needs=IMAGE,
        part=Part.BY_NAME,
        files=("bench/__main__.py",),
    ),
]

SUITES: tuple[Suite, ...] = tuple(
    sorted([*_STATIC, *_UNIT, *_CLUSTER, *_END_TO_END, *_LATER], key=lambda suite: suite.stage)
)
