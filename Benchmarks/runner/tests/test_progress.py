from __future__ import annotations

import io
import unittest
from unittest import mock

from ..progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class ProgressTests(unittest.TestCase):
    """What is shown meanwhile."""

    def test_elsewhere_than_on_a_terminal_each_step_is_a_line(self) -> None:
        stream = io.StringIO()
        progress = Progress(stream, expected=4, steps=2)
        for name in ("floor", "ours"):
            progress.begin(f"round 1/1, row 1, {name}")
            progress.end(f"{name} 100 calls/s", 2)
        first, second = stream.getvalue().splitlines()
        self.assertRegex(first, r"^\[1/2\] \d+:\d\d left · round 1/1, row 1, floor: floor 100 calls/s$")
        self.assertRegex(second, r"^\[2/2\] 0:00 left")

    def test_on_a_terminal_one_line_changes_and_fits(self) -> None:
        stream = Terminal()
        with mock.patch("shutil.get_terminal_size", return_value=mock.Mock(columns=40)):
            progress = Progress(stream, expected=4, steps=2)
            progress.begin("round 1/1, row 1, floor")
            progress.end("floor 100 calls/s", 2)
            progress.begin("round 1/1, row 1, ours-server against everyone")
        lines = stream.getvalue().split("\r\x1b[K")[1:]
        self.assertEqual(len(lines), 2)
        self.assertTrue(all(len(line) < 40 for line in lines))
        self.assertNotIn("\n", stream.getvalue())

    def test_the_last_figure_stays_in_sight(self) -> None:
        stream = Terminal()
        progress = Progress(stream, expected=4, steps=2)
        progress.begin("row 1, floor")
        progress.end("floor 100 calls/s", 2)
        progress.begin("row 1, ours")
        self.assertTrue(stream.getvalue().endswith("row 1, ours · last: floor 100 calls/s"))

    def test_a_note_stays_and_the_changing_line_goes(self) -> None:
        stream = Terminal()
        progress = Progress(stream, expected=4, steps=2)
        progress.begin("row 1, floor")
        progress.note("row 1, floor FAILED")
        self.assertTrue(stream.getvalue().endswith("\r\x1b[Krow 1, floor FAILED\n"))

    def test_steps_to_come_are_expected_to_be_as_slow_as_those_before(self) -> None:
        with mock.patch("time.monotonic", return_value=1_000):
            progress = Progress(io.StringIO(), expected=100, steps=10)
            self.assertEqual(progress.time_left(), "1:40")
            progress.begin("one")
            progress.end("done", 10)
        self.assertEqual(progress.time_left(now=1_020), "3:00")
