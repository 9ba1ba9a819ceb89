"""Every command and every manifest of the documents, on the real cluster."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from support.foreign_kinds import foreign_kinds
from support.kubectl import Kubectl
from support.pages import COMMANDS, PAGES, ROOT, Block, Language, all_blocks, blocks_of, page_name
from support.shell import PAGE_SECONDS, run_page, what_went_wrong
from support.stages import SHOP, STAGES

MANIFESTS = [block for block in all_blocks() if block.language == Language.YAML and not block.mark]
NAMES_OF_OTHERS = ("argocd", "flux-system")
"""Namespaces that manifests of other people's kinds name."""


def run_blocks(page: Path) -> list[Block]:
    """The blocks of commands that are run."""
    return [block for block in blocks_of(page) if block.language in COMMANDS and not block.why_not_run]


RUN = [page for page in PAGES if run_blocks(page)]
LOCAL = [page for page in RUN if page.is_relative_to(ROOT / "examples")]
"""Pages whose commands need no cluster: they start the job itself, beside its files."""
ON_CLUSTER = [page for page in RUN if page not in LOCAL]


@pytest.fixture
def kubeconfig(own_namespace: Kubectl, tmp_path: Path) -> Path:
    """A copy for one page, whose present namespace is the page's own."""
    path = tmp_path / "kubeconfig"
    path.write_text(Kubectl().must("config", "view", "--raw", "--minify", "--flatten"))
    where = (f"--namespace={own_namespace.namespace}", f"--kubeconfig={path}")
    Kubectl().must("config", "set-context", "--current", *where)
    return path


@pytest.fixture
def nodes_as_they_were(crds: Kubectl) -> Iterator[None]:
    """A page that cordons a node and does not come to its end leaves that to nobody else."""
    before = cordoned(crds)
    yield
    for node in cordoned(crds) - before:
        crds.must("uncordon", node)


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


@pytest.mark.timeout(PAGE_SECONDS + 120)
@pytest.mark.parametrize("page", ON_CLUSTER, ids=page_name)
def test_the_commands_of_a_page_do_what_it_says(
    page: Path, own_namespace: Kubectl, kubeconfig: Path, nodes_as_they_were: None, tmp_path: Path
) -> None:
    STAGES[page_name(page)](own_namespace)
    commands = [command for block in run_blocks(page) for command in block.commands()]

    steps = run_page(commands, tmp_path, kubeconfig, checkout(tmp_path))

    wrong = what_went_wrong(steps, page_name(page))
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("page", LOCAL, ids=page_name)
def test_the_commands_of_an_example_do_what_its_page_says(page: Path, tmp_path: Path) -> None:
    folder = tmp_path / page.parent.name
    shutil.copytree(page.parent, folder)
    commands = [command for block in run_blocks(page) for command in block.commands()]

    steps = run_page(commands, tmp_path, None, folder)

    wrong = what_went_wrong(steps, page_name(page))
    assert not wrong, "\n\n".join(wrong)
