"""The base image, made on demand: whoever builds or checks needs it, and it takes most of a minute once."""

from pathlib import Path

from localkube.packages import install_packages, missing_packages
from localkube.paths import Cache
from localkube.progress import Progress
from localkube.system_images import base_layout, make_base_image
from localkube.versions import BASE_IMAGE


def ensure_base_image(cache: Cache) -> Path:
    """Make the base image if the cache does not have it, and give its layout folder."""
    layout = base_layout(cache)
    if not (layout / "index.json").is_file():
        cache.logs.mkdir(parents=True, exist_ok=True)
        with Progress(1).step(f"making the base image {BASE_IMAGE} (first time: about a minute)"):
            install_packages(missing_packages({"mmdebstrap": "mmdebstrap"}), cache.logs / "packages.log")
            make_base_image(cache)
    return layout
