from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

from .. import linearity, results, rows, session
from ..campaign import plan, run
from ..options import Options, parse
from ..programs import Workshop
from ..progress import Progress
from ..redaction import Redaction
from ..results import ResultsDocument
from ..summaries import row_document
from .places import BRIEF, DirectoryTestCase, laboratory, stand_in, write_executable

PACKAGE = Path(__file__).parents[2]


class CampaignTests(DirectoryTestCase):
    """Rounds with stand-ins."""

    def test_a_failing_contender_is_shown_and_counted_and_stops_nothing(self) -> None:
        here = self.directory
        place = laboratory(
            stand_in(here, "floor", rate=1000),
            stand_in(here, "ours", rate=900),
            stand_in(here, "go", "failing-client"),
        )
        row = rows.present(rows.all_rows(["go"]), place.programs)[0]
        screen = io.StringIO()
        outcomes = list(run(place, plan([row], 2), 2, BRIEF, Progress(screen, 10, 14)))
        self.assertIn("row 1, go, round 1 FAILED: the client of go ended with status 1", screen.getvalue())

        document = row_document(row, outcomes, {}, Redaction({here: "here"}))
        summaries = {summary["subject"]: summary for summary in document["summaries"]}
        self.assertEqual((summaries["go"]["turns"], summaries["go"]["failures"]), (2, 2))
        self.assertIsNone(summaries["go"]["ratio"])
        ours = summaries["ours"]
        assert ours["ratio"] is not None
        self.assertEqual(ours["failures"], 0)
        self.assertAlmostEqual(ours["ratio"]["median"], 0.9, places=2)
        self.assertIs(ours["reached"], False)
        self.assertEqual(summaries["floor"]["turns"], 4)  # for every two of the four others, in both rounds
        errors = [measurement["error"] for measurement in document["measurements"] if measurement["subject"] == "go"]
        self.assertIn("stand-in: the client cannot call", errors[0] or "")


