"""The site of the documents: ``make docs`` builds it to ``build/site``, and fails on any broken link.

The pages are CommonMark with GitHub's tables, so that they read the same in the repository and on the site.
They lie where the repository has them, so that every link holds in both.
"""

import re

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

from sluice import __version__

project = "Sluice"
author = "the Sluice authors"
version = release = __version__
root_doc = "docs/index"
include_patterns = [
    "docs/**.md",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "charts/sluice/README.md",
    "cluster/README.md",
    "examples/*/README.md",
]
# Also what is not to be walked through.
exclude_patterns = [".*", "bench", "build", "crds", "deploy", "dist", "images", "operator", "tests"]
exclude_patterns += ["charts/*/templates", "cluster/go", "cluster/localkube"]

extensions = ["myst_parser"]
# Anchors of headings as GitHub makes them. A link to a heading that is not there fails the build.
myst_heading_anchors = 4
nitpicky = True
suppress_warnings = ["myst.header"]
"""A page may begin with a comment, and a section skip a level."""

html_theme = "furo"
html_title = "Sluice"
html_copy_source = False
html_show_sourcelink = False
html_extra_path = ["extra"]
"""The front page of the folder, which leads to that of the documents."""
html_theme_options = {"navigation_with_keys": True}
highlight_language = "text"
smartquotes = False
"""Messages stand on the pages as the program says them."""


PART = re.compile(r"^## (.+?)$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
PAGE = re.compile(r"^- .*?\]\(([^)#]+)\.md\)", re.MULTILINE)


def add_navigation(_: Sphinx, name: str, source: list[str]) -> None:
    """The first page lists all others, in parts; the navigation is made of these lists."""
    if name != root_doc:
        return
    for title, part in PART.findall(source[0]):
        pages = "\n".join(PAGE.findall(part))
        source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n{pages}\n```\n"


def setup(app: Sphinx) -> None:
    """GitHub draws Mermaid; here, where nothing may be fetched, its text is shown."""
    app.add_lexer("mermaid", TextLexer)
    app.connect("source-read", add_navigation)
