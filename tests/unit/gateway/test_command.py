"""``sluice gateway`` as a process: it finds the cluster, passes tokens on, and ends when it is told to."""

import asyncio
import json
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from click.testing import CliRunner

from sluice.__main__ import main

from ..loopback import serve
from .house import TOKEN, build_pipeline, up

OWN = "the-gateways-own-token"


def kubeconfig_at(port: int, folder: Path) -> Path:
    """A cluster on the loopback, and this process as one of its users."""
    config: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "gateway"}}],
        "clusters": [{"name": "it", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "gateway", "user": {"token": OWN}}],
    }
    path = folder / "kubeconfig"
    path.write_text(json.dumps(config))
    return path


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


async def read_when_it_serves(session: aiohttp.ClientSession, url: str, token: str) -> tuple[int, Any]:
    async with asyncio.timeout(30):
        while True:
            try:
                async with session.get(url, headers={"Authorization": f"Bearer {token}"}) as answer:
                    return answer.status, await answer.json()
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.1)


async def test_a_process_serves_each_caller_as_itself_and_ends_when_it_is_told(tmp_path: Path) -> None:
    seen: list[str] = []

    async def cluster(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers["Authorization"])
        if seen[-1] != f"Bearer {TOKEN}":
            return web.json_response({"kind": "Status", "reason": "Unauthorized"}, status=401)
        return web.json_response(build_pipeline(up()))

    async with serve(cluster) as cluster_port:
        port = free_port()
        command = ["-m", "sluice", "gateway", "--host", "127.0.0.1", "--port", str(port)]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            env={"KUBECONFIG": str(kubeconfig_at(cluster_port, tmp_path)), "PATH": "/usr/bin:/bin"},
            stderr=asyncio.subprocess.PIPE,
        )
        url = f"http://127.0.0.1:{port}/v0/pipelines/orders"
        try:
            async with aiohttp.ClientSession() as session:
                status, body = await read_when_it_serves(session, url, TOKEN)
                refused, _ = await read_when_it_serves(session, url, "made-up")
        finally:
            process.send_signal(signal.SIGTERM)
            _, log = await asyncio.wait_for(process.communicate(), 30)

    assert (status, body["deployment_status"], refused) == (200, "Running", 401)
    assert seen == [f"Bearer {TOKEN}", "Bearer made-up"]
    assert process.returncode in (0, -signal.SIGTERM)
    assert b"/v0/pipelines/orders 200" in log
    assert TOKEN.encode() not in log
    assert OWN.encode() not in log
    assert b"Traceback" not in log


@pytest.mark.parametrize("arguments", [["--port", "0"], ["--port", "http"], ["--nothing"]])
def test_arguments_that_make_no_sense_are_refused_before_anything_is_served(arguments: list[str]) -> None:
    told = CliRunner().invoke(main, ["gateway", *arguments])

    assert told.exit_code == 2
    assert "Error" in told.output


@pytest.mark.parametrize("option", ["--tls-cert", "--tls-key"])
def test_a_certificate_without_its_key_is_refused_before_anything_is_served(
    option: str, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.touch()
    result = CliRunner().invoke(main, ["gateway", f"{option}={file}"])

    assert result.exit_code == 2
    assert "give both, or neither" in result.output
