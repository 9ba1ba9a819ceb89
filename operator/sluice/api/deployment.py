"""``Deployment.spec``: one container on one machine, and what it is for the lifecycle.

The lifecycle knows one kind of spec: a deployment runs as a pipeline that a hook serves. Source of its
fields: seed 002.
"""

import copy
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from sluice.api.engine_blocks import HookSpec, HookVariable, SecretKey
from sluice.api.json_values import Json, as_object, child, children
from sluice.api.model import ApiModel, Rule
from sluice.api.pod_template import PodSpecTemplate, PodTemplate
from sluice.api.policies import CheckpointSpec, PositiveSeconds, RestartSpec, StopSpec
from sluice.api.spec import PipelineSpec
from sluice.api.statuses import DesiredStatus
from sluice.api.storage import ObjectName, StorageSpec

CREDENTIAL: Final = "CLORE_API_KEY"
"""The key of the Secret, and the variable that it becomes."""

Labels = Annotated[dict[str, str], Field(max_length=20)]
Metadata = Annotated[
    dict[str, Annotated[str, Field(max_length=4096)]],
    Field(max_length=50),
    Rule(
        f"!('{CREDENTIAL}' in self)",
        f"a credential has no place in a manifest: write {CREDENTIAL} into a Secret, and name it in"
        " credentials.secretRef",
    ),
    Rule(
        "self.all(key, key.matches('^[A-Za-z_][A-Za-z0-9_]*$'))",
        "a key becomes an environment variable: write letters, digits and underscores, no digit first",
    ),
]


class UnusableSpecError(ValueError):
    """The parts of a spec do not fit together. The message says what to write instead."""


class DeploymentDesiredStatus(StrEnum):
    """What a person asks for in ``spec.desiredStatus``."""

    RUNNING = "Running"
    STOPPED = "Stopped"


class MachineSpec(ApiModel):
    """The machine: one by its name, or any that has these labels."""

    node_name: ObjectName | None = Field(
        default=None, description="Name of the node. Taints, capacity and volumes hold all the same."
    )
    node_selector: Labels | None = Field(
        default=None,
        description="Labels of the node; {} means any node. Where several have them, the volume of the first"
        " start, if it is bound to a node, keeps the deployment there.",
    )

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "has(self.nodeName) != has(self.nodeSelector)",
            "write either machine.nodeName or machine.nodeSelector",
        ),
    )


class SecretReference(ApiModel):
    """A Secret in the deployment's namespace."""

    name: ObjectName = Field(description="Name of the Secret.")


class Recipient(StrEnum):
    """Who gets the credential, as an environment variable."""

    CONTAINER = "Container"
    HOOK = "Hook"


class CredentialsSpec(ApiModel):
    """The vendor's credential. It stays in its Secret, and goes where sendTo says and nowhere else."""

    secret_ref: SecretReference = Field(
        description=f"Secret with a key {CREDENTIAL}, which must be there and not empty at each start."
    )
    send_to: Annotated[
        list[Recipient], Field(max_length=2, json_schema_extra={"x-kubernetes-list-type": "set"})
    ] = Field(
        default_factory=list[Recipient],
        description=f"Who gets {CREDENTIAL} as an environment variable: Container, Hook (the command of"
        " hook.exec, which runs in the container and needs sh there) or both. Unset means nobody: it is only"
        " checked for being there.",
    )


