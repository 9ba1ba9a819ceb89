"""What the operator and a runtime process have to agree on, and nothing else.

The operator starts a process in a pod and from then on speaks HTTP with it. Everything that crosses this
line under a name is here, so that neither side imports the other: the environment a process is given, the
exit codes it answers with and the last words it leaves behind. The HTTP contract itself is Feldera's
(pipeline process, ``/status``, ``/suspend`` and so on).
"""

from typing import Final

# --- The environment that every runtime container is given ---------------------------------------------
ENV_PIPELINE_NAME: Final = "SLUICE_PIPELINE_NAME"
ENV_DEPLOYMENT_ID: Final = "SLUICE_DEPLOYMENT_ID"
"""UUID of this start. The same id as the one in the storage means an automatic restart: the process then
keeps the desired status that it stored and ignores ``ENV_INITIAL``."""
ENV_RUN_ID: Final = "SLUICE_RUN_ID"
"""Only where ``ENV_DEPLOYMENT_ID`` is the same for every start."""
ENV_INITIAL: Final = "SLUICE_INITIAL"
"""``running``, ``paused`` or ``standby``: what a new start becomes once it is initialized."""
ENV_RUN_NUMBER: Final = "SLUICE_RUN_NUMBER"
"""Decimal integer that rises with every pod the operator makes for one pipeline, restarts included. The
storage remembers the highest that ever held it; a process with a lower one must not touch the storage."""
ENV_STORAGE: Final = "SLUICE_STORAGE"
"""Directory on the pipeline's volume; unset when the pipeline has no storage (then it cannot checkpoint)."""
ENV_PORT: Final = "SLUICE_PORT"
ENV_CHECKPOINT_INTERVAL_SECONDS: Final = "SLUICE_CHECKPOINT_INTERVAL_SECONDS"
"""Whole seconds between periodic checkpoints; unset or empty means none."""
ENV_CHECKPOINT_RETAIN: Final = "SLUICE_CHECKPOINT_RETAIN"
"""How many checkpoints to keep, at least 1. The newest one is the resume point and is never removed."""
ENV_CHECKPOINT_MAX_AGE_SECONDS: Final = "SLUICE_CHECKPOINT_MAX_AGE_SECONDS"
"""Checkpoints older than so many whole seconds are removed, never the newest one; unset means no limit."""
ENV_BOOTSTRAP_POLICY: Final = "SLUICE_BOOTSTRAP_POLICY"
"""``allow``, ``reject`` or ``await_approval``: what to do when the program changed since the checkpoint."""
ENV_START_FROM: Final = "SLUICE_START_FROM"
"""``latest``, ``fresh`` or a checkpoint's id. It counts until this deployment has a checkpoint of its own."""
ENV_SYNC_URL: Final = "SLUICE_SYNC_URL"
"""Folder of an object store (``s3://bucket/folder``) that checkpoints are copied to, and that a process in
Standby follows; unset means none. Credentials come as the store's own environment variables."""
ENV_SYNC_OPTIONS: Final = "SLUICE_SYNC_OPTIONS"
"""JSON object of strings: further options of the store's client (endpoint, region), never a secret."""
ENV_SYNC_INTERVAL_SECONDS: Final = "SLUICE_SYNC_INTERVAL_SECONDS"
"""Whole seconds between two looks of a process in Standby at the object store."""

ENV_ELEMENT: Final = "SLUICE_ELEMENT"
"""Name of the element that the process is; only of batch pipelines."""
ENV_PROGRESS_FILE: Final = "SLUICE_PROGRESS_FILE"
"""Where an element may write how far it is: a JSON object with ``percent`` (0 to 100), ``message`` and
``checkpoint``, each optional, at most 1,024 bytes. Written elsewhere and renamed, it is always whole."""
PROGRESS_MAX_BYTES: Final = 1024

DEFAULT_PORT: Final = 8080

# --- Exit codes ----------------------------------------------------------------------------------------
EXIT_END_OF_INPUT: Final = 0
EXIT_FAILED: Final = 1
EXIT_MODEL_ERROR: Final = 65
"""Of an element: the model cannot be computed as it is given (EX_DATAERR)."""
EXIT_SOLVER_ERROR: Final = 70
"""Of an element: the solver found no solution (EX_SOFTWARE)."""
EXIT_FENCED: Final = 75
"""The storage is held, or was last held, by a run with a higher number (EX_TEMPFAIL of sysexits.h)."""
EXIT_BAD_CONFIGURATION: Final = 78
"""The process was started with arguments or an environment that it cannot use (EX_CONFIG)."""
EXIT_CHECKPOINTED_ON_SIGTERM: Final = 143

# --- Last words ----------------------------------------------------------------------------------------
TERMINATION_MESSAGE_PATH: Final = "/dev/termination-log"
"""Before it exits, a process writes one JSON object here, at most 4,096 bytes:
``{"checkpoint": "<uuid of the newest durable checkpoint>" | null,
"error": {"message": str, "error_code": str, "details": any} | null}``."""
TERMINATION_MESSAGE_MAX_BYTES: Final = 4096

# --- Maintenance ---------------------------------------------------------------------------------------
MAINTENANCE_MODULE: Final = "sluice.runtime.maintenance"
"""Run by ``python3 -m`` with one task as its argument, it works on a volume whose process is stopped, under
the same lock, and leaves as its last words ``{"checkpoints": [{"uuid", "size", "steps", "processed_records",
"created_at"}, ...], "error": null | {...}}``: what is left, the newest last, as many of the newest as fit."""
FLINK_MAINTENANCE_MODULE: Final = "sluice.runtime.flink.maintenance"
"""The same for the volume of a Flink job; what Flink does not tell of a checkpoint is left out."""
TASK_LIST: Final = "list"
TASK_RETAIN: Final = "retain"
TASK_CLEAR: Final = "clear"
