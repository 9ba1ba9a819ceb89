"""Builds an image from a Containerfile of the few instructions that adding files to a base image needs.

There is no RUN: nothing is executed, so that a build is only a tar file on top of the base image's
own blobs. That makes rebuilding an operator image a matter of a second or two, and needs no
container engine.
"""

import json
import re
import shlex
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final

from localkube.images import Image, blobs_of, layer_from, layout_folder, read_layout, write_layout
from localkube.progress import LocalkubeError

_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass
class Recipe:
    """What a Containerfile asks for, as far as it has been read."""

    tag: str
    context: Path
    images: Path
    arguments: Mapping[str, str]
    variables: dict[str, str] = field(default_factory=dict[str, str])
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    layers: list[Path] = field(default_factory=list[Path])

    def expand(self, text: str) -> str:
        """Fill in variables; one that nothing defines becomes empty, as in every Containerfile."""
        return _VARIABLE.sub(lambda found: self.variables.get(found[1] or found[2], ""), text)


def build_image(file: Path, context: Path, tag: str, arguments: Mapping[str, str], images: Path) -> None:
    """Build an image and keep it under its name beside the others."""
    recipe = Recipe(tag, context.resolve(), images, arguments)
    try:
        text = file.read_text()
    except OSError as problem:
        raise LocalkubeError(f"the Containerfile {file} cannot be read: {problem.strerror}") from problem
    for number, line in instructions(text):
        word, _, rest = line.partition(" ")
        handle = _INSTRUCTIONS.get(word.upper())
        if handle is None:
            raise LocalkubeError(
                f"{file}, line {number}: {word} is not supported",
                hint=f"supported are {', '.join(_INSTRUCTIONS)}",
            )
        handle(recipe, rest.strip())
    if not recipe.layers:
        raise LocalkubeError(f"{file} names no base image", hint="begin it with FROM")
    write_layout(layout_folder(images, tag), tag, Image(recipe.settings, tuple(recipe.layers)))


def instructions(text: str) -> list[tuple[int, str]]:
    """Split a Containerfile into instructions with the numbers of their first lines."""
    found: list[tuple[int, str]] = []
    pending, first = "", 0
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        first = first if pending else number
        pending += line.removesuffix("\\")
        if not line.endswith("\\"):
            found.append((first, pending))
            pending = ""
    return found


def _arg(recipe: Recipe, rest: str) -> None:
    name, _, default = rest.partition("=")
    recipe.variables[name] = recipe.arguments.get(name, recipe.expand(default))


def _from(recipe: Recipe, rest: str) -> None:
    name = recipe.expand(rest)
    layout = layout_folder(recipe.images, name)
    if not (layout / "index.json").is_file():
        raise LocalkubeError(
            f"the base image {name!r} is not here", hint="make it: python3 -m localkube base-image"
        )
    base = read_layout(layout)
    recipe.settings, recipe.layers = dict(base.settings), list(base.layers)


def _copy(recipe: Recipe, rest: str) -> None:
    *sources, target = shlex.split(recipe.expand(rest))
    if any(source.startswith("--") for source in sources):
        raise LocalkubeError(f"COPY {rest}: options are not supported")
    destination = PurePosixPath(recipe.settings.get("WorkingDir") or "/") / target
    into_folder = target.endswith("/") or len(sources) > 1

    def write(tar: tarfile.TarFile) -> None:
        for source in sources:
            _add(tar, _inside(recipe.context, source), destination, into_folder=into_folder)

    recipe.layers.append(layer_from(write, blobs_of(layout_folder(recipe.images, recipe.tag))))


def _inside(context: Path, source: str) -> Path:
    path = (context / source.lstrip("/")).resolve()
    if not path.is_relative_to(context) or not path.exists():
        raise LocalkubeError(f"{source} is not in the build context {context}")
    return path


def _add(tar: tarfile.TarFile, source: Path, destination: PurePosixPath, *, into_folder: bool) -> None:
    """Add a folder's content, or a file, in a fixed order and without the builder's names and times."""
    if source.is_file():
        target = destination / source.name if into_folder else destination
        tar.add(source, arcname=str(target).lstrip("/"), filter=_anonymous)
        return
    for path in [source, *sorted(source.rglob("*"))]:
        if path.name != "__pycache__" and "__pycache__" not in path.relative_to(source).parts:
            name = str(destination / path.relative_to(source).as_posix()).lstrip("/")
            tar.add(path, arcname=name or ".", recursive=False, filter=_anonymous)


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = 0
    entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
    return entry


def _pairs(text: str) -> dict[str, str]:
    split = (part.partition("=") for part in shlex.split(text))
    return {name: value for name, _, value in split}


def _env(recipe: Recipe, rest: str) -> None:
    pairs = _pairs(recipe.expand(rest))
    before = [entry for entry in recipe.settings.get("Env", []) if entry.partition("=")[0] not in pairs]
    recipe.settings["Env"] = before + [f"{name}={value}" for name, value in pairs.items()]
    recipe.variables.update(pairs)


def _setting(key: str) -> Callable[[Recipe, str], None]:
    def store(recipe: Recipe, rest: str) -> None:
        recipe.settings[key] = recipe.expand(rest)

    return store


def _command(key: str) -> Callable[[Recipe, str], None]:
    def store(recipe: Recipe, rest: str) -> None:
        recipe.settings[key] = json.loads(rest) if rest.startswith("[") else ["/bin/sh", "-c", rest]
        if key == "Entrypoint":
            recipe.settings.pop("Cmd", None)

    return store


def _label(recipe: Recipe, rest: str) -> None:
    pairs = _pairs(recipe.expand(rest))
    recipe.settings["Labels"] = {**recipe.settings.get("Labels", {}), **pairs}


def _expose(recipe: Recipe, rest: str) -> None:
    ports = {port if "/" in port else f"{port}/tcp": dict[str, str]() for port in recipe.expand(rest).split()}
    recipe.settings["ExposedPorts"] = {**recipe.settings.get("ExposedPorts", {}), **ports}


_INSTRUCTIONS: Final[dict[str, Callable[[Recipe, str], None]]] = {
    "ARG": _arg,
    "FROM": _from,
    "COPY": _copy,
    "ENV": _env,
    "USER": _setting("User"),
    "WORKDIR": _setting("WorkingDir"),
    "ENTRYPOINT": _command("Entrypoint"),
    "CMD": _command("Cmd"),
    "LABEL": _label,
    "EXPOSE": _expose,
}
