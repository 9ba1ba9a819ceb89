"""Every command and every manifest of the documents, on the real cluster."""

import secrets
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from support.foreign_kinds import foreign_kinds
from support.kubectl import Kubectl
from support.pages import COMMANDS, PAGES, ROOT, Block, Language, all_blocks, blocks_of, page_name
from support.shell import run_page, what_went_wrong
from support.stages import ALONE, LANES, SHOP, STAGES, forget_api_keys

MANIFESTS = [block for block in all_blocks() if block.language == Language.YAML and not block.mark]
TEST_OF_A_PAGE = "test_the_commands_of_a_page_do_what_it_says"
SIDE_BY_SIDE = 5
ALL_SECONDS = 420
NAMES_OF_OTHERS = ("argocd", "flux-system")
"""Namespaces that manifests of other people's kinds name."""


def run_blocks(page: Path) -> list[Block]:
    """The blocks of commands that are run."""
    return [block for block in blocks_of(page) if block.language in COMMANDS and not block.why_not_run]


RUN = [page for page in PAGES if run_blocks(page)]
LOCAL = [page for page in RUN if page.is_relative_to(ROOT / "examples")]
"""Pages whose commands need no cluster: they start the job itself, beside its files."""
ON_CLUSTER = [page for page in RUN if page not in LOCAL]


def cordoned(cluster: Kubectl) -> set[str]:
    """Nodes that take no new pods."""
    nodes = cluster.get("nodes")["items"]
    return {each["metadata"]["name"] for each in nodes if each["spec"].get("unschedulable")}


def checkout(directory: Path) -> Path:
    """A folder with everything of the repository, in which a page may leave files of its own."""
    folder = directory / "checkout"
    folder.mkdir()
    for entry in ROOT.iterdir():
        (folder / entry.name).symlink_to(entry)
    return folder


@pytest.fixture(scope="module", autouse=True)
def without_what_pages_leave(system: Kubectl) -> Iterator[None]:
    """What pages make outside of their own namespace goes with the module."""
    yield
    cluster = Kubectl()
    cluster.must("delete", "namespace", SHOP, "--ignore-not-found", "--wait=false")
    forget_api_keys()
    cluster.must("delete", "-f", str(ROOT / "deploy" / "gateway.yaml"), "--ignore-not-found", "--wait=false")
    del system


@pytest.fixture(scope="module")
def kinds_of_others(crds: Kubectl) -> Iterator[None]:
    with foreign_kinds(crds):
        made = [name for name in NAMES_OF_OTHERS if crds.look(f"namespace/{name}") is None]
        for name in made:
            crds.must("create", "namespace", name)
        yield
        for name in made:
            crds.must("delete", "namespace", name, "--wait=false")


def test_every_page_with_commands_has_its_stage_and_no_stage_is_for_nothing() -> None:
    assert {page_name(page) for page in RUN} == set(STAGES)


@pytest.mark.parametrize("block", MANIFESTS, ids=lambda block: block.name)
def test_the_api_server_takes_every_manifest(block: Block, namespace: Kubectl, kinds_of_others: None) -> None:
    for manifest in yaml.safe_load_all(block.text):
        where = namespace if "namespace" not in manifest["metadata"] else Kubectl()

        where.must("apply", "--dry-run=server", "-f", "-", manifest=manifest)


def run_one(page: Path, cluster: Kubectl, directory: Path) -> str:
    """Run a page in a namespace of its own. What went wrong, empty when nothing did."""
    namespace = cluster.in_namespace(f"docs-{page.stem.lower()}-{secrets.token_hex(3)}")
    directory.mkdir()
    cluster.must("create", "namespace", str(namespace.namespace))
    try:
        STAGES[page_name(page)](namespace)
        commands = [command for block in run_blocks(page) for command in block.commands()]
        steps = run_page(commands, directory, kubeconfig_for(namespace, directory), checkout(directory))
        return "\n\n".join(what_went_wrong(steps, page_name(page)))
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        return f"the stage of {page_name(page)} could not be set: {error}"
    finally:
        # Its end is not waited for: nobody else uses the name.
        cluster.must("delete", "namespace", str(namespace.namespace), "--wait=false")


def kubeconfig_for(namespace: Kubectl, directory: Path) -> Path:
    """A copy whose present namespace is the page's."""
    path = directory / "kubeconfig"
    path.write_text(Kubectl().must("config", "view", "--raw", "--minify", "--flatten"))
    where = (f"--namespace={namespace.namespace}", f"--kubeconfig={path}")
    Kubectl().must("config", "set-context", "--current", *where)
    return path


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest, crds: Kubectl, tmp_path_factory: pytest.TempPathFactory
) -> dict[Path, str]:
    """What went wrong on each page. Most of a page's time is waiting, so several are run side by side."""
    tests = {item.name for item in request.session.items}
    chosen = {page for page in ON_CLUSTER if f"{TEST_OF_A_PAGE}[{page_name(page)}]" in tests}
    place = tmp_path_factory.mktemp("pages")
    found: dict[Path, str] = {}

    def run_lane(lane: list[Path]) -> None:
        for page in lane:
            found[page] = run_one(page, crds, place / page_name(page).replace("/", "-"))

    together = [[ROOT / name for name in lane if ROOT / name in chosen] for lane in LANES]
    alone = [page for page in chosen if page_name(page) in ALONE]
    taken = {page for lane in together for page in lane} | set(alone)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        list(pool.map(run_lane, [*together, *([page] for page in sorted(chosen - taken))]))
    before = cordoned(crds)
    run_lane(alone)
    for node in cordoned(crds) - before:
        # A page that did not come to its end leaves that to nobody else.
        crds.must("uncordon", node)
    return found


# The first one waits for all.
@pytest.mark.timeout(ALL_SECONDS)
@pytest.mark.parametrize("page", ON_CLUSTER, ids=page_name)
def test_the_commands_of_a_page_do_what_it_says(page: Path, outcomes: dict[Path, str]) -> None:
    assert not outcomes[page], outcomes[page]


@pytest.mark.parametrize("page", LOCAL, ids=page_name)
def test_the_commands_of_an_example_do_what_its_page_says(page: Path, tmp_path: Path) -> None:
    folder = tmp_path / page.parent.name
    shutil.copytree(page.parent, folder)
    commands = [command for block in run_blocks(page) for command in block.commands()]

    steps = run_page(commands, tmp_path, None, folder)

    wrong = what_went_wrong(steps, page_name(page))
    assert not wrong, "\n\n".join(wrong)
