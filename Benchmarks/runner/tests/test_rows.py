from __future__ import annotations

import unittest

from ..campaign import plan
from ..rows import all_rows, choose, present


def names(row: object) -> list[str]:
    return [subject.name for subject in row.subjects]  # type: ignore[attr-defined]


class RowTests(unittest.TestCase):
    """Which rows there are, and who runs them."""

    def setUp(self) -> None:
        self.rows = all_rows(["go", "tokio"])
        self.by_key = {row.key: row for row in self.rows}

    def test_peers_run_the_first_three_rows(self) -> None:
        everyone = ["floor", "ours", "ours-server", "ours-client", "go", "tokio"]
        for row in self.rows:
            expected = everyone if row.key in "123" else [row.reference, "ours"]
            self.assertEqual(names(row), expected)

    def test_our_server_also_meets_the_floors_client_and_the_other_way_round(self) -> None:
        subjects = {subject.name: (subject.server, subject.client) for subject in self.by_key["1"].subjects}
        self.assertEqual(subjects["ours-server"], ("ours", "floor"))
        self.assertEqual(subjects["ours-client"], ("floor", "ours"))
        self.assertEqual(subjects["go"], ("go", "go"))

    def test_records_are_compared_with_bytes_of_our_own(self) -> None:
        row = self.by_key["7"]
        reference, ours = row.subject("ours-bytes"), row.subject("ours")
        self.assertEqual(reference.work, self.by_key["2"].subject("ours").work)
        self.assertEqual(ours.serve, ("--content", "record"))
        self.assertEqual(ours.work[-2:], ("--content", "record"))

    def test_a_bar_is_reached_from_above_or_from_below(self) -> None:
        rate, memory, latency = self.by_key["2"], self.by_key["6"], self.by_key["8"]
        self.assertEqual([rate.reaches("ours", ratio) for ratio in (0.79, 0.80, 0.9)], [False, True, True])
        self.assertEqual([memory.reaches("ours", kibibytes) for kibibytes in (29, 30, 31)], [True, True, False])
        self.assertEqual([latency.reaches("ours", ratio) for ratio in (1.5, 1.6)], [True, False])
        self.assertIsNone(rate.reaches("go", 0.1))

    def test_rows_are_chosen_by_number_both_halves_of_the_sixth_together(self) -> None:
        self.assertEqual([row.key for row in choose(self.rows, ["1", "6"], None)], ["1", "6", "6-silent"])

    def test_contenders_are_chosen_with_those_that_they_are_compared_with(self) -> None:
        chosen = choose(self.rows, None, ["go"])
        self.assertEqual([(row.key, names(row)) for row in chosen], [(key, ["floor", "go"]) for key in "123"])
        self.assertEqual(names(choose(self.rows, ["7"], ["ours"])[0]), ["ours-bytes", "ours"])
        self.assertEqual(names(choose(self.rows, ["1"], ["ours-server"])[0]), ["floor", "ours-server"])

    def test_whoever_is_absent_takes_no_part(self) -> None:
        here = present(self.rows, {"floor": 1, "go": 1})
        self.assertEqual(names(here[0]), ["floor", "go"])
        self.assertEqual([row.key for row in here], ["1", "2", "3"])
        self.assertEqual(present(self.rows, {"ours": 1})[0].key, "7")


class PlanTests(unittest.TestCase):
    """The order of a whole run."""

    def test_rounds_are_outermost_and_every_second_one_goes_backwards(self) -> None:
        rows = choose(all_rows([]), ["1", "4"], ["floor", "ours"])
        order = [(turn.round, turn.row.key, turn.subject.name) for turn in plan(rows, 2)]
        self.assertEqual(
            order,
            [
                (0, "1", "ours"), (0, "1", "floor"), (0, "4", "ours"), (0, "4", "floor"),
                (1, "1", "floor"), (1, "1", "ours"), (1, "4", "floor"), (1, "4", "ours"),
            ],
        )  # fmt: skip

    def test_memory_is_measured_in_three_rounds_at_most(self) -> None:
        rows = choose(all_rows([]), ["6"], None)
        self.assertEqual({turn.round for turn in plan(rows, 7)}, {0, 1, 2})
        self.assertEqual({turn.round for turn in plan(rows, 2)}, {0, 1})
