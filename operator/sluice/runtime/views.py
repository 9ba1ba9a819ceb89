"""The bodies of the contract's answers, made from one consistent moment of the process."""

import json
import os
import time
from pathlib import Path
from typing import Any, Final

from sluice.runtime.errors import ContractError
from sluice.runtime.facts import Facts, Phase

PAGE_SIZE: Final = os.sysconf("SC_PAGE_SIZE")


def status(facts: Facts) -> dict[str, Any]:
    """Return ``ExtendedRuntimeStatus``; raise what ``/status`` answers for a failed process."""
    if facts.phase in (Phase.FAILED, Phase.INITIALIZATION_FAILED):
        error = facts.error
        assert error is not None, "a failed phase is entered together with its error"  # noqa: S101
        raise ContractError(500, error.error_code, error.message, error.details)
    return {
        "runtime_status": facts.status,
        "runtime_status_details": _details(facts),
        "runtime_desired_status": facts.desired,
        "storage_status_details": None if facts.checkpoints is None else {"checkpoints": checkpoints(facts)},
    }


def _details(facts: Facts) -> dict[str, Any]:
    details: dict[str, Any] = {"reason": facts.reason} if facts.reason else {}
    if facts.approval_diff is not None:
        details["approval_diff"] = facts.approval_diff
    return details


def sync_status(facts: Facts) -> dict[str, Any]:
    """Return what became of the copies that were asked for, and the last one of all."""
    copies = facts.copies
    failure = copies.failure
    return {
        "success": copies.success,
        "failure": None if failure is None else {"uuid": failure[0], "error": failure[1]},
        "periodic": copies.newest,
    }


def checkpoints(facts: Facts) -> list[dict[str, Any]]:
    """Return the durable checkpoints, oldest first."""
    return [checkpoint.as_contract() for checkpoint in facts.checkpoints or ()]


def checkpoint_status(facts: Facts) -> dict[str, Any]:
    """Return the outcome of the checkpoints that were asked for."""
    failure = facts.failure
    return {
        "success": facts.success,
        "failure": None
        if failure is None
        else {
            "sequence_number": failure.sequence_number,
            "error": failure.error,
            "failed_at": failure.failed_at,
        },
    }


def suspendable(facts: Facts) -> dict[str, Any]:
    """Return whether a suspend could ever succeed."""
    return {"suspendable": not facts.permanent_errors, "reasons": facts.permanent_errors}


def stats(facts: Facts, incarnation_uuid: str, uptime_seconds: float) -> dict[str, Any]:
    """Return the counters, what holds up a checkpoint, and the job's own description."""
    activity = dict(facts.activity)
    delayed = activity["status"] == "delayed"
    return {
        "global_metrics": {
            "state": facts.status,
            "rss_bytes": resident_bytes(),
            "storage_bytes": stored_bytes(facts),
            "total_input_records": facts.processed,
            "buffered_input_records": 0,
            "total_processed_records": facts.processed,
            "total_completed_records": facts.processed,
            "pipeline_complete": facts.complete,
            "uptime_msecs": int(uptime_seconds * 1000),
            # In whole seconds since 1970: the published SDK reads no statistics without it.
            "start_time": round(time.time() - uptime_seconds),
            "incarnation_uuid": incarnation_uuid,
            "transaction_status": "NoTransaction",
        },
        "suspend_error": _suspend_error(facts, activity["reasons"] if delayed else []),
        "checkpoint_activity": activity,
        "permanent_checkpoint_errors": facts.permanent_errors or None,
        "inputs": [],
        "outputs": [],
        "job": json.loads(facts.description),
    }


def _suspend_error(facts: Facts, reasons: list[str]) -> dict[str, Any] | None:
    if facts.permanent_errors:
        return {"Permanent": facts.permanent_errors}
    return {"Temporary": reasons} if reasons else None


def metrics(facts: Facts, name: str, uptime_seconds: float) -> str:
    """Return the same counters in the text format of Prometheus."""
    label = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    values = (
        ("records_processed_total", "counter", "Records processed.", facts.processed),
        ("steps_total", "counter", "Steps in which records were processed.", facts.steps),
        ("checkpoints", "gauge", "Durable checkpoints.", len(facts.checkpoints or ())),
        ("storage_bytes", "gauge", "Size of the durable checkpoints.", stored_bytes(facts)),
        ("rss_bytes", "gauge", "Resident memory.", resident_bytes()),
        ("uptime_seconds", "gauge", "Age of this process.", round(uptime_seconds, 3)),
    )
    return "".join(
        f"# HELP sluice_{key} {text}\n# TYPE sluice_{key} {kind}\n"
        f'sluice_{key}{{pipeline="{label}"}} {value}\n'
        for key, kind, text, value in values
    )


def stored_bytes(facts: Facts) -> int:
    """Return the size of all durable checkpoints."""
    return sum(checkpoint.size for checkpoint in facts.checkpoints or ())


def resident_bytes() -> int:
    """Return the resident memory of this process, 0 where the kernel does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_SIZE
    except (OSError, ValueError, IndexError):
        return 0
