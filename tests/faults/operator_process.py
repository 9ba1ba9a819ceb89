"""The operator as a process of its own, which can be killed at any moment and started again."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from pathlib import Path

STOP_SECONDS = 30.0


class OperatorProcess:
    """``sluice operator`` in one namespace, behind the proxy, with shipped defaults."""

    def __init__(self, kubeconfig: Path, namespace: str, log: Path, *arguments: str) -> None:
        self._arguments = arguments
        self._kubeconfig = kubeconfig
        self._namespace = namespace
        self._log = log
        self._process: Process | None = None
        self.deaths = 0
        """How often it was killed."""
        self.exits = 0
        """How often it ended by itself."""

    async def start(self) -> None:
        """Begin another life."""
        assert self._process is None, "it lives already"
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "sluice",
                "operator",
                f"--namespace={self._namespace}",
                "--runtime-access=proxy",
                *self._arguments,
                env={**os.environ, "KUBECONFIG": str(self._kubeconfig)},
                stdout=log,
                stderr=log,
            )

    @property
    def has_ended(self) -> bool:
        """Whether it ended, by itself or because it was killed."""
        return self._process is None or self._process.returncode is not None

    async def kill(self) -> None:
        """SIGKILL: whatever it was doing, it does no more."""
        if self._process is None or self._process.returncode is not None:
            return
        self.deaths += 1
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    async def start_again(self) -> None:
        """Begin another life, once the last one is over."""
        assert self._process is not None
        self.exits += await self._process.wait() != -signal.SIGKILL
        self._process = None
        await self.start()

    async def stop(self) -> None:
        """SIGTERM, as Kubernetes ends it."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
            raise AssertionError(f"the operator did not end within {STOP_SECONDS:g} s of SIGTERM") from None

    def beside(self, log: Path, *arguments: str) -> "OperatorProcess":
        """Another operator of the same objects, not yet begun."""
        return OperatorProcess(self._kubeconfig, self._namespace, log, *arguments)

    def log_tail(self, lines: int = 40) -> str:
        """The end of what it logged."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])
