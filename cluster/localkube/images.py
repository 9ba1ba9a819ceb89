"""Container images as folders in the OCI image layout, made without any container engine.

A layer is an uncompressed tar file under its own digest. Blobs of a base image are linked, never
copied, so that an image which adds a few megabytes to a large base costs a few megabytes.
"""

import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from localkube.progress import LocalkubeError

_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
_CONFIG: Final = "application/vnd.oci.image.config.v1+json"
_LAYER: Final = "application/vnd.oci.image.layer.v1.tar"
_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Image:
    """An image: what its containers start with, and its layers from the lowest to the highest."""

    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    layers: tuple[Path, ...] = ()


def layer_from(write: Callable[[tarfile.TarFile], None], blobs: Path) -> Path:
    """Make a layer by a function that fills a tar file; the blob gets its digest as its name."""
    blobs.mkdir(parents=True, exist_ok=True)
    unfinished = blobs / f".layer.{os.getpid()}"
    with unfinished.open("wb") as raw, tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        write(tar)
    return adopt_layer(unfinished, blobs)


def adopt_layer(file: Path, blobs: Path) -> Path:
    """Take a finished tar file as a layer."""
    target = blobs / _digest(file)
    file.rename(target)
    return target


def write_layout(folder: Path, name: str, image: Image) -> None:
    """Write an image as a layout folder that replaces an older one of that name."""
    blobs = blobs_of(folder)
    blobs.mkdir(parents=True, exist_ok=True)
    for layer in image.layers:
        _link(layer, blobs / layer.name)
    config = {
        "architecture": architecture(),
        "os": "linux",
        "config": image.settings,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer.name}" for layer in image.layers]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": _put(blobs, config, _CONFIG),
        "layers": [_descriptor(_LAYER, layer.name, layer.stat().st_size) for layer in image.layers],
    }
    entry = _put(blobs, manifest, _MANIFEST)
    tag = name.rpartition(":")[2]
    entry["annotations"] = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": tag}
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    _drop_unused(blobs, entry, manifest)


def read_layout(folder: Path) -> Image:
    """Read an image back from its layout folder."""
    blobs = blobs_of(folder)
    index = json.loads((folder / "index.json").read_text())
    manifest = _get(blobs, index["manifests"][0])
    config = _get(blobs, manifest["config"])
    layers = tuple(blobs / layer["digest"].partition(":")[2] for layer in manifest["layers"])
    return Image(config.get("config", {}), layers)


def pack_layout(folder: Path, sink: IO[bytes], *, without: frozenset[str] = frozenset()) -> None:
    """Write a layout as a tar stream, leaving out blobs that the receiver has already."""
    with tarfile.open(fileobj=sink, mode="w|", bufsize=_CHUNK) as tar:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            if file.name not in without:
                tar.add(file, arcname=file.relative_to(folder).as_posix())


@contextmanager
def open_archive(file: Path) -> Generator[IO[bytes]]:
    """Open an image archive, or fail in the tool's own words."""
    try:
        stream = file.open("rb")
    except OSError as problem:
        raise LocalkubeError(f"the image archive {file} cannot be read: {problem.strerror}") from problem
    with stream:
        yield stream


def layout_folder(images: Path, name: str) -> Path:
    """Where an image of this name is kept."""
    return images / name.replace("/", "_").replace(":", "_")


def blobs_of(layout: Path) -> Path:
    """Where a layout keeps its blobs."""
    return layout / "blobs" / "sha256"


def architecture() -> str:
    """The machine's architecture in the words of container images."""
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)


def _put(blobs: Path, document: dict[str, Any], kind: str) -> dict[str, Any]:
    content = json.dumps(document, sort_keys=True).encode()
    digest = hashlib.sha256(content).hexdigest()
    (blobs / digest).write_bytes(content)
    return _descriptor(kind, digest, len(content))


def _get(blobs: Path, descriptor: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((blobs / descriptor["digest"].partition(":")[2]).read_text())
    return document


def _descriptor(kind: str, digest: str, size: int) -> dict[str, Any]:
    return {"mediaType": kind, "digest": f"sha256:{digest}", "size": size}


def _drop_unused(blobs: Path, entry: dict[str, Any], manifest: dict[str, Any]) -> None:
    used = {part["digest"].partition(":")[2] for part in (entry, manifest["config"], *manifest["layers"])}
    for blob in blobs.iterdir():
        if blob.name not in used:
            blob.unlink()


def _link(source: Path, target: Path) -> None:
    if target.exists():
        return
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
