from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from ..pinning import Pinning
from ..processes import Child, Processes, ProcessFailure, interruptions_deferred
from .places import DirectoryTestCase

PACKAGE = Path(__file__).parents[2]


def shell(text: str) -> list[str]:
    return ["/bin/sh", "-c", text]


def is_running(pid: int) -> bool:
    """A zombie is not: nobody may be there to reap it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def ends_soon(pid: int) -> bool:
    """The kernel ends processes a moment after it was told to."""
    deadline = time.monotonic() + 5
    while is_running(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


class ChildTests(DirectoryTestCase):
    """A child's output, its limits and its end."""

    def test_its_standard_output_is_read_by_the_line(self) -> None:
        with Processes() as processes:
            child = processes.start("it", shell("printf 'one\\ntwo\\nthree'"))
            self.assertEqual(child.read_line(5), "one")
            self.assertEqual(list(child.lines(5)), ["two", "three"])
            self.assertEqual(child.wait(5), 0)
        self.assertEqual(processes.remarks, [])

    def test_one_that_ends_without_a_word_is_reported_with_its_standard_error(self) -> None:
        with Processes() as processes:
            child = processes.start("the server", shell("echo no such port >&2; exit 1"))
            with self.assertRaisesRegex(ProcessFailure, "the server ended with status 1 .* it said: no such port"):
                child.read_line(5)

    def test_one_that_a_signal_ended_is_reported_with_the_signal(self) -> None:
        with Processes() as processes:
            child = processes.start("the client", shell("kill -SEGV $$"))
            with self.assertRaisesRegex(ProcessFailure, "ended with signal SIGSEGV"):
                child.read_line(5)

    def test_one_that_says_nothing_is_given_up_after_its_time(self) -> None:
        with Processes() as processes:
            child = processes.start("the client", shell("exec sleep 60"))
            begin = time.monotonic()
            with self.assertRaisesRegex(ProcessFailure, "the client took longer than"):
                child.read_line(0.05)
            self.assertLess(time.monotonic() - begin, 5)
        self.assertFalse(is_running(child.pid))

    def test_one_that_cannot_be_started_is_reported(self) -> None:
        with Processes() as processes, self.assertRaisesRegex(ProcessFailure, "cannot start"):
            processes.start("it", [str(self.directory / "nothing")])

    def test_a_line_without_an_end_is_not_collected_for_ever(self) -> None:
        with Processes() as processes:
            child = processes.start("it", shell("exec cat /dev/zero"))
            with self.assertRaisesRegex(ProcessFailure, "a line without an end"):
                child.read_line(20)

    def test_only_the_end_of_much_standard_error_is_quoted(self) -> None:
        with Processes() as processes:
            child = processes.start(
                "it", shell("i=0; while [ $i -lt 3000 ]; do echo line $i >&2; i=$((i+1)); done; exit 1")
            )
            child.wait(20)
            text = str(child.failure("failed"))
        self.assertTrue(text.endswith("line 2999"))
        self.assertLess(len(text), 2_100)

    def test_someone_may_look_in_while_it_is_waited_for(self) -> None:
        looks: list[float] = []
        with Processes() as processes:
            child = processes.start("it", shell("sleep 0.2; echo done"))
            child.read_line(5, lambda: looks.append(time.monotonic()), every=0.01)
        self.assertGreater(len(looks), 3)

    def test_its_processor_time_is_known_until_it_is_reaped(self) -> None:
        with Processes() as processes:
            child = processes.start("it", [sys.executable, "-S", "-c", "for _ in range(10**6): pass\nprint('done')"])
            child.read_line(20)
            used = child.cpu_seconds()
        self.assertGreater(used or 0, 0.001)
        self.assertIsNone(child.cpu_seconds())

    def test_one_that_waits_for_the_end_of_its_input_is_told_so(self) -> None:
        with Processes() as processes:
            child = processes.start("it", shell("echo holding 1; cat > /dev/null; exit 3"), until_input_ends=True)
            self.assertEqual(child.read_line(5), "holding 1")
            child.end_input()
            self.assertEqual(child.wait(5), 3)


