from __future__ import annotations

import contextlib
import io
import unittest
from pathlib import Path

from ..options import Options, parse

RESULTS, TRIALS = Path("results"), Path("trials")


def options(*arguments: str) -> Options:
    return parse(arguments, ["floor", "ours", "go"], RESULTS, TRIALS)


class OptionTests(unittest.TestCase):
    """The command line."""

    def test_without_options_everything_is_measured_seven_times_for_two_seconds(self) -> None:
        given = options()
        self.assertEqual((given.rounds, given.duration.measured, given.duration.idle), (7, 2, 6))
        self.assertTrue(given.is_full and given.linearity and given.build)
        self.assertIsNone(given.rows)
        self.assertEqual(given.output, RESULTS)

    def test_a_quick_run_is_one_of_half_a_second_unless_told_otherwise(self) -> None:
        self.assertEqual((options("--quick").rounds, options("--quick").duration.measured), (1, 0.5))
        self.assertEqual(options("--quick", "--rounds", "3").rounds, 3)

    def test_only_full_runs_replace_the_committed_results(self) -> None:
        for words in ("--quick", "--rows 1", "--contenders go", "--linearity", "--rounds 6", "--seconds 1"):
            self.assertEqual(options(*words.split()).output, TRIALS)
        self.assertEqual(options("--rounds", "9").output, RESULTS)
        self.assertEqual(options("--quick", "--output", "there").output, Path("there"))
        self.assertEqual(options("--report-only").output, RESULTS)

    def test_linearity_alone_measures_no_rows_and_rows_alone_no_linearity(self) -> None:
        self.assertEqual((options("--linearity").rows, options("--linearity").linearity), ((), True))
        self.assertEqual((options("--rows", "1, 6").rows, options("--rows", "1").linearity), (("1", "6"), False))
        both = options("--rows", "1", "--linearity")
        self.assertEqual((both.rows, both.linearity), (("1",), True))

    def test_wrong_usage_ends_with_status_2_and_says_what_is_wrong(self) -> None:
        for words, complaint in (
            (["--rows", "9"], "'9' is none of 1, 2"),
            (["--rows", ","], "',' is none of 1, 2"),
            (["--contenders", "rust"], "'rust' is none of floor, ours, go"),
            (["--rounds", "0"], "'0' is not a number above 0"),
            (["--seconds", "nan"], "'nan' is not a number above 0"),
            (["--quick", "--update-readme"], "needs a full run"),
            (["--report-only", "--output", "there", "--update-readme"], "needs a full run"),
        ):
            with self.subTest(words), contextlib.redirect_stderr(io.StringIO()) as said:
                with self.assertRaises(SystemExit) as ended:
                    options(*words)
                self.assertEqual(ended.exception.code, 2)
                self.assertIn(complaint, said.getvalue())
