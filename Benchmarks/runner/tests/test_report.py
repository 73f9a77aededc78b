from __future__ import annotations

import copy
import unittest

from ..formatting import number, table
from ..report import readme_block, results_page, short_page, with_readme_block
from ..results import ResultsDocument, RowDocument, SpreadDocument, SummaryDocument


def spread(median: float, stray: float = 0.1) -> SpreadDocument:
    return {"median": median, "minimum": median * (1 - stray), "maximum": median * (1 + stray), "count": 7}


def summary(
    subject: str,
    value: float,
    ratio: float | None,
    bar: float | None = None,
    reached: bool | None = None,
) -> SummaryDocument:
    return {
        "subject": subject,
        "value": spread(value),
        "ratio": spread(ratio) if ratio else None,
        "server_cpu": spread(12),
        "client_cpu": spread(15),
        "cpu_ratio": spread(1.25),
        "turns": 7,
        "failures": 0,
        "bar": bar,
        "reached": reached,
    }


def row(key: str, title: str, unit: str, *summaries: SummaryDocument) -> RowDocument:
    return {
        "key": key,
        "title": title,
        "unit": unit,
        "more_is_better": unit.endswith("/s"),
        "bars_are_ratios": unit != "KiB",
        "reference": "floor",
        "commands": {"ours": ["ours serve --port 0", "ours load --port PORT"]},
        "summaries": list(summaries),
        "measurements": [],
    }


RESULTS: ResultsDocument = {
    "schema": 1,
    "environment": {
        "date": "2030-01-02 03:04 UTC",
        "commit": "abcdef",
        "processor": "A Processor",
        "cores": "8",
        "system": "Debian 12",
        "OpenSSL": "OpenSSL 3.0.15",
        "Swift": "6.3.1",
    },
    "method": {
        "rounds": 7,
        "seconds": 2,
        "warm_up": 0.3,
        "idle": 6,
        "quick": False,
        "pinning": "server on core 0, client on core 1",
    },
    "absent": [{"name": "tokio", "reason": "there is no cargo: apt-get install cargo\nand more"}],
    "rows": [
        row(
            "1",
            "64 B, one at a time",
            "calls/s",
            summary("floor", 21_345, 1.0),
            summary("ours", 20_500, 0.96, 0.95, True),
            summary("ours-server", 19_000, 0.89, 0.95, False),
            summary("go", 234.4, 0.011),
        ),
        row(
            "6",
            "memory of a connection",
            "KiB",
            summary("floor", 25, None),
            summary("ours", 28.25, 1.13, 30, True),
        ),
    ],
    "linearity": [
        {
            "key": "frames",
            "title": "calls one after another (64 B)",
            "unit": "call",
            "points": {
                "ours": [
                    {
                        "label": "10 × the time",
                        "amount": 6_000_000,
                        "wall": spread(3),
                        "server_cpu": spread(2),
                        "client_cpu": None,
                        "failures": 0,
                    }
                ]
            },
            "growth": {"ours": {"wall": 1.01, "server_cpu": 1.0, "client_cpu": None}},
            "linear": True,
            "errors": [],
        }
    ],
}


def in_one_line(page: str) -> str:
    """Prose is broken where a line is full."""
    return " ".join(page.split())


