"""The few things that the host itself must have before namespaces can be made, and their removal."""

import contextlib
from pathlib import Path
from typing import Final

from localkube.paths import STATE_ROOT
from localkube.shell import succeeds

_KERNEL_MODULES: Final = ("overlay", "br_netfilter", "nf_tables", "nft_nat", "nft_masq", "veth", "bridge")
_MOUNT_POINTS: Final = (Path("/var/lib/cni"),)
_MADE_FOLDERS: Final = STATE_ROOT / "made-folders"


def load_kernel_modules() -> None:
    """Load what pods' networks need; a kernel that has them built in refuses, and that is well."""
    for module in _KERNEL_MODULES:
        succeeds("modprobe", module)


def make_mount_points() -> None:
    """Make the mount points that a fresh machine lacks, and remember them for the removal."""
    missing = [folder for folder in _MOUNT_POINTS if not folder.exists()]
    if missing:
        _MADE_FOLDERS.write_text("\n".join(map(str, missing)))
    for folder in missing:
        folder.mkdir(parents=True)


def remove_mount_points() -> None:
    """Remove those mount points with the last cluster: the kernel would take them away from any other."""
    if not STATE_ROOT.is_dir() or any(entry.is_dir() for entry in STATE_ROOT.iterdir()):
        return
    if _MADE_FOLDERS.is_file():
        for folder in _MADE_FOLDERS.read_text().splitlines():
            with contextlib.suppress(OSError):
                Path(folder).rmdir()
        _MADE_FOLDERS.unlink()
    with contextlib.suppress(OSError):
        STATE_ROOT.rmdir()
