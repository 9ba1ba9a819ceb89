"""A database that knows nothing of Sluice: its container, its hook, and what is on its volume.

It writes numbered rows until it is told to end, and notes then which was the last. What it does otherwise is
told by files on its volume and by its environment, and the code runs in the container alone.
"""

import json
from typing import Any

from support.kubectl import Manifest
from support.pipeline import PipelineAtWork, example_manifest, runtime_container, with_environment

DATA = "/var/lib/sluice"
PORT = 9000
GRACE_SECONDS = 4

DATABASE = r"""
import http.server, os, pathlib, signal, sqlite3, sys, threading, time

data, run = pathlib.Path(os.environ["SLUICE_STORAGE"]), int(os.environ["SLUICE_RUN_NUMBER"])
is_over = False


def end(*_):
    # No lock here, so no threading.Event: the main thread may hold it between two instructions.
    global is_over
    is_over = True


signal.signal(signal.SIGTERM, signal.SIG_IGN if "DEAF" in os.environ else end)


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        told = pathlib.Path(data / "answer")
        code = int(told.read_text()) if told.exists() else 200
        self.send_response(code)
        self.end_headers()
        self.wfile.write(f"answered {self.path}".encode())

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("", int(os.environ["PORT"])), Hook)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = sqlite3.connect(data / "base.db", isolation_level=None)
base.execute("pragma journal_mode = wal")
base.execute("create table if not exists rows (n integer primary key, run integer)")
n = base.execute("select coalesce(max(n), 0) from rows").fetchone()[0]
time.sleep(float(os.environ.get("START_SECONDS", "0")))
pathlib.Path("/tmp/ready").touch()
while not is_over:
    n += 1
    base.execute("insert into rows values (?, ?)", (n, run))
    time.sleep(0.005)
base.close()
(data / f"last-{run}").write_text(str(n))
"""

HOOK = r"""
import pathlib, sqlite3, sys, time

data = pathlib.Path(sys.argv[1])
with open(data / "hooks", "a") as ran:
    ran.write("x")
if (data / "slow").exists():
    time.sleep(5)
while (data / "hang").exists():
    time.sleep(0.1)
if (data / "fail").exists():
    sys.exit("the disk is full, says the hook")
source, target = sqlite3.connect(data / "base.db"), sqlite3.connect(data / "backup.db")
source.backup(target)
print("saved", target.execute("select count(*) from rows").fetchone()[0], "rows")
"""

CHECK = r"""
import json, pathlib, sqlite3, sys

data = pathlib.Path(sys.argv[1])


def content(name):
    base = sqlite3.connect(data / name)
    runs = base.execute("select run, min(n), max(n), count(*) from rows group by run order by run").fetchall()
    return {"is_sound": base.execute("pragma integrity_check").fetchone()[0] == "ok", "runs": runs}


found = {"base": content("base.db"), "hooks": 0, "last": {}}
if (data / "backup.db").exists():
    found["backup"] = content("backup.db")
if (data / "hooks").exists():
    found["hooks"] = len((data / "hooks").read_text())
for each in data.glob("last-*"):
    found["last"][int(each.name.removeprefix("last-"))] = int(each.read_text())
print(json.dumps(found))
"""

EXEC_HOOK: Manifest = {"exec": {"command": ["python3", "-c", HOOK, DATA]}, "timeoutSeconds": 30}
HTTP_HOOK: Manifest = {"http": {"port": PORT, "path": "/save?all=1"}}


def database_manifest(name: str, hook: Manifest, environment: dict[str, str] | None = None) -> Manifest:
    """A database with this hook, as a pipeline."""
    manifest = example_manifest(name, hook=hook, feldera=None, checkpoint=None)
    container = runtime_container(manifest)
    container["command"] = ["python3", "-c", DATABASE]
    container["readinessProbe"] = {
        "exec": {"command": ["test", "-e", "/tmp/ready"]},
        "periodSeconds": 1,
    }
    manifest["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = GRACE_SECONDS
    return with_environment(manifest, PORT=str(PORT), **(environment or {}))


class Database:
    """The content of the volume, seen from the container that runs on it."""

    def __init__(self, pipeline: PipelineAtWork) -> None:
        self._pipeline = pipeline

    def run_in_container(self, *command: str) -> str:
        return self._pipeline.kubectl.must("exec", self._pipeline.pod_name, "--", *command)

    def set_flag(self, name: str, text: str = "") -> None:
        self.run_in_container("sh", "-c", f"printf %s '{text}' > {DATA}/{name}")

    def remove_flag(self, name: str) -> None:
        self.run_in_container("rm", "-f", f"{DATA}/{name}")

    def look(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run_in_container("python3", "-c", CHECK, DATA))
        return found

    def must_be_consistent(self) -> dict[str, Any]:
        """Every row from the first to the last is there once, whichever process wrote it."""
        found = self.look()
        for content in (found["base"], found.get("backup")):
            if content is None:
                continue
            assert content["is_sound"], found
            following = 1
            for _, first, last, count in content["runs"]:
                assert (first, count) == (following, last - first + 1), found
                following = last + 1
        return found

    def must_be_exact(self) -> dict[str, Any]:
        """Besides, what each process wrote last before it ended is there."""
        found = self.must_be_consistent()
        lasts = {run: last for run, _, last, _ in found["base"]["runs"][:-1]}
        assert lasts == {int(run): last for run, last in found["last"].items()}, found
        return found
