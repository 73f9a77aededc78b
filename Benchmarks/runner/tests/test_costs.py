from __future__ import annotations

import unittest

from ..costs import CASES, Case, Costs, allocations_of, instructions_of, per_call
from ..processes import ProcessFailure

CASE = Case("a case", few=10, many=110)


class CountTests(unittest.TestCase):
    """Reading counts, and what a call is of them."""

    def test_the_difference_of_two_runs_is_divided_by_the_difference_of_their_calls(self) -> None:
        self.assertEqual(per_call(CASE, 5_000, 6_000), 10)

    def test_more_calls_that_cost_no_more_are_an_error(self) -> None:
        with self.assertRaisesRegex(ProcessFailure, "a case"):
            per_call(CASE, 5_000, 5_000)

    def test_callgrinds_total_is_found_among_all_it_says(self) -> None:
        said = "==7== Callgrind\n==7== \n==7== Events    : Ir\n==7== Collected : 110035240\n==7== \n"
        self.assertEqual(instructions_of(said), 110_035_240)

    def test_callgrind_without_a_total_is_quoted(self) -> None:
        with self.assertRaisesRegex(ProcessFailure, "bad executable"):
            instructions_of("valgrind: bad executable")

    def test_a_count_of_allocations_is_one_whole_line(self) -> None:
        self.assertEqual(allocations_of("32979\n"), 32_979)
        for written in ("", "32", "x\n", "-1\n", "1\n2\n"):
            with self.subTest(written), self.assertRaises(ProcessFailure):
                allocations_of(written)

    def test_of_two_counts_the_least_of_each_quantity_is_taken(self) -> None:
        self.assertEqual(Costs(1_000, 3).least(Costs(900, 4)), Costs(900, 3))

    def test_options_say_what_a_case_does(self) -> None:
        self.assertEqual(CASE.options(10), ["--calls", "10", "--in-flight", "1", "--size", "64"])
        case = Case("another", few=1, many=2, in_flight=2, content=("--record",), connects=True)
        self.assertEqual(case.options(2), ["--calls", "2", "--in-flight", "2", "--record", "--connect"])

    def test_every_case_has_its_own_name_and_whole_rounds_of_calls(self) -> None:
        self.assertEqual(len({case.name for case in CASES}), len(CASES))
        for case in CASES:
            with self.subTest(case.name):
                self.assertLess(case.few, case.many)
                self.assertEqual((case.few % case.in_flight, case.many % case.in_flight), (0, 0))


if __name__ == "__main__":
    unittest.main()
