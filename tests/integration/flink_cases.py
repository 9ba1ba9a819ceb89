"""Pipelines with a flink block that the API server has to refuse, and one that it has to take."""

from typing import Any, Final

from support.kubectl import Manifest

from integration.admission_cases import ABSENT, POD_SPEC, VALID, Refused, changed


def flink(**fields: Any) -> Manifest:
    return {"feldera": ABSENT, "flink": {"jobClass": "org.example.Job", **fields}}


def owned(option: str) -> Refused:
    words = ("spec.flink.configuration", "an option that the operator sets itself")
    return Refused(f"the option {option}", words, flink(configuration={option: "x"}))


NEITHER_PAUSED_NOR_STANDBY: Final = (
    "spec.desiredStatus",
    "Flink can neither pause a job nor keep one in standby",
)

REFUSED_FLINK: Final = (
    Refused("no job class", ("spec.flink.jobClass",), {"feldera": ABSENT, "flink": {}}),
    Refused("a job class that is a path", ("not the name of a Java class",), flink(jobClass="/job.jar")),
    Refused("a job class with a space", ("not the name of a Java class",), flink(jobClass="org.example Job")),
    Refused("a paused job", NEITHER_PAUSED_NOR_STANDBY, flink() | {"desiredStatus": "Paused"}),
    Refused(
        "a job in standby",
        NEITHER_PAUSED_NOR_STANDBY,
        flink() | {"desiredStatus": "Standby", "storage": {"sync": {"url": "s3://bucket/a"}}},
    ),
    Refused(
        "a job with an object store",
        ("Flink writes its checkpoints to the volume only: remove storage.sync",),
        flink() | {"storage": {"sync": {"url": "s3://bucket/a"}}},
    ),
    Refused("a job without a template", ("write template.spec.containers",), flink() | {"template": ABSENT}),
    Refused("no slot at all", ("spec.flink.parallelism",), flink(parallelism=0)),
    Refused("a heap that no JVM starts with", ("spec.flink.jobManagerHeapMiB",), flink(jobManagerHeapMiB=1)),
    Refused(
        "a savepoint in a store that no pod can read",
        ("spec.flink.initialSavepoint", "write file:///PATH"),
        flink(initialSavepoint="s3://bucket/savepoint"),
    ),
    *map(
        owned,
        (
            "rest.port",
            "jobmanager.memory.heap.size",
            "taskmanager.numberOfTaskSlots",
            "execution.checkpointing.interval",
            "execution.savepoint.path",
            "state.checkpoints.dir",
            "kubernetes.cluster-id",
            "high-availability.type",
        ),
    ),
)

ACCEPTED_FLINK: Final[dict[str, Manifest]] = {
    "a Flink job with every field set": changed(
        VALID,
        {
            "spec": flink(
                jobArguments=["--rate", "10"],
                jars=["/jars/a.jar"],
                parallelism=4,
                jobManagerHeapMiB=512,
                taskManagerHeapMiB=2048,
                configuration={
                    "execution.checkpointing.interval-during-backlog": "1 min",
                    "taskmanager.memory.managed.size": "64mb",
                },
                initialSavepoint="file:///other/savepoints/1/savepoint-a-b",
                allowNonRestoredState=True,
            )
            | {
                "template": {
                    "spec": {"containers": [{"name": "flink", "image": POD_SPEC["containers"][0]["image"]}]}
                }
            }
        },
    ),
    "a Flink job with the least that it needs": changed(VALID, {"spec": flink()}),
}
