"""A folder of an object store: names to bytes, and one kind of error.

The backends are fsspec's. Those that speak to a cloud come from obstore, with short timeouts: how often and
how long something is tried again is decided here and not in a library. Both are imported only when there is a
URL: they are an extra of the package.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeVar, cast

from sluice.runtime.errors import StorageError, describe_exception

Answer = TypeVar("Answer")

LOCAL: Final = frozenset({"file", "local", "memory"})
CLOUDS: Final = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss"})
CLIENT_OPTIONS: Final = {"connect_timeout": "5s", "timeout": "60s", "allow_http": True}
"""A URL with ``http`` is the choice of whoever wrote it."""


class StoreError(Exception):
    """The object store did not do what it was asked for. The next attempt may succeed."""


class FileSystem(Protocol):
    """The part of fsspec that is used; it ships no types."""

    def ls(self, path: str, detail: bool = ..., **options: Any) -> list[str]: ...
    def cat_file(self, path: str) -> bytes: ...
    def pipe_file(self, path: str, value: bytes) -> object: ...
    def rm_file(self, path: str) -> object: ...
    def makedirs(self, path: str, exist_ok: bool = ...) -> object: ...


class ObjectStore:
    """One folder. Every method may take long, and raises ``StoreError`` while the store is away."""

    def __init__(self, file_system: FileSystem, root: str, *, has_folders: bool) -> None:
        self._file_system = file_system
        self._root = root.rstrip("/")
        self._has_folders = has_folders

    def names(self, folder: str) -> list[str]:
        """Return the names of the objects in a folder, in no order; a folder that is not there is empty."""
        try:
            # Listings are cached by some backends, and a stale one would let two writers in.
            paths = self._file_system.ls(f"{self._root}/{folder}", detail=False, refresh=True)
        except FileNotFoundError:
            return []
        except Exception as error:
            raise _wrap(error) from error
        return [path.rstrip("/").rpartition("/")[2] for path in paths]

    def read(self, name: str) -> bytes:
        """Return an object's content; raise ``StorageError`` when there is no such object."""
        try:
            return self._do(lambda: bytes(self._file_system.cat_file(f"{self._root}/{name}")))
        except StoreError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise StorageError(f"the object {name} is missing") from error
            raise

    def write(self, name: str, content: bytes) -> None:
        """Make or replace an object; it is there as a whole where the backend can do so."""
        path = f"{self._root}/{name}"
        if self._has_folders:
            self._do(lambda: self._file_system.makedirs(path.rpartition("/")[0], exist_ok=True))
        self._do(lambda: self._file_system.pipe_file(path, content))

    def remove(self, name: str) -> None:
        """Remove an object; one that is not there is none the less removed."""
        try:
            self._file_system.rm_file(f"{self._root}/{name}")
        except FileNotFoundError:
            return
        except Exception as error:
            raise _wrap(error) from error

    def _do(self, call: Callable[[], Answer]) -> Answer:
        try:
            return call()
        except Exception as error:
            raise _wrap(error) from error


def open_store(url: str, options: Mapping[str, str]) -> ObjectStore:
    """Return the folder of ``url``; raise ``ValueError`` where it cannot be one. Nothing is connected to."""
    protocol, separator, rest = url.partition("://")
    if not separator:
        raise ValueError("has to be a URL such as s3://bucket/folder")
    try:
        if protocol in CLOUDS:
            file_system = _open_cloud(protocol, rest.partition("/")[0], options)
            return ObjectStore(file_system, url, has_folders=False)
        fsspec: Any = importlib.import_module("fsspec")  # it has no types
        file_system, root = fsspec.url_to_fs(url, use_listings_cache=False, **options)
    except ImportError as error:
        raise ValueError("needs the extra sluice[sync], or what else fsspec asks for") from error
    except Exception as error:
        # The libraries have errors of their own, and naming them would defeat that they are imported late.
        raise ValueError(f"is refused: {describe_exception(error)}") from error
    return ObjectStore(cast("FileSystem", file_system), str(root), has_folders=protocol in LOCAL)


def _open_cloud(protocol: str, bucket: str, options: Mapping[str, str]) -> FileSystem:
    from datetime import timedelta

    from obstore.fsspec import FsspecStore
    from obstore.store import from_url

    settings: dict[str, Any] = {
        "client_options": CLIENT_OPTIONS,
        "retry_config": {"max_retries": 1, "retry_timeout": timedelta(seconds=10)},
        **options,
    }
    # The file system opens its store only when it is used, and an unknown option is to be refused now.
    cast("Callable[..., object]", from_url)(f"{protocol}://{bucket}", **settings)
    return cast("Callable[..., FileSystem]", FsspecStore)(protocol, skip_instance_cache=True, **settings)


def _wrap(error: Exception) -> StoreError:
    return StoreError(describe_exception(error))
