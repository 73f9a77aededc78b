"""A repository of stand-ins in a temporary directory, as the runner finds a real one."""

from __future__ import annotations

import stat
import sys
import tempfile
import unittest
from pathlib import Path

from ..certificates import Certificates, Identity
from ..measuring import Duration, Laboratory
from ..pinning import Pinning
from ..programs import Program

BRIEF = Duration(measured=0.05, warm_up=0, idle=0.05)


def stand_in(directory: Path, name: str, behaviour: str = "well", rate: float = 1000) -> Program:
    """An executable in `directory`."""
    script = Path(__file__).parent / "stand_in.py"
    path = directory / name
    write_executable(path, f'exec "{sys.executable}" -S "{script}" {behaviour} {rate} "$@"')
    return Program(name, path)


def write_executable(path: Path, *lines: str) -> None:
    """A shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def laboratory(*programs: Program) -> Laboratory:
    """One that needs no certificates, since stand-ins do not look at them, and no cores."""
    identity = Identity(Path("certificate.pem"), Path("certificate.key"))
    certificates = Certificates(Path("authority.pem"), identity, identity)
    return Laboratory({program.name: program for program in programs}, certificates, Pinning(None, None, "not pinned"))


class DirectoryTestCase(unittest.TestCase):
    """A test with a directory of its own."""

    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.directory = Path(temporary.name).resolve()