class PageTests(unittest.TestCase):
    """results.md."""

    def setUp(self) -> None:
        self.page = results_page(RESULTS, has_plot=True)

    def test_a_row_has_both_figures_the_ratio_with_its_spread_the_bar_and_whether_it_is_reached(self) -> None:
        self.assertIn(
            "| 1 | 64 B, one at a time | 21,300/s | 20,500/s | 0.96 (0.86–1.06) | ≥ 0.95 | yes |\n", self.page
        )
        self.assertIn("| 1 | the same: our server, C client | 21,300/s | 19,000/s |", self.page)
        self.assertIn("| ≥ 0.95 | **no** |\n", self.page)

    def test_memory_is_judged_in_kib(self) -> None:
        line = "| 6 | memory of a connection | 25.0 KiB | 28.2 KiB (25.4–31.1) | 1.13 (1.02–1.24) | ≤ 30 KiB | yes |"
        self.assertIn(line, self.page)

    def test_every_contender_has_a_line_with_its_ratios(self) -> None:
        self.assertIn("| × floor | 64 B, one at a time |\n", self.page)
        self.assertIn("| **ours** | 0.96 (0.86–1.06) |\n", self.page)
        self.assertIn("| Go net/rpc | 0.011 (0.0099–0.012) |\n", self.page)

    def test_who_was_not_measured_is_named_with_the_first_line_of_the_reason(self) -> None:
        text = "Not measured: tokio + OpenSSL, our frames (there is no cargo: apt-get install cargo)."
        self.assertIn(text, in_one_line(self.page))

    def test_failures_are_named_and_counted(self) -> None:
        failing = copy.deepcopy(RESULTS)
        failing["rows"][0]["summaries"][3].update({"failures": 2, "value": None, "ratio": None})
        page = results_page(failing, has_plot=False)
        self.assertIn("**Failed 2 of 7 times: Go net/rpc, row 1.**", in_one_line(page))
        self.assertIn("| Go net/rpc | – |\n", page)

    def test_the_conditions_are_there(self) -> None:
        for text in (
            "medians of 7 rounds of 2 s",
            "A Processor, 8 cores, Debian 12, OpenSSL 3.0.15, Swift 6.3.1, 2030-01-02.",
            "Two neighbouring runs of the floor itself were 0.90 to 1.10 of each other.",
            "| commit | abcdef |",
            "1 ours load --port PORT",
        ):
            self.assertIn(text, in_one_line(self.page))

    def test_linearity_has_a_table_and_a_sentence(self) -> None:
        self.assertIn("Work grows linearly with calls one after another.", in_one_line(self.page))
        self.assertIn("| 10 × the time (6,000,000 calls) | 3.00 | 2.00 | – |\n", self.page)
        self.assertIn("| growth | 1.01 | 1.00 | – |\n", self.page)
        crooked = copy.deepcopy(RESULTS)
        crooked["linearity"][0]["linear"] = False
        self.assertIn(
            "**Not linear: calls one after another (64 B).**", in_one_line(results_page(crooked, has_plot=False))
        )

    def test_a_quick_run_says_that_it_says_nothing(self) -> None:
        self.assertNotIn("quick", self.page)
        quick = copy.deepcopy(RESULTS)
        quick["method"]["quick"] = True
        self.assertIn("these figures say nothing", in_one_line(results_page(quick, has_plot=False)))

    def test_the_picture_is_shown_if_there_is_one(self) -> None:
        self.assertIn("](results.png)", self.page)
        self.assertNotIn(".png", results_page(RESULTS, has_plot=False))

    def test_the_page_that_is_shown_at_the_end_leaves_out_commands_and_machine(self) -> None:
        page = short_page(RESULTS)
        self.assertIn("| **ours** | 0.96 (0.86–1.06) |\n", page)
        self.assertIn("| growth | 1.01 | 1.00 | – |", page)
        self.assertNotIn("## Commands", page)
        self.assertNotIn("## Where", page)

    def test_results_without_rows_are_a_page_too(self) -> None:
        empty = copy.deepcopy(RESULTS)
        empty["rows"] = []
        self.assertIn("## Does work grow linearly?", results_page(empty, has_plot=False))


class ReadmeTests(unittest.TestCase):
    """The block in the README."""

    def test_it_is_replaced_between_its_marks_and_nothing_else_is(self) -> None:
        readme = "# Title\n\n<!-- bench -->\nold\n<!-- /bench -->\n\nrest \\1\n"
        self.assertEqual(
            with_readme_block(readme, "new \\1\n"),
            "# Title\n\n<!-- bench -->\nnew \\1\n<!-- /bench -->\n\nrest \\1\n",
        )

    def test_replacing_it_twice_is_replacing_it_once(self) -> None:
        once = with_readme_block("<!-- bench -->\n<!-- /bench -->\n", readme_block(RESULTS, has_plot=True))
        self.assertEqual(with_readme_block(once, readme_block(RESULTS, has_plot=True)), once)

    def test_without_marks_or_with_several_it_is_refused(self) -> None:
        for readme in ("", "<!-- bench -->\n", "<!-- bench -->\n<!-- /bench -->\n" * 2):
            with self.subTest(readme), self.assertRaisesRegex(ValueError, "should have one line"):
                with_readme_block(readme, "new")

    def test_its_links_start_at_the_repository(self) -> None:
        block = readme_block(RESULTS, has_plot=True)
        for path in ("Benchmarks/results/results.png", "Benchmarks/results/results.md", "Benchmarks/README.md"):
            self.assertIn(f"]({path})", block)

    def test_it_is_short(self) -> None:
        self.assertLess(len(readme_block(RESULTS, has_plot=True).splitlines()), 30)


class FormattingTests(unittest.TestCase):
    """Numbers and tables."""

    def test_numbers_have_the_places_that_a_reader_can_use(self) -> None:
        for value, text in (
            (412_345, "412,300"),
            (1_234.4, "1,234"),
            (21.34, "21.3"),
            (1.0, "1.00"),
            (0.956, "0.96"),
            (0.0112, "0.011"),
            (0.04, "0.040"),
            (0, "0.00"),
        ):
            self.assertEqual(number(value), text)

    def test_a_cell_breaks_no_table(self) -> None:
        self.assertEqual(table(["a"], [["x|y\nz"]], "l"), ["| a |\n| --- |\n| x\\|y z |"])
        self.assertEqual(table(["a"], [], "l"), [])