class SessionTests(DirectoryTestCase):
    """A whole run with stand-ins for all programs."""

    def setUp(self) -> None:
        super().setUp()
        self.repository = self.directory / "repository"
        self.output = self.directory / "results"
        builds = self.directory / "builds"
        self.workshop = Workshop(self.repository / "Benchmarks", builds)
        self.build("Floor", "floor", rate=1000)
        self.build("Peers/go", "go", rate=500)
        lacking = self.repository / "Benchmarks/Peers/tokio/build"
        write_executable(lacking, "echo 'there is no cargo: apt-get install cargo' >&2", "exit 3")
        ours = stand_in(builds / "ours", "ours", rate=800)
        write_executable(
            self.directory / "bin" / "swift", f'case "$*" in *--show-bin-path) echo {ours.path.parent} ;; esac'
        )
        ours.path.rename(ours.path.parent / "ChannelBenchmark")
        path = f"{self.directory / 'bin'}{os.pathsep}{os.environ['PATH']}"
        environment = mock.patch.dict(os.environ, {"PATH": path})
        environment.start()
        self.addCleanup(environment.stop)

    def build(self, folder: str, name: str, rate: float) -> None:
        (self.repository / "Benchmarks" / folder).mkdir(parents=True)
        program = stand_in(self.directory / "built", name, rate=rate)
        write_executable(self.repository / "Benchmarks" / folder / "build", f"echo {program.path}")

    def options(self, *arguments: str) -> Options:
        contenders = [*self.workshop.names(), "ours-server", "ours-client"]
        words = ["--quick", "--seconds", "0.05", "--output", str(self.output), *arguments]
        return parse(words, contenders, self.output, self.output)

    def run_session(self, *arguments: str) -> tuple[int, str, str]:
        table, log = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(table), contextlib.redirect_stderr(log):
            status = session.run(self.options(*arguments), self.repository, self.workshop, None)
        return status, table.getvalue(), log.getvalue()

    def document(self) -> ResultsDocument:
        return results.read(self.output / "results.json")

    def test_it_builds_measures_and_writes_what_it_shows(self) -> None:
        status, table, log = self.run_session("--rows", "1,5")
        self.assertEqual(status, 0, log)
        self.assertIn("| 1 | 64 B, one at a time | 1,000/s | 800/s |", table)
        self.assertIn("| Go net/rpc | 0.5", table)
        self.assertIn("tokio + OpenSSL, our frames (there is no cargo: apt-get install cargo)", " ".join(table.split()))
        document = self.document()
        self.assertEqual([row["key"] for row in document["rows"]], ["1", "5"])
        self.assertEqual(document["absent"], [{"name": "tokio", "reason": "there is no cargo: apt-get install cargo"}])
        self.assertTrue((self.output / "results.md").is_file())

    def test_no_path_of_the_machine_is_in_the_results(self) -> None:
        self.build("Peers/broken", "broken", rate=1)
        write_executable(self.directory / "built/broken", "echo cannot read $0 >&2; exit 1")
        status, table, _ = self.run_session("--rows", "1")
        text = (self.output / "results.json").read_text() + table
        self.assertIn("cannot read broken", text)
        self.assertNotIn(str(self.directory), text)
        self.assertNotRegex(text, r"/tmp|/bench-")
        self.assertEqual(status, 0)  # a peer that fails is not our failure

    def test_what_is_ours_has_to_succeed(self) -> None:
        write_executable(self.directory / "builds/ours/ChannelBenchmark", "exit 1")
        status, table, _ = self.run_session("--rows", "5")
        self.assertEqual(status, 1)
        self.assertIn("**Failed 1 of 1 time: ours, row 5.**", " ".join(table.split()))

    def test_without_the_floor_there_is_nothing_to_compare_with(self) -> None:
        write_executable(self.repository / "Benchmarks/Floor/build", "echo 'there is no C compiler' >&2", "exit 3")
        status, _, log = self.run_session()
        self.assertEqual(status, 1)
        self.assertIn("floor is skipped: there is no C compiler", log)

    def test_linearity_is_measured_with_the_floor_beside_ours(self) -> None:
        # What stand-ins use of a processor is chance: they sleep.
        idle = mock.patch("runner.cpu.Meter.microseconds_per_call", return_value=(None, None))
        with idle, mock.patch("runner.linearity.SWEEPS", linearity.SWEEPS[2:3]):
            status, table, log = self.run_session("--linearity")
        self.assertEqual(status, 0, log)
        (sweep,) = self.document()["linearity"]
        self.assertEqual(list(sweep["points"]), ["floor", "ours"])
        self.assertEqual([point["amount"] for point in sweep["points"]["ours"]], [1, 10, 100, 1000])
        self.assertEqual(self.document()["rows"], [])
        self.assertIn("### Calls in flight on one connection (64 B): linear\n", table)

    def test_an_interruption_ends_all_shows_what_there_is_and_writes_nothing(self) -> None:
        turns = iter(range(3))

        def end(_self: Progress, _outcome: str, _expected: float) -> None:
            if next(turns) == 2:
                raise KeyboardInterrupt

        with mock.patch.object(Progress, "end", end):
            status, table, log = self.run_session("--rows", "1")
        self.assertEqual(status, 130)
        self.assertIn("interrupted: nothing was written", log)
        self.assertIn("| 1 | 64 B, one at a time |", table)
        self.assertFalse(self.output.exists())


class InterruptionTests(DirectoryTestCase):
    """Ctrl-C, as a terminal delivers it."""

    def test_ctrl_c_leaves_no_process_behind(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                floor = stand_in(self.directory, "floor", "sleeping-client")
                program = (
                    "import sys, io; from pathlib import Path; from runner.measuring import Duration\n"
                    "from runner.processes import interrupt_on_termination; from runner.programs import Program\n"
                    "from runner.rows import Quantity, Subject, load; from runner.tests.places import laboratory\n"
                    "interrupt_on_termination()\n"
                    f"place = laboratory(Program('floor', Path({str(floor.path)!r})))\n"
                    "subject = Subject('it', 'floor', 'floor', load(64, 1))\n"
                    "place.measure(Quantity.CALLS_PER_SECOND, subject, Duration(30))"
                )
                runner = subprocess.Popen([sys.executable, "-c", program], cwd=PACKAGE, stderr=subprocess.DEVNULL)
                self.addCleanup(runner.kill)
                children = self.children_of(runner.pid, count=2)
                runner.send_signal(number)
                runner.wait(10)
                self.assertEqual([pid for pid in children if Path(f"/proc/{pid}").exists()], [])

    def children_of(self, pid: int, count: int) -> list[int]:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            if len(listed) == count:
                return [int(child) for child in listed]
            time.sleep(0.01)
        self.fail(f"{count} children did not come")
