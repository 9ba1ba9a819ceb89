"""A Git repository, as a team has one for what runs in its cluster."""

import subprocess
from pathlib import Path

import yaml

from support.kubectl import Manifest

WHO = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false")


class Repository:
    """One branch, ``main``, in which each file is an object."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True)
        self._git("init", "--quiet", "-b", "main")

    @property
    def url(self) -> str:
        """Where a Git client finds it."""
        return f"file://{self._folder}"

    def commit(self, message: str, **objects: Manifest | None) -> str:
        """Write these objects, by their files' names, and remove those that are ``None``; the commit's id."""
        for name, manifest in objects.items():
            path = self._folder / f"{name.replace('_', '-')}.yaml"
            if manifest is None:
                path.unlink()
            else:
                path.write_text(yaml.safe_dump(manifest, sort_keys=False))
        self._git("add", "--all")
        self._git(*WHO, "commit", "--quiet", "-m", message)
        return self._git("rev-parse", "HEAD").strip()

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self._folder), *arguments],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
