"""The benchmark programs: which there are, and how they are built."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .processes import Processes, ProcessFailure

FLOOR = "floor"
OURS = "ours"

NEEDS_MISSING = 3  # the exit status of a `build` that lacks something to build with
BUILD_LIMIT = 3_600.0  # seconds: a peer may bring a large library


@dataclass(frozen=True)
class Program:
    """An executable that follows the contract."""

    name: str
    path: Path


@dataclass(frozen=True)
class Absence:
    """A program that cannot take part, and why."""

    name: str
    reason: str


class Workshop:
    """Builds the programs of a Benchmarks folder into a directory, and finds again what was built there."""

    def __init__(self, benchmarks: Path, directory: Path) -> None:
        self._benchmarks = benchmarks
        self.directory = directory
        self._manifest = directory / "programs.json"

    def names(self) -> list[str]:
        """All programs: the floor, ours, and the peers by name."""
        peers = sorted(build.parent.name for build in self._benchmarks.glob("Peers/*/build"))
        return [FLOOR, OURS, *peers]

    def log(self, name: str) -> Path:
        return self.directory / f"{name}.log"

    def build(self, name: str) -> Program | Absence:
        """Builds one. What its build prints on standard error goes into its log."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.log(name).unlink(missing_ok=True)
        try:
            path = self._build_ours() if name == OURS else self._build_foreign(name)
        except _Missing as missing:
            return Absence(name, str(missing))
        except ProcessFailure as failure:
            return Absence(name, str(failure))
        self._remember(name, path)
        return Program(name, path)

    def find(self, name: str) -> Program | Absence:
        """One that was built before."""
        path = self._built().get(name)
        if path is None or not os.access(path, os.X_OK):
            return Absence(name, "it was not built before; without --no-build it will be")
        return Program(name, Path(path))

    def _build_foreign(self, name: str) -> Path:
        script = self._benchmarks / ("Floor" if name == FLOOR else f"Peers/{name}") / "build"
        directory = self.directory / name
        directory.mkdir(parents=True, exist_ok=True)
        return self._executable(self._last_line(name, [str(script), str(directory)]))

    def _build_ours(self) -> Path:
        if shutil.which("swift") is None:
            raise _Missing("there is no Swift toolchain: https://www.swift.org/install")
        command = ["swift", "build", "-c", "release", "--product", "ChannelBenchmark"]
        command += ["--package-path", str(self._benchmarks), "--scratch-path", str(self.directory / OURS)]
        self._last_line(OURS, command)
        return self._executable(self._last_line(OURS, [*command, "--show-bin-path"]) + "/ChannelBenchmark")

    def _last_line(self, name: str, command: Sequence[str]) -> str:
        last = ""
        with Processes() as processes:
            child = processes.start(f"the build of {name}", command, self.log(name))
            for line in child.lines(BUILD_LIMIT):
                last = line.strip() or last
            status = child.wait(60)
            if status == NEEDS_MISSING:
                raise _Missing(_last_line_of(self.log(name)) or "its build did not say what is missing")
            if status != 0:
                raise child.failure(f"ended with status {status}")
        return last

    @staticmethod
    def _executable(path: str) -> Path:
        if not path or not Path(path).is_file() or not os.access(path, os.X_OK):
            raise ProcessFailure(f"the last line of its build should be the path of a program and is {path!r}")
        return Path(path).absolute()  # not resolved: what a link is called may matter to it

    def _built(self) -> Mapping[str, str]:
        try:
            return dict(json.loads(self._manifest.read_text()))
        except (OSError, ValueError, TypeError):
            return {}

    def _remember(self, name: str, path: Path) -> None:
        self._manifest.write_text(json.dumps({**self._built(), name: str(path)}, indent=2) + "\n")


class _Missing(Exception):
    pass


def _last_line_of(log: Path) -> str | None:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else None
