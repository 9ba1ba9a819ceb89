"""The site of the documents: it is built as strictly as can be, and every link in it leads somewhere."""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from support.pages import ROOT

SITE = ROOT / "build" / "site"
BUILD_SECONDS = 240
"""Five on a quiet machine."""
LOADING = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
"""Elements for which a browser fetches something, and the attribute that says what."""
PAGES_AROUND = {"genindex.html", "search.html"}
"""Sphinx' own."""


@dataclass
class Page(HTMLParser):
    """What matters of a page of HTML."""

    ids: set[str] = field(default_factory=set[str])
    links: set[str] = field(default_factory=set[str])
    loaded: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value}
        if "id" in given:
            self.ids.add(given["id"])
        if tag == "a" and "href" in given:
            self.links.add(given["href"])
        if (
            tag in LOADING
            and LOADING[tag] in given
            and given.get("rel") not in ("index", "search", "next", "prev")
        ):
            self.loaded.add(given[LOADING[tag]])


@cache
def read(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


@pytest.fixture(scope="module")
def site() -> Path:
    """The site, built anew: what is not read again is not checked again."""
    shutil.rmtree(SITE, ignore_errors=True)
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going", "--fresh-env"]
    places = ["-c", "docs/site", "-d", "build/doctrees", ".", str(SITE)]
    done = subprocess.run(
        [*command, *places], cwd=ROOT, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return SITE


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


@pytest.mark.timeout(BUILD_SECONDS + 30)
def test_every_link_and_every_anchor_leads_somewhere(site: Path) -> None:
    broken = list[str]()
    for page in pages(site):
        for link in read(page).links | read(page).loaded:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            is_there = target.is_file() and site in target.parents
            if not is_there or (parts.fragment and parts.fragment not in read(target).ids):
                broken.append(f"{page.relative_to(site)}: {link}")

    assert not broken


def test_a_reader_fetches_nothing_from_anywhere_else(site: Path) -> None:
    foreign = {
        (page.name, link) for page in pages(site) for link in read(page).loaded if urlsplit(link).netloc
    }
    styles = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))

    assert not foreign
    assert not re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", styles)


def test_every_page_of_the_documents_is_in_the_navigation(site: Path) -> None:
    front = read(site / "docs" / "index.html")
    listed = {(site / "docs" / link).resolve() for link in front.links if not urlsplit(link).scheme}
    made = {path for path in pages(site) if path.name not in PAGES_AROUND and path.parent != site}

    assert made - listed - {site / "docs" / "index.html"} == set()


def test_the_states_of_a_pipeline_are_drawn(site: Path) -> None:
    drawn = [link for link in read(site / "docs" / "index.html").loaded if link.endswith("states.svg")]

    assert drawn
    assert "<svg" in (site / "docs" / drawn[0]).resolve().read_text(encoding="utf-8")


def test_the_front_of_the_folder_leads_to_the_documents(site: Path) -> None:
    assert "docs/index.html" in read(site / "index.html").links
