"""Child processes: each within its time limit, and gone when its scope ends, however that ends."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import select
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

ERROR_TAIL = 2_000  # characters of a child's standard error that a report quotes
GRACE = 3.0  # seconds between SIGTERM and SIGKILL
LINE_LIMIT = 1 << 20  # bytes of a line: what never ends is not collected for ever


class ProcessFailure(Exception):
    """A child ended badly, said nothing, or took too long. The text says which, what happened, and what it said."""


class Child:
    """A process that leads a group of its own. Its standard output is read by the line; its standard error is kept."""

    def __init__(
        self,
        role: str,
        command: Sequence[str],
        errors: Path | None = None,
        until_input_ends: bool = False,
    ) -> None:
        self.role = role
        # Opened for appending: the child shares the position in the file, and reading here must not move its writing.
        self._errors = open(errors, "a+b") if errors else tempfile.TemporaryFile("a+b")
        self._buffer = b""
        try:
            # A session of its own, so that Ctrl-C at the terminal reaches the runner alone, which ends all in order.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE if until_input_ends else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        except OSError as error:
            self._errors.close()
            raise ProcessFailure(f"{role}: cannot start {shlex.join(command)}: {error}") from error
        assert self._process.stdout is not None
        self._output = self._process.stdout
        self._clock = _cpu_clock(self._process.pid)

    @property
    def pid(self) -> int:
        return self._process.pid

    def cpu_seconds(self) -> float | None:
        """Processor time that all its threads have used so far; None when it is gone."""
        if self._clock is None:
            return None
        try:
            return time.clock_gettime(self._clock)
        except OSError:
            return None

    def read_line(
        self,
        seconds: float,
        while_waiting: Callable[[], None] = lambda: None,
        every: float = 0.1,
    ) -> str:
        """The next line of its standard output, within `seconds`; `while_waiting` is called `every` so many seconds."""
        line = self._next_line(time.monotonic() + seconds, while_waiting, every)
        if line is None:
            status = self._wait(5)
            how = "closed its standard output" if status is None else f"ended with {_ending(status)}"
            raise self.failure(f"{how} before it said anything")
        return line

    def lines(self, seconds: float) -> Iterator[str]:
        """All lines of its standard output, the last of them within `seconds`."""
        deadline = time.monotonic() + seconds
        while (line := self._next_line(deadline)) is not None:
            yield line

    def end_input(self) -> None:
        """Ends the standard input of a child that runs until then."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def wait(self, seconds: float) -> int:
        """Its exit status; negative if a signal ended it. What it started and left behind is killed."""
        status = self._wait(seconds)
        if status is None:
            raise self.failure(f"did not end within {seconds:g} s")
        return status

    def has_ended(self) -> bool:
        """Whether it has; it is not reaped."""
        if self._process.returncode is not None:
            return True
        try:
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True

    def ends_within(self, seconds: float) -> bool:
        """Whether it ends in time; it is not reaped."""
        deadline = time.monotonic() + seconds
        while not self.has_ended():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        return True

    def end(self, grace: float | None = None) -> str | None:
        """Ends it and whatever it started: SIGTERM, and SIGKILL for what is left of its group.

        Returns a remark if it had to be killed, or left with another status than 0.
        """
        grace = GRACE if grace is None else grace
        remark = None
        ended_by_itself = self.has_ended()
        if not ended_by_itself:
            os.kill(self.pid, signal.SIGTERM)
            if not self.ends_within(grace):
                remark = f"{self.role} was killed: it did not end within {grace:g} s of SIGTERM"
        status = self._reap()
        if remark is None and not ended_by_itself and status != 0:
            remark = f"{self.role} ended with {_ending(status)} on SIGTERM"
        self.end_input()
        self._output.close()
        self._errors.close()
        return remark

    def failure(self, what: str) -> ProcessFailure:
        """What to throw: `what` happened, and the end of what the child said on standard error."""
        said = self._error_tail()
        return ProcessFailure(f"{self.role} {what}" + (f"; it said: {said}" if said else ""))

    def _next_line(
        self,
        deadline: float,
        while_waiting: Callable[[], None] = lambda: None,
        every: float = 1.0,
    ) -> str | None:
        poll = select.poll()
        poll.register(self._output, select.POLLIN)
        begin = time.monotonic()
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0:
                raise self.failure(f"took longer than {deadline - begin:.0f} s")
            if len(self._buffer) > LINE_LIMIT:
                raise self.failure("wrote a line without an end")
            if not poll.poll(min(left, every) * 1_000):
                while_waiting()
                continue
            received = os.read(self._output.fileno(), 65_536)
            if not received:
                if not self._buffer:
                    return None
                received = b"\n"
            self._buffer += received
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode(errors="replace").rstrip("\r")

    def _wait(self, seconds: float) -> int | None:
        return self._reap() if self.ends_within(seconds) else None

    def _reap(self) -> int:
        """Kills its group first, while the group's number can belong to nobody else."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        return self._process.wait()

    def _error_tail(self) -> str:
        with contextlib.suppress(OSError, ValueError):
            length = self._errors.seek(0, os.SEEK_END)
            self._errors.seek(max(0, length - 4 * ERROR_TAIL))
            said = self._errors.read().decode(errors="replace").strip()
            return said if len(said) <= ERROR_TAIL else "…" + said[-ERROR_TAIL:]
        return ""


class Processes:
    """The scope of children: when it is left, they are ended, the last one first."""

    def __init__(self) -> None:
        self._children: list[Child] = []
        self.remarks: list[str] = []

    def start(
        self,
        role: str,
        command: Sequence[str],
        errors: Path | None = None,
        until_input_ends: bool = False,
    ) -> Child:
        """Starts one. `errors` is where its standard error goes; `until_input_ends` gives it a standard input."""
        with interruptions_deferred():
            child = Child(role, command, errors, until_input_ends)
            self._children.append(child)
        return child

    def end(self, child: Child) -> None:
        self._children.remove(child)
        remark = child.end()
        if remark:
            self.remarks.append(remark)

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with interruptions_deferred():
            while self._children:
                self.end(self._children[-1])


_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def interruptions_deferred() -> Iterator[None]:
    """Delivers the signals that end the runner when the block is done: a second Ctrl-C leaves no child behind."""
    came: list[int] = []
    previous = {number: signal.signal(number, lambda number, _: came.append(number)) for number in _INTERRUPTIONS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def interrupt_on_termination() -> None:
    """Lets SIGTERM and SIGHUP end the runner as Ctrl-C does: by leaving all scopes."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup has it
            signal.signal(number, interrupt)


def raise_file_limit(wanted: int = 16_384) -> None:
    """A thousand connections need more descriptors than the usual 1,024; children inherit the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def _ending(status: int) -> str:
    if status >= 0:
        return f"status {status}"
    try:
        return f"signal {signal.Signals(-status).name}"
    except ValueError:
        return f"signal {-status}"


_libc = ctypes.CDLL(None)


def _die_with_parent() -> None:
    """In the child before exec: the kernel kills it when the runner dies, even by SIGKILL. See prctl(2)."""
    death_signal = 1  # PR_SET_PDEATHSIG
    _libc.prctl(death_signal, signal.SIGKILL, 0, 0, 0)


def _cpu_clock(pid: int) -> int | None:
    """The clock of the processor time of a process, in nanoseconds, where /proc counts in hundredths of a second."""
    clock = ctypes.c_int()
    return clock.value if _libc.clock_getcpuclockid(pid, ctypes.byref(clock)) == 0 else None