class EndTests(DirectoryTestCase):
    """Nothing is left running."""

    def test_leaving_the_scope_ends_children_and_what_they_started(self) -> None:
        with Processes() as processes:
            child = processes.start("it", shell("trap 'exit 0' TERM; sleep 60 & echo $!; wait"))
            grandchild = int(child.read_line(5))
            self.assertTrue(is_running(grandchild))
        self.assertEqual(processes.remarks, [])
        self.assertFalse(is_running(child.pid))
        self.assertTrue(ends_soon(grandchild))

    def test_what_a_child_left_behind_is_ended_though_it_is_gone_itself(self) -> None:
        for is_waited_for in (True, False):
            with self.subTest(is_waited_for), Processes() as processes:
                child = processes.start("it", shell("sleep 60 > /dev/null & echo $!"))
                grandchild = int(child.read_line(5))
                self.assertTrue(child.ends_within(5))
                if is_waited_for:
                    self.assertEqual(child.wait(5), 0)
            self.assertTrue(ends_soon(grandchild))

    def test_an_exception_ends_them_too(self) -> None:
        with contextlib.suppress(KeyboardInterrupt), Processes() as processes:
            child = processes.start("it", shell("exec sleep 60"))
            raise KeyboardInterrupt
        self.assertFalse(is_running(child.pid))

    def test_one_that_ignores_sigterm_is_killed_with_a_remark(self) -> None:
        child = Child("the server", shell("trap '' TERM; echo ready; while :; do sleep 1; done"))
        child.read_line(5)
        self.assertEqual(child.end(0.05), "the server was killed: it did not end within 0.05 s of SIGTERM")
        self.assertFalse(is_running(child.pid))

    def test_another_status_than_0_on_sigterm_is_remarked(self) -> None:
        child = Child("the server", shell("trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done"))
        child.read_line(5)
        self.assertEqual(child.end(), "the server ended with status 7 on SIGTERM")

    def test_a_signal_that_comes_in_the_middle_waits(self) -> None:
        steps = []
        with contextlib.suppress(KeyboardInterrupt):
            with interruptions_deferred():
                signal.raise_signal(signal.SIGINT)
                steps.append("finished")
            steps.append("not reached")
        self.assertEqual(steps, ["finished"])

    def test_a_runner_that_is_killed_takes_its_children_along(self) -> None:
        program = (
            "from runner.processes import Child; import time\n"
            "child = Child('it', ['/bin/sleep', '60']); print(child.pid, flush=True); time.sleep(60)"
        )
        with subprocess.Popen(
            [sys.executable, "-c", program], cwd=PACKAGE, stdout=subprocess.PIPE, text=True
        ) as parent:
            assert parent.stdout is not None
            pid = int(parent.stdout.readline())
            parent.kill()
        self.assertTrue(ends_soon(pid))


class PinningTests(DirectoryTestCase):
    """Cores."""

    def test_a_command_is_kept_to_its_core(self) -> None:
        self.assertEqual(Pinning.command(1, ["floor", "serve"]), ["taskset", "-c", "1", "floor", "serve"])
        self.assertEqual(Pinning.command(None, ["floor", "serve"]), ["floor", "serve"])

    def test_this_machine_has_two_cores_or_the_remark_says_what_else(self) -> None:
        pinning = Pinning.of_this_machine()
        if pinning.server is None:
            self.assertRegex(pinning.remark, "no taskset|only core")
        else:
            self.assertNotEqual(pinning.server, pinning.client)
            self.assertIn(pinning.server, os.sched_getaffinity(0))
            self.assertIn(f"server on core {pinning.server}, client on core {pinning.client}", pinning.remark)
