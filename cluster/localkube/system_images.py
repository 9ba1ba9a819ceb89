"""The images that the cluster itself needs, and the base image for Python programs."""

import io
import os
import re
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from localkube.images import Image, adopt_layer, blobs_of, layer_from, layout_folder, write_layout
from localkube.paths import Cache
from localkube.shell import run
from localkube.versions import (
    BASE_IMAGE,
    BASE_IMAGE_PACKAGES,
    BUSYBOX_IMAGE,
    COREDNS_IMAGE,
    DEBIAN_SUITE,
    PAUSE_IMAGE,
)

SYSTEM_IMAGES: Final = (PAUSE_IMAGE, COREDNS_IMAGE, BUSYBOX_IMAGE)
_PATH: Final = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LEFT_OUT: Final = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
_APPLETS: Final = (
    "awk basename cat chmod chown cp cut date dd df du echo env false find grep head hostname httpd id kill"
    " ln ls mkdir mktemp mv nc nslookup ps rm sed seq sh sleep sort stat sync tail tar test touch tr true"
    " uname wc wget xargs"
)


def missing_images(cache: Cache) -> list[str]:
    """Name the system images that the cache does not have yet."""
    return [
        name for name in SYSTEM_IMAGES if not (layout_folder(cache.images, name) / "index.json").is_file()
    ]


def make_system_images(cache: Cache) -> None:
    """Make every system image that is missing."""
    recipes = {PAUSE_IMAGE: _pause, COREDNS_IMAGE: _coredns, BUSYBOX_IMAGE: _busybox}
    for name in missing_images(cache):
        layout = layout_folder(cache.images, name)
        write_layout(layout, name, recipes[name](cache, blobs_of(layout)))


def base_layout(cache: Cache) -> Path:
    """Where the base image for Python programs is kept."""
    return layout_folder(cache.images, BASE_IMAGE)


def make_base_image(cache: Cache) -> None:
    """Make a small Debian with Python from the package sources that this machine itself uses."""
    blobs = blobs_of(base_layout(cache))
    blobs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="base-", dir=cache.root) as scratch:
        tarball = Path(scratch) / "root.tar"
        run(
            "mmdebstrap",
            "--mode=root",
            "--variant=minbase",
            f"--include={','.join(BASE_IMAGE_PACKAGES)}",
            *(f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT),
            *(f"--aptopt={option}" for option in _apt_options()),
            "--customize-hook=rm -rf $1/etc/apt/sources.list* $1/var/lib/apt/lists/* $1/etc/resolv.conf",
            DEBIAN_SUITE,
            tarball,
            *_apt_sources(),
            log=cache.logs / "base-image.log",
            hint="the package mirror of this machine's own apt configuration must answer",
        )
        layer = adopt_layer(tarball, blobs)
    write_layout(base_layout(cache), BASE_IMAGE, Image({"Env": [_PATH], "Cmd": ["python3"]}, (layer,)))


def _pause(cache: Cache, blobs: Path) -> Image:
    layer = layer_from(lambda tar: _add_program(tar, cache.bin / "pause", "pause"), blobs)
    return Image({"Entrypoint": ["/pause"], "User": "65535:65535"}, (layer,))


def _coredns(cache: Cache, blobs: Path) -> Image:
    layer = layer_from(lambda tar: _add_program(tar, cache.bin / "coredns", "coredns"), blobs)
    return Image({"Entrypoint": ["/coredns"]}, (layer,))


def _busybox(_cache: Cache, blobs: Path) -> Image:
    program = Path(shutil.which("busybox", path="/usr/bin:/bin") or "/bin/busybox")

    def write(tar: tarfile.TarFile) -> None:
        for folder, mode in (("bin", 0o755), ("etc", 0o755), ("root", 0o700), ("tmp", 0o1777)):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            tar.addfile(entry)
        _add_program(tar, program, "bin/busybox")
        for applet in _APPLETS.split():
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
        for name, text in (("passwd", "root:x:0:0::/root:/bin/sh\n"), ("group", "root:x:0:\n")):
            content = text.encode()
            entry = tarfile.TarInfo(f"etc/{name}")
            entry.size, entry.mode = len(content), 0o644
            tar.addfile(entry, io.BytesIO(content))

    return Image({"Env": ["PATH=/bin"], "Cmd": ["sh"]}, (layer_from(write, blobs),))


def _add_program(tar: tarfile.TarFile, program: Path, name: str) -> None:
    with program.open("rb") as content:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = os.fstat(content.fileno()).st_size, 0o755
        tar.addfile(entry, content)


def _apt_sources() -> list[Path]:
    """The machine's own package sources for its Debian: the files that name the suite."""
    folder = Path("/etc/apt/sources.list.d")
    suite = re.compile(rf"(^|\s){DEBIAN_SUITE}(\s|$)", re.MULTILINE)
    files = [Path("/etc/apt/sources.list"), *sorted(folder.glob("*.list")), *sorted(folder.glob("*.sources"))]
    return [file for file in files if file.is_file() and suite.search(file.read_text(errors="replace"))]


def _apt_options() -> list[str]:
    """The machine's own settings for reaching package mirrors, proxies above all."""
    lines = run("apt-config", "dump").splitlines()
    return [line.rstrip(";") for line in lines if line.startswith("Acquire::http") and '""' not in line]
