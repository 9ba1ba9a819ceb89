"""The story of one pipeline, told as it happens: ``make demo``.

Everything is done with kubectl, on real pods, as a person would do it by hand. Each command is shown before
it runs, and what the pipeline says of itself is shown as it changes.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from sluice.api.json_values import Json, child, children

HERE = Path(__file__).parent
NAMESPACE = "sluice-demo"
NAME = "census"
POD = f"{NAME}-runtime-0"
PIPELINE = Path(os.path.relpath(HERE / "pipeline.yaml"))
VERIFY = HERE / "zone_census" / "verify.py"
PATIENCE_SECONDS = 120

console = Console(highlight=False)


class StoryError(Exception):
    """The pipeline did not do what the story says."""


def kubectl(*arguments: str, show: bool = False, check: bool = True) -> str:
    """Run kubectl in the demo's namespace and return what it printed."""
    if show:
        command_line = f"$ kubectl -n {NAMESPACE} {' '.join(_quoted(arguments))}"
        console.print(f"  {command_line}", style="bold cyan", soft_wrap=True, markup=False)
    command = ["kubectl", "--request-timeout=20s", "-n", NAMESPACE, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    if check and done.returncode != 0:
        raise StoryError(done.stderr.strip())
    return done.stdout


def _quoted(arguments: tuple[str, ...]) -> list[str]:
    return [f"'{text}'" if any(sign in text for sign in ' {"') else text for text in arguments]


def pipeline_status() -> Json:
    """What the pipeline says of itself."""
    return child(json.loads(kubectl("get", "slpl", NAME, "-o", "json")), "status")


def patch(spec: Json) -> None:
    """Declare another state."""
    kubectl("patch", "slpl", NAME, "--type=merge", "-p", json.dumps({"spec": spec}), show=True)


def follow_to(goal: str) -> Json:
    """Show each state as it is entered, until ``goal``; returns the status there."""
    begun, last = time.monotonic(), ""
    while time.monotonic() - begun < PATIENCE_SECONDS:
        status = pipeline_status()
        now = f"{status.get('deploymentStatus')} (desired {status.get('deploymentDesiredStatus')})"
        if now != last and status.get("deploymentStatus"):
            console.print(
                f"    [dim]{time.monotonic() - begun:5.1f} s[/]  {now}{_remark(status)}", soft_wrap=True
            )
            last = now
        if status.get("deploymentStatus") == goal and _is_settled(status):
            return status
        time.sleep(0.05)
    raise StoryError(f"the pipeline did not become {goal} within {PATIENCE_SECONDS} s; seen last: {last}")


def _is_settled(status: Json) -> bool:
    conditions = children(status, "conditions")
    return any(entry["type"] == "Ready" and entry["status"] == "True" for entry in conditions)


def _remark(status: Json) -> str:
    stop = child(status, "stop")
    if status.get("deploymentStatus") == "Stopping" and stop.get("checkpoint"):
        return f", checkpoint [green]{stop['checkpoint']}[/] is recorded"
    return ""


def census() -> Json:
    """The job's own view of its work, from its ``/stats``, checked against the data file."""
    path = f"/api/v1/namespaces/{NAMESPACE}/pods/{POD}:8080/proxy/stats"
    stats = kubectl("get", "--raw", path)
    command = [sys.executable, str(VERIFY)]
    verdict = subprocess.run(command, input=stats, capture_output=True, text=True, timeout=30, check=False)
    if verdict.returncode != 0:
        raise StoryError(verdict.stdout.strip() or verdict.stderr.strip())
    job: Json = json.loads(stats)["job"]
    return job


def show_counts(times: int = 4) -> int:
    """The counts as they grow, each proved against the data file; returns the first one."""
    table = Table("rows counted", "digest of all of them, in order", "against the data file", box=None)
    totals: list[int] = []
    for _ in range(times):
        job = census()
        totals.append(job["total"])
        table.add_row(str(job["total"]), job["digest"][:16], "[green]exact[/]")
        time.sleep(1)
    console.print(table)
    return totals[0]


def tell() -> None:
    """The whole story."""
    chapter("A pipeline is declared, and runs")
    subprocess.run(
        ["kubectl", "create", "namespace", NAMESPACE], capture_output=True, timeout=30, check=False
    )
    kubectl("delete", "slpl,pvc", "--all", "--wait=true", "--timeout=60s")
    kubectl("apply", "-f", str(PIPELINE), show=True)
    follow_to("Running")
    show_counts()

    chapter("It is stopped: first a checkpoint, then the pod goes")
    patch({"desiredStatus": "Stopped"})
    kept = last_checkpoint(follow_to("Stopped"))
    console.print(f"  The checkpoint holds [green]{kept}[/] rows. Pods left: {pods() or 'none'}")

    chapter("It runs again, and goes on exactly where it stopped")
    patch({"desiredStatus": "Running"})
    follow_to("Running")
    first = show_counts()
    console.print(f"  Stopped after {kept} rows, seen again at {first}: none lost, none counted twice.")

    chapter("It is stopped by force: now, without waiting for a checkpoint")
    patch({"desiredStatus": "Stopped", "force": True})
    follow_to("Stopped")

    chapter("It resumes from the latest checkpoint it has")
    patch({"desiredStatus": "Running", "force": False})
    kept = last_checkpoint(follow_to("Running"))
    show_counts()
    console.print(f"  It went on from {kept} rows and counts what came after once more: still exact.")


def last_checkpoint(status: Json) -> int:
    """How many rows the newest checkpoint holds."""
    checkpoints = children(child(status, "storageStatusDetails"), "checkpoints")
    if not checkpoints:
        raise StoryError("status lists no checkpoint")
    return int(checkpoints[-1]["processedRecords"])


def pods() -> str:
    """Names of the pods in the demo's namespace."""
    return kubectl("get", "pods", "-o", "name").strip()


def chapter(title: str) -> None:
    """A new part of the story."""
    console.print()
    console.rule(f"[bold]{title}[/]", align="left")


def say_how_to_go_on() -> None:
    """The commands to play with."""
    path = Path(shutil.which("kubectl") or "kubectl").parent
    paused = json.dumps({"spec": {"desiredStatus": "Paused"}})
    lines = (
        f"export KUBECONFIG={os.environ.get('KUBECONFIG', '~/.kube/config')} PATH={path}:$PATH",
        f"kubectl -n {NAMESPACE} get slpl -w",
        f"kubectl -n {NAMESPACE} describe slpl {NAME}",
        f"kubectl -n {NAMESPACE} patch slpl {NAME} --type=merge -p '{paused}'",
        f"kubectl -n {NAMESPACE} delete pod {POD}   # it makes a checkpoint, and comes back where it was",
        "kubectl explain pipeline.spec --recursive",
        "make cluster-down   # leaves nothing behind",
    )
    chapter("The cluster stays up: go on by hand")
    for line in lines:
        console.print(f"  {line}", soft_wrap=True, markup=False)


def main() -> int:
    """Tell the story; 1 when it did not go as it says."""
    try:
        tell()
    except (StoryError, subprocess.TimeoutExpired) as error:
        console.print(f"[bold red]The demo did not go as it should:[/] {error}")
        return 1
    say_how_to_go_on()
    return 0


if __name__ == "__main__":
    sys.exit(main())