class DeploymentSpec(ApiModel):
    """The state you want of one container on one machine."""

    desired_status: DeploymentDesiredStatus = Field(
        default=DeploymentDesiredStatus.RUNNING,
        description="The state you want: Running, or Stopped (no container, the machine is free; identity and"
        " volume stay). Write it even where it is the default: Git tools guard only fields that a manifest"
        " names.",
    )
    force: bool = Field(
        default=False,
        description="Only with Stopped: stop now, without the hook and with one second to end. It replaces a"
        " graceful stop that is under way and cannot be cancelled.",
    )
    machine: MachineSpec = Field(description="Where it runs. A change is a graceful stop and a start.")
    provisioning_timeout_seconds: PositiveSeconds = Field(
        default=600,
        description="A start that does not run after so many seconds ends in Failed with deploymentError.",
    )
    stop: StopSpec = Field(default_factory=StopSpec, description="How a graceful stop behaves.")
    restart: RestartSpec = Field(
        default_factory=RestartSpec, description="What happens when the container ends by itself."
    )
    checkpoint: CheckpointSpec = Field(
        default_factory=CheckpointSpec,
        description="When the hook runs beside stops, and how many of its checkpoints status lists.",
    )
    storage: StorageSpec | None = Field(
        default=None, description="The volume, which outlives stops. Unset means that there is none."
    )
    template: PodTemplate = Field(
        description="Pod template of the container (metadata and spec, as in a StatefulSet). The operator"
        " adds the machine, the volume, the environment and restartPolicy Never. An edit is a graceful stop"
        " and a start."
    )
    hook: HookSpec = Field(
        default_factory=HookSpec,
        description="What makes the checkpoint of a graceful stop. Without it SIGTERM and the grace period"
        " are the whole of a stop.",
    )
    credentials: CredentialsSpec | None = Field(
        default=None, description=f"The vendor's credential, {CREDENTIAL}."
    )
    metadata: Metadata = Field(
        default_factory=dict[str, str],
        description="Further values of the vendor's integration: environment variables of the container.",
    )

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!self.force || self.desiredStatus == 'Stopped'",
            "force goes only with desiredStatus Stopped: remove force, or set desiredStatus to Stopped",
            field=".force",
        ),
        Rule(
            "!has(self.storage) || !has(self.storage.sync)",
            "nobody knows what a container keeps on its volume, so it cannot be copied: remove storage.sync,"
            " and let the hook write to the object store",
            field=".storage",
        ),
        Rule(
            "!has(self.checkpoint.intervalSeconds)",
            "the operator runs a hook by schedule: write checkpoint.schedule instead of"
            " checkpoint.intervalSeconds",
            field=".checkpoint",
        ),
        Rule(
            "!has(self.credentials) || !has(self.credentials.sendTo) || !('Hook' in self.credentials.sendTo)"
            " || has(self.hook.exec)",
            "only a command has an environment: write hook.exec, or remove Hook from credentials.sendTo",
            field=".credentials",
        ),
    )

    def as_run(self) -> "DeploymentRun":
        """What the lifecycle runs. Raises :class:`UnusableSpecError`."""
        return DeploymentRun(
            desired_status=DesiredStatus(self.desired_status.value),
            force=self.force,
            provisioning_timeout_seconds=self.provisioning_timeout_seconds,
            stop=self.stop,
            restart=self.restart,
            checkpoint=self.checkpoint,
            storage=self.storage,
            template=self._template(),
            hook=self._hook(),
            credential=self._credential(),
        )

    def _credential(self) -> SecretKey | None:
        given = self.credentials
        return None if given is None else SecretKey(name=given.secret_ref.name, key=CREDENTIAL)

    def _is_sent_to(self, recipient: Recipient) -> bool:
        return self.credentials is not None and recipient in self.credentials.send_to

    def _hook(self) -> HookSpec:
        credential = self._credential()
        if self.hook.exec is None or credential is None or not self._is_sent_to(Recipient.HOOK):
            return self.hook
        variable = HookVariable(name=CREDENTIAL, secret_key_ref=credential)
        command = self.hook.exec.model_copy(update={"env": [*self.hook.exec.env, variable]})
        return self.hook.model_copy(update={"exec": command})

    def _template(self) -> PodTemplate:
        body: Json = copy.deepcopy(self.template.spec.model_dump(by_alias=True))
        if body.get("nodeName") is not None:
            raise UnusableSpecError("template.spec.nodeName goes past the scheduler: write machine.nodeName")
        _add_environment(_container(body, self.hook.container), self._environment())
        if self.machine.node_selector is not None:
            body["nodeSelector"] = _merge_selector(body, self.machine.node_selector)
        if self.machine.node_name is not None:
            body["affinity"] = _pin(child(body, "affinity"), self.machine.node_name)
        return self.template.model_copy(update={"spec": PodSpecTemplate.model_validate(body)})

    def _environment(self) -> list[Json]:
        variables: list[Json] = [{"name": key, "value": value} for key, value in self.metadata.items()]
        credential = self._credential()
        if credential is not None and self._is_sent_to(Recipient.CONTAINER):
            source = {"secretKeyRef": credential.model_dump(by_alias=True)}
            variables.append({"name": CREDENTIAL, "valueFrom": source})
        return variables


class DeploymentRun(PipelineSpec):
    """A deployment as the lifecycle runs it."""

    credential: SecretKey | None = Field(
        default=None, description="What must be there and not empty at each start."
    )


def _container(body: Json, name: str | None) -> Json:
    listed = children(body, "containers")
    found = [each for each in listed if name is None or each.get("name") == name]
    # Whether it is there at all is checked where the pod is made.
    return found[0] if found else Json()


def _add_environment(container: Json, variables: list[Json]) -> None:
    given = children(container, "env")
    clash = sorted({str(each.get("name")) for each in given} & {each["name"] for each in variables})
    if clash:
        raise UnusableSpecError(
            f"the template sets {', '.join(clash)}, and so do metadata or credentials: write it once"
        )
    if variables:
        container["env"] = [*variables, *given]


def _merge_selector(body: Json, wanted: dict[str, str]) -> Json:
    given = child(body, "nodeSelector")
    clash = sorted(key for key in wanted if given.get(key, wanted[key]) != wanted[key])
    if clash:
        raise UnusableSpecError(
            f"template.spec.nodeSelector and machine.nodeSelector differ in {', '.join(clash)}: write one of"
            " the two"
        )
    return {**given, **wanted}


def _pin(affinity: Json, node_name: str) -> Json:
    """``affinity`` for this node alone. Its terms are alternatives, so each of them gets the name.

    By the node's name and not by ``nodeName``: what is put there runs past taints, capacity and volumes.
    """
    name = {"key": "metadata.name", "operator": "In", "values": [node_name]}
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    node: Json = child(affinity, "nodeAffinity")
    terms = children(child(node, required), "nodeSelectorTerms") or [Json()]
    pinned: list[Any] = [
        {**as_object(term), "matchFields": [*children(term, "matchFields"), name]} for term in terms
    ]
    return {**affinity, "nodeAffinity": {**node, required: {"nodeSelectorTerms": pinned}}}
