"""The engine blocks of ``Pipeline.spec``: the kind of runtime, and what only that kind needs to know."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from sluice.api.model import ApiModel, Rule
from sluice.api.policies import PositiveSeconds
from sluice.api.storage import ObjectName
from sluice.contract import DEFAULT_PORT
from sluice.flink_contract import OWNED_OPTIONS

Port = Annotated[int, Field(ge=1, le=65535)]
ContainerName = Annotated[str, Field(min_length=1, max_length=63)]
Argument = Annotated[str, Field(max_length=4096)]
HeapMiB = Annotated[int, Field(ge=64, le=1_048_576)]
FlinkOptions = Annotated[
    dict[str, Argument],
    Field(max_length=100),
    Rule(
        f"self.all(option, !option.matches(r'^({OWNED_OPTIONS})'))",
        "an option that the operator sets itself (addresses, ports, memory, parallelism, checkpoints' folders"
        " and interval, what is restored): remove it, and write the fields of spec.flink,"
        " spec.checkpoint and spec.startFrom instead",
    ),
]
SavepointUri = Annotated[
    str,
    Field(max_length=1024),
    Rule(
        "self.matches('^file:///.+$')",
        "not a savepoint that a pod can read: write file:///PATH, a path in the container",
    ),
]
ClassName = Annotated[
    str,
    Field(min_length=1, max_length=512),
    Rule(
        "self.matches('^[A-Za-z_$][A-Za-z0-9_$.]*$')",
        "not the name of a Java class: write it with its package, for example org.example.Job",
    ),
]
EnvironmentName = Annotated[
    str,
    Field(min_length=1, max_length=253),
    Rule(
        "self.matches('^[A-Za-z_][A-Za-z0-9_]*$')",
        "not the name of an environment variable: write letters, digits and underscores, no digit first",
    ),
]

HttpPath = Annotated[
    str,
    Field(max_length=1024),
    Rule(
        r"self.matches('^/[^#\\s]*$')",
        "not the path of a request: write it from its / on, without spaces and #, for example /checkpoint",
    ),
]


class FelderaSpec(ApiModel):
    """A process that speaks the Feldera pipeline HTTP contract (status, suspend and so on)."""

    port: Port = Field(default=DEFAULT_PORT, description="Port on which the process serves the contract.")
    container: ContainerName | None = Field(
        default=None,
        description="Name of the template's container that is the runtime; unset means the first one.",
    )


class FlinkSpec(ApiModel):
    """An Apache Flink job, with its JobManager and its TaskManager in one pod."""

    job_class: ClassName = Field(description="Class whose main() builds the job.")
    job_arguments: Annotated[list[Argument], Field(max_length=100)] = Field(
        default_factory=list, description="Arguments of main()."
    )
    jars: Annotated[list[Argument], Field(max_length=100)] = Field(
        default_factory=list,
        description="Further jars in the container, as paths; those in /opt/flink/usrlib always count.",
    )
    parallelism: Annotated[int, Field(ge=1, le=1024)] = Field(
        default=1, description="Parallelism of the job, and the number of its task slots."
    )
    job_manager_heap: HeapMiB = Field(
        default=256,
        alias="jobManagerHeapMiB",
        description="Heap of the JobManager in MiB. The container needs some 700 MiB more than both heaps.",
    )
    task_manager_heap: HeapMiB = Field(
        default=256, alias="taskManagerHeapMiB", description="Heap of the TaskManager in MiB."
    )
    configuration: FlinkOptions = Field(
        default_factory=dict,
        description="Options of Flink's own configuration. Those that the operator sets itself are refused.",
    )
    initial_savepoint: SavepointUri | None = Field(
        default=None,
        description="Savepoint that the pipeline begins with as long as its volume holds none of its own,"
        " as a file:// URI. Not used with startFrom Fresh.",
    )
    allow_non_restored_state: bool = Field(
        default=False,
        description="Begin also where a savepoint holds state that the job no longer has, and drop it.",
    )


class HookMethod(StrEnum):
    """HTTP method of a hook."""

    POST = "POST"
    PUT = "PUT"
    GET = "GET"


class SecretKey(ApiModel):
    """A key of a Secret in the same namespace."""

    name: ObjectName = Field(description="Name of the Secret.")
    key: Annotated[str, Field(min_length=1, max_length=253)] = Field(description="Key in the Secret.")


class HookVariable(ApiModel):
    """An environment variable of a hook's command alone."""

    name: EnvironmentName = Field(description="Name of the variable.")
    secret_key_ref: SecretKey = Field(description="Where its value comes from.")


class ExecHookSpec(ApiModel):
    """A command in the runtime's container."""

    command: Annotated[list[Argument], Field(min_length=1, max_length=100)] = Field(
        description="The command and its arguments. No shell is involved; exit code 0 means that the"
        " checkpoint is made and durable."
    )
    env: Annotated[list[HookVariable], Field(max_length=20)] = Field(
        default_factory=list[HookVariable],
        description="Environment variables of the command from Secrets, beside those of the container. They"
        " need sh in the container; the container's own process does not see them.",
    )


class HttpHookSpec(ApiModel):
    """A request to the runtime's container."""

    port: Port = Field(description="Port of the container; the operator has to be able to reach it.")
    path: HttpPath = Field(default="/", description="Path of the request, with its query if it needs one.")
    method: HookMethod = Field(
        default=HookMethod.POST,
        description="Method of the request. A status code of 2xx means that the checkpoint is made and"
        " durable; redirects are not followed.",
    )


class HookSpec(ApiModel):
    """Any container. It knows nothing of Sluice: before it is stopped a hook makes its checkpoint."""

    container: ContainerName | None = Field(
        default=None,
        description="Name of the template's container that is the runtime; unset means the first one.",
    )
    exec: ExecHookSpec | None = Field(
        default=None,
        description="The hook is a command in the runtime's container. Without exec and http, SIGTERM and the"
        " grace period are the whole of a stop.",
    )
    http: HttpHookSpec | None = Field(
        default=None, description="The hook is an HTTP request to the runtime's container."
    )
    timeout_seconds: PositiveSeconds = Field(
        default=60,
        description="A hook that takes longer has failed, and is tried again. Its command is not ended by"
        " that: bound it yourself where it must not go on.",
    )

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!has(self.exec) || !has(self.http)",
            "a hook is one command or one request: write hook.exec or hook.http, not both",
        ),
    )
