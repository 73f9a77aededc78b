"""Builds CallCosts, and counts the instructions and allocations of its runs."""

from __future__ import annotations

import ctypes
import os
import platform
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from . import environment
from .certificates import Certificates
from .costs import Case, Costs, allocations_of, instructions_of, per_call
from .processes import Processes, ProcessFailure

BUILD_LIMIT = 3_600.0  # seconds
RUN_LIMIT = 600.0  # seconds: callgrind takes some on a machine of its own

# Swift seeds its hashes anew in each process otherwise, and collisions in a dictionary cost something.
STEADY = "SWIFT_DETERMINISTIC_HASHING=1"


def build(benchmarks: Path, scratch: Path, log: Path) -> Path:
    """Builds CallCosts for release; what the build says goes into `log`. Returns the program."""
    command = ["swift", "build", "-c", "release", "--product", "CallCosts"]
    command += ["--package-path", str(benchmarks), "--scratch-path", str(scratch)]
    _run("the build of CallCosts", command, log, BUILD_LIMIT)
    folder = _run("the build of CallCosts", [*command, "--show-bin-path"], log, BUILD_LIMIT)[-1:]
    program = Path(folder[0], "CallCosts") if folder else None
    if program is None or not os.access(program, os.X_OK):
        raise ProcessFailure(f"the build of CallCosts left no program; see {log}")
    return program


def versions(program: Path) -> dict[str, str]:
    """What counts depend on, where that program is run."""
    valgrind = environment.first_line(["valgrind", "--version"])
    return {
        "Swift": environment.swift(),
        "OpenSSL": _openssl(program),
        "glibc": platform.libc_ver()[1] or "unknown",
        "valgrind": valgrind.removeprefix("valgrind-"),
        "machine": _machine(),
    }


def _openssl(program: Path) -> str:
    """Of the library that the program is given, which need not be the one of the command or of the headers."""
    match = re.search(r"^\s*libcrypto\S* => (/\S+)", environment.output(["ldd", str(program)]) or "", re.MULTILINE)
    if match is None:
        raise ProcessFailure(f"ldd does not say which libcrypto {program.name} is given")
    version = ctypes.CDLL(match[1]).OpenSSL_version
    version.restype = ctypes.c_char_p
    return version(0).decode().split()[1]


def _machine() -> str:
    """The kind of processor that OpenSSL and glibc choose their code by under callgrind.

    That is valgrind's own, whatever the real one: one with AES-NI and AVX2, but neither the SHA extensions nor AVX-512. Only
    where the real one lacks AVX2 it lacks that, too. OPENSSL_ia32cap could only forbid what valgrind does not offer anyway.
    """
    has_avx2 = re.search(r"^flags\s*:.* avx2( |$)", environment.text("/proc/cpuinfo"), re.MULTILINE)
    return f"{platform.machine()} with AVX2" if has_avx2 else platform.machine()


class Counter:
    """Counts what runs of a program cost. Everything it needs it makes in `directory`.

    Counts repeat where nothing in a run depends on time, chance or the machine's load:
    - CallCosts has both ends on one event loop in one process, so that what one reads is what the other wrote in the tick
      before, and calls gather into the same batches every time.
    - Time passes a thousand times more slowly (Preloads/slow-clock.c), so that neither callgrind, which takes fifty times
      longer, nor a machine that pauses for seconds makes a call one that was waited for for long.
    - Hashes are seeded the same each time, and callgrind puts memory at the same addresses.
    - What starting, shaking hands and ending cost is in the counts of few and of many calls, and their difference lacks it.
    """

    def __init__(self, program: Path, preloads: Path, directory: Path) -> None:
        for tool in ("valgrind", "cc", "strip"):
            if shutil.which(tool) is None:
                raise ProcessFailure(f"{tool} is not installed; scripts/set-up --costs installs it")
        self._directory = directory
        self._certificates = Certificates.make(directory)
        self._clock = self._library(preloads / "slow-clock.c")
        self._allocations = self._library(preloads / "allocations.c")
        # valgrind 3.19, which is Debian 12's, cannot read what Swift writes about its code for debuggers.
        self._program = directory / "CallCosts"
        self._perform("strip", ["strip", "-g", "-o", str(self._program), str(program)])

    def costs(self, case: Case) -> Costs:
        """Of one call of a case: two runs for the instructions, two for the allocations."""
        instructions = [self.instructions(case, calls) for calls in (case.few, case.many)]
        allocations = [self.allocations(case, calls) for calls in (case.few, case.many)]
        return Costs(per_call(case, *instructions), per_call(case, *allocations))

    def instructions(self, case: Case, calls: int) -> int:
        """Of a whole run with that many calls."""
        callgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
        variables = [STEADY, f"LD_PRELOAD={self._clock}"]
        said = self._perform(f"callgrind of {case.name}", ["env", *variables, *callgrind, *self._command(case, calls)])
        return instructions_of(said)

    def allocations(self, case: Case, calls: int) -> int:
        """Of a whole run with that many calls."""
        count = self._directory / "allocations"
        count.unlink(missing_ok=True)  # an older one would be taken for this one
        variables = [STEADY, f"LD_PRELOAD={self._allocations} {self._clock}", f"COUNT_ALLOCATIONS_INTO={count}"]
        self._perform(f"counting allocations of {case.name}", ["env", *variables, *self._command(case, calls)])
        if not count.is_file():
            raise ProcessFailure(f"counting allocations of {case.name}: the preloaded library wrote nothing")
        return allocations_of(count.read_text())

    def _command(self, case: Case, calls: int) -> list[str]:
        tls = [*self._certificates.server.options(), *self._certificates.trust()] if case.is_encrypted else []
        return [str(self._program), *case.options(calls), *tls]

    def _library(self, source: Path) -> Path:
        library = self._directory / f"{source.stem}.so"
        command = ["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", str(library), str(source)]
        self._perform(f"compiling {source.name}", command)
        return library

    def _perform(self, role: str, command: Sequence[str]) -> str:
        """Runs it to its end. Returns what it said on standard error."""
        log = self._directory / "log"
        log.unlink(missing_ok=True)
        _run(role, command, log, RUN_LIMIT)
        return log.read_text(errors="replace")


def _run(role: str, command: Sequence[str], log: Path, limit: float) -> list[str]:
    with Processes() as processes:
        child = processes.start(role, command, log)
        lines = list(child.lines(limit))
        status = child.wait(60)
        if status != 0:
            raise child.failure(f"ended with status {status}")
    return lines
