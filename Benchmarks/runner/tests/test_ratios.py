from __future__ import annotations

import unittest

from ..ratios import Spread, neighbouring_ratios, paired_ratios
from ..schedule import turns


class SpreadTests(unittest.TestCase):
    """Medians and how far figures stray."""

    def test_the_median_of_an_odd_and_of_an_even_number_of_figures(self) -> None:
        self.assertEqual(Spread.of([3, 1, 2]), Spread(2, 1, 3, 3))
        self.assertEqual(Spread.of([4, 1, 2, 3]), Spread(2.5, 1, 4, 4))

    def test_of_no_figures_there_is_none(self) -> None:
        self.assertIsNone(Spread.of([]))


class PairingTests(unittest.TestCase):
    """Ratios are taken between neighbours."""

    def test_a_value_is_divided_by_the_reference_of_its_own_round_and_group(self) -> None:
        ratios = paired_ratios({(0, 0): 50, (0, 1): 30, (1, 0): 90}, {(0, 0): 100, (0, 1): 60, (1, 0): 100})
        self.assertEqual(ratios, {(0, 0): 0.5, (0, 1): 0.5, (1, 0): 0.9})

    def test_where_either_failed_there_is_no_ratio(self) -> None:
        self.assertEqual(paired_ratios({(0, 0): 50, (2, 0): 1}, {(1, 0): 100, (2, 0): 2}), {(2, 0): 0.5})

    def test_the_reference_is_compared_with_itself_within_a_round_only(self) -> None:
        ratios = neighbouring_ratios({(0, 0): 100, (0, 1): 90, (0, 2): 99, (1, 0): 50, (2, 1): 7})
        self.assertEqual(ratios, {(0, 1): 0.9, (0, 2): 1.1})


class ScheduleTests(unittest.TestCase):
    """The order of turns."""

    def test_the_reference_runs_beside_every_other(self) -> None:
        order = turns(["floor", "a", "b", "c", "d", "e"], "floor", 0)
        self.assertEqual(
            order,
            [
                (0, "a"), (0, "floor"), (0, "b"),
                (1, "c"), (1, "floor"), (1, "d"),
                (2, "e"), (2, "floor"),
            ],
        )  # fmt: skip

    def test_every_second_round_goes_backwards(self) -> None:
        forward = turns(["floor", "a", "b", "c"], "floor", 0)
        self.assertEqual(turns(["floor", "a", "b", "c"], "floor", 1), forward[::-1])
        self.assertEqual(turns(["floor", "a", "b", "c"], "floor", 2), forward)

    def test_everyone_but_the_reference_runs_once_in_a_round(self) -> None:
        for others in range(12):
            subjects = ["floor", *(str(number) for number in range(others))]
            names = [name for _, name in turns(subjects, "floor", 0)]
            self.assertEqual(sorted(set(names)), sorted(subjects))
            self.assertEqual(len([name for name in names if name != "floor"]), others)

    def test_the_reference_may_be_alone(self) -> None:
        self.assertEqual(turns(["floor"], "floor", 1), [(0, "floor")])
