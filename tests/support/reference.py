"""The reference pages that are made from the code's tables: statuses, errors, events, metrics, commands.

Run as a module this writes them. Those of the custom resources' fields are written by ``sluice.api.crd``.
"""

import ast
import inspect
import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

import click

from sluice.api import statuses
from sluice.api.element_status import BatchStatus, ElementErrorCode
from sluice.api.errors import CATALOGUE, OVER_HTTP, PERMANENT_INITIALIZATION_ERRORS, ErrorCode
from sluice.api.events import HAPPENINGS
from sluice.api.kinds import PIPELINE
from sluice.api.reasons import SENTENCES, ConditionType, Reason, RequestReason, StopReason
from sluice.metrics import FAMILIES
from sluice.metrics.catalogue import Outcome, Transition
from sluice.program import SERVERS, main
from sluice.telling import explanations, outcomes
from sluice.telling.words import Words

PLACE = Path(__file__).resolve().parents[2] / "docs" / "reference"
HEADER = "<!-- Generated from {source} by `make reference`; edit that instead. -->\n"
WORDS = Words("sluice", "NAME")

AXES: tuple[tuple[str, type[StrEnum]], ...] = (
    ("deploymentDesiredStatus", statuses.CombinedDesiredStatus),
    ("deploymentResourcesStatus", statuses.ResourcesStatus),
    ("deploymentResourcesDesiredStatus", statuses.ResourcesDesiredStatus),
    ("deploymentRuntimeStatus", statuses.RuntimeStatus),
    ("storageStatus", statuses.StorageStatus),
    ("stop.mode", statuses.StopMode),
    ("stop.cause", statuses.StopCause),
    ("requests[].state", statuses.RequestState),
)


def statuses_page() -> str:
    """Every value of status, every condition and reason, with the sentences that people read."""
    return _page(
        "operator/sluice/api/reasons.py, operator/sluice/api/statuses.py and operator/sluice/telling",
        "# Statuses, conditions, reasons",
        "What `sluice explain` says is made of the same words. [The lifecycle](../lifecycle.md) puts them in"
        " order.",
        "## `deploymentStatus`",
        "One field serves everything. What `Running` and `Completed` mean for a batch pipeline, and what a"
        " `Deployment` says, is on the pages of [batch pipelines](../batch.md#states) and of"
        " [deployments](../deployment.md#status).",
        _table(("value", "meaning"), _places()),
        "## The other fields with fixed values",
        _table(("field", "values"), _values()),
        "## Conditions",
        _table(("type", "true means"), ((f"`{kind}`", text) for kind, text in _members(ConditionType))),
        "## Reasons",
        "A condition's `message` is this sentence. What stands in braces is filled in.",
        _table(("reason", "message", "it waits for", "what you can do"), _reasons()),
        "## Why a stop made no checkpoint",
        "`status.stop.reason`; a force stop of a running process needs no reason and has none.",
        _table(
            ("reason", "meaning"),
            ((f"`{each}`", _sentence(outcomes.STOP_REASONS[each])) for each in StopReason),
        ),
        "## Why a request did not succeed",
        "`status.requests[].reason`, where it is not one of the [errors](errors.md).",
        _table(
            ("reason", "meaning"), ((f"`{each}`", outcomes.REQUEST_REASONS[each]) for each in RequestReason)
        ),
    )


def _places() -> Iterator[tuple[str, ...]]:
    for status, text in explanations.STATUSES.items():
        yield f"`{status}`", f"Of batch pipelines. {text}" if isinstance(status, BatchStatus) else text


def _values() -> Iterator[tuple[str, ...]]:
    for field, values in AXES:
        yield f"`status.{field}`", ", ".join(f"`{value}`" for value in values)


def _reasons() -> Iterator[tuple[str, ...]]:
    for reason in Reason:
        told = explanations.REASONS[reason]
        do = " ".join(WORDS.fill(line) for line in told.do)
        yield f"`{reason}`", _sentence(_template(SENTENCES[reason])), _sentence(told.awaits), do


def errors_page() -> str:
    """Every error code, with its HTTP status, its sentence, and what to do."""
    in_status = [code for code in ErrorCode if code not in OVER_HTTP]
    return _page(
        "operator/sluice/api/errors.py and operator/sluice/telling/outcomes.py",
        "# Errors",
        "Codes and sentences are those of the published APIs where they have them. What stands in braces is"
        " filled in. A process's own error keeps the code that the process gave it.",
        "## In status and over HTTP",
        "Codes of `status.deploymentError`, of the condition `ChangesPending`, and of requests. The gateway"
        " answers with the same, with this HTTP status.",
        _table(("code", "HTTP", "message", "what to do"), map(_error_row, in_status)),
        "## Over HTTP only",
        "What [the gateway](../gateway.md) answers besides.",
        _table(("code", "HTTP", "message"), (_error_row(code)[:3] for code in OVER_HTTP)),
        "## Of elements",
        "`errorCode` of an element of a [batch pipeline](../batch.md#errors), and of its run.",
        _table(("code", "when"), ((f"`{code}`", text) for code, text in _members(ElementErrorCode))),
        "## Which no restart mends",
        "A process that cannot begin says so with the code `InitializationError`. Where the cause is one of"
        " these, it would come again at each restart, so the pipeline stops and waits for another spec or a"
        " `restart` request: "
        + ", ".join(f"`{code}`" for code in sorted(PERMANENT_INITIALIZATION_ERRORS))
        + ".",
    )


