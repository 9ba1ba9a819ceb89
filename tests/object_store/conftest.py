from collections.abc import Iterator
from pathlib import Path

import pytest
from runtime.harness import Jobs, Nursery
from runtime.sites import Site
from support.s3 import S3Server

BUCKET = "checkpoints"


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    started = Nursery()
    yield started
    started.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[S3Server]:
    directory = tmp_path / "buckets"
    directory.mkdir()
    server = S3Server(directory)
    server.make_bucket(BUCKET)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def sites(nursery: Nursery, tmp_path: Path, server: S3Server) -> Iterator[tuple[Site, Site]]:
    """The one that runs and the one that follows."""
    both = [Jobs(nursery, tmp_path / name) for name in ("first", "second")]
    options = f'{{"endpoint": "{server.endpoint}"}}'
    first, second = (
        Site(jobs, f"s3://{BUCKET}/census", SLUICE_SYNC_OPTIONS=options, **server.environment)
        for jobs in both
    )
    yield first, second
    for jobs in both:
        jobs.kill_all()
