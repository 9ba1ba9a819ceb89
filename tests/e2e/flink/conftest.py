from collections.abc import Iterator

import pytest
from support.pipeline import PipelineAtWork

from .job import make_output_claim, output_claim


@pytest.fixture
def job(pipeline: PipelineAtWork) -> Iterator[PipelineAtWork]:
    """A Flink job of the test's own, not yet applied, and the claim for its output."""
    make_output_claim(pipeline.kubectl, pipeline.name)
    yield pipeline
    pipeline.kubectl.run("delete", "pvc", output_claim(pipeline.name), "--wait=false")