def _error_row(code: ErrorCode) -> tuple[str, ...]:
    entry = CATALOGUE[code]
    do = WORDS.fill(outcomes.ERRORS[code]) if code in outcomes.ERRORS else ""
    return f"`{code}`", str(entry.http.value), _template(entry.message), do


def events_page() -> str:
    """Every event that the operator posts."""
    rows = (
        (
            f"`{each.reason}`" if each.reason else "a [reason](statuses.md#reasons)",
            "Warning" if each.is_warning else "Normal",
            each.when,
            _template(each.message),
        )
        for each in HAPPENINGS
    )
    return _page(
        "operator/sluice/api/events.py",
        "# Events",
        "The operator posts at most one event for a change of state, and one for the end of a request."
        " `kubectl describe` shows them, and `sluice history` puts them in order. Most clusters keep events"
        " for an hour.",
        _table(("reason", "type", "when", "message"), rows),
    )


def metrics_page() -> str:
    """Every metric, with its labels' values."""
    rows = (
        (f"`{each.name}`", each.type.value, ", ".join(f"`{label}`" for label in each.labels), each.meaning)
        for each in FAMILIES
    )
    return _page(
        "operator/sluice/metrics/catalogue.py",
        "# Metrics",
        "[Metrics, probes, logs](../metrics.md) says where they are served and what they cost.",
        _table(("metric", "type", "labels", "meaning"), rows),
        "## Values of `result`",
        _table(("value", "meaning"), ((f"`{value}`", text) for value, text in _members(Outcome))),
        "## Values of `transition`",
        _table(("value", "meaning"), ((f"`{value}`", text) for value, text in _members(Transition))),
    )


def cli_page() -> str:
    """Every command with its arguments and options, as ``--help`` has them."""
    parts = [
        "# Commands",
        "[The command line](../cli.md) says what they are for, what they write, and which exit codes they"
        " have.",
    ]
    context = click.Context(main, info_name="sluice")
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None, name
        parts += _command(command, click.Context(command, context, info_name=name))
    return _page("the commands", *parts)


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"## `{context.info_name}`"
    part = " A part of Sluice, which the image runs." if context.info_name in SERVERS else ""
    yield (inspect.cleandoc(command.help or "") + part).strip()
    usage = " ".join(["sluice", str(context.info_name), *command.collect_usage_pieces(context)])
    yield f"```text\n{usage}\n```"
    options = [each for each in command.params if isinstance(each, click.Option)]
    records = [found for each in options if (found := each.get_help_record(context))]
    yield _table(("option", "meaning"), ((f"`{option}`", text or "") for option, text in records))


PAGES = {
    "statuses.md": statuses_page,
    "errors.md": errors_page,
    "events.md": events_page,
    "metrics.md": metrics_page,
    "cli.md": cli_page,
}


def _page(source: str, *parts: str) -> str:
    return HEADER.format(source=source) + "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(_cell(text) for text in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _template(text: str) -> str:
    """The template as people read it."""
    return text.replace("{noun}", PIPELINE.noun).replace("{Noun}", PIPELINE.name)


def _sentence(text: str) -> str:
    """As a sentence, unless it begins with the name of a field or ends with what is filled in."""
    is_field = text.startswith("spec.")
    told = text if is_field else text[:1].upper() + text[1:]
    return told if told.endswith((".", "}")) else f"{told}."


def _members(enum: type[StrEnum]) -> Iterator[tuple[str, str]]:
    """Each value of an enumeration with the text below it in the source, empty where there is none."""
    body = ast.parse(inspect.getsource(enum)).body[0]
    assert isinstance(body, ast.ClassDef)
    for number, node in enumerate(body.body):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            yield str(node.value.value), " ".join(_text(body.body[number + 1 :]).replace("``", "`").split())


def _text(after: list[ast.stmt]) -> str:
    match after:
        case [ast.Expr(value=ast.Constant(value=str(text))), *_]:
            return text
        case _:
            return ""


def generated_pages() -> dict[Path, str]:
    """Every page by its place."""
    return {PLACE / name: make() for name, make in PAGES.items()}


if __name__ == "__main__":
    for path, text in generated_pages().items():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote {path.relative_to(PLACE.parents[1])}\n")
