from __future__ import annotations

import unittest

from ..contract import load_of
from ..linearity import (
    SWEEPS,
    Finding,
    Trial,
    documents,
    duration_of,
    grown,
    is_linear,
    plan,
)
from ..measuring import Duration, Measurement
from ..redaction import Redaction
from ..results import SweepDocument


def document(key: str, cost: float = 10, exponent: float = 1, fixed: float = 0) -> SweepDocument:
    """Of a sweep where work of n costs `fixed` and n to the power of `exponent` times `cost`, in microseconds."""
    findings = []
    for trial in plan(3):
        if trial.sweep.key == key:
            amount = trial.point.units if key == "size" else trial.point.amount or trial.point.scale
            each = fixed + cost * amount**exponent if key == "size" else cost * amount ** (exponent - 1)
            load = load_of(f'{{"calls": 1000, "seconds": {each * 1000 / 1e6}}}')
            findings.append(Finding(trial, Measurement(load.rate, load, each / 2, each / 2)))
    (only,) = documents(findings, Redaction({}))
    return only


class PlanTests(unittest.TestCase):
    """What is measured."""

    def test_each_sweep_goes_over_four_sizes_or_more_ten_times_apart(self) -> None:
        self.assertEqual([sweep.key for sweep in SWEEPS], ["frames", "connections", "in-flight", "size"])
        for sweep in SWEEPS:
            sizes = [point.amount or point.scale for point in sweep.points]
            self.assertGreaterEqual(len(sizes), 4)
            for smaller, larger in zip(sizes, sizes[1:]):
                self.assertAlmostEqual(larger / smaller, 10)

    def test_more_frames_are_a_longer_time(self) -> None:
        times = [duration_of(trial, Duration(2)).measured for trial in plan(1) if trial.sweep.key == "frames"]
        self.assertEqual(sorted(set(times)), [0.02, 0.2, 2, 20])

    def test_floor_and_ours_take_turns_in_alternating_order_three_times_at_most(self) -> None:
        def order(number: int) -> list[str]:
            return [trial.subject.name for trial in plan(7) if trial.round == number][:4]

        self.assertEqual(order(0), ["ours", "floor", "ours", "floor"])
        self.assertEqual(order(1), ["floor", "ours", "floor", "ours"])
        self.assertEqual({trial.round for trial in plan(7)}, {0, 1, 2})


class VerdictTests(unittest.TestCase):
    """What is said of the figures."""

    def test_growth_is_the_last_cost_over_the_cheapest(self) -> None:
        self.assertEqual(grown([100, 10, 8, 12]), 1.5)
        self.assertEqual(grown([8, 4, 2, 1]), 1)
        self.assertEqual(grown([None, 2, 1]), 1)
        for unknown in ([8, 2, None], [None, 1], [], [None, None]):
            self.assertIsNone(grown(unknown))

    def test_processor_time_decides_and_wall_time_where_it_is_not_known(self) -> None:
        self.assertTrue(is_linear({"wall": 9, "server_cpu": 1.5, "client_cpu": 2}))
        self.assertFalse(is_linear({"wall": 1, "server_cpu": 1.5, "client_cpu": 2.5}))
        self.assertFalse(is_linear({"wall": 2.5, "server_cpu": None, "client_cpu": 1}))
        self.assertIsNone(is_linear({"wall": None, "server_cpu": None, "client_cpu": None}))
        self.assertIsNone(is_linear(None))

    def test_linear_work_is_linear_whatever_it_costs_at_first(self) -> None:
        for key in ("connections", "in-flight", "frames"):
            self.assertIs(document(key)["linear"], True)
        size = document("size", cost=0.001, fixed=50)
        self.assertIs(size["linear"], True)
        self.assertGreater(size["points"]["ours"][0]["wall"]["median"], 0.7)  # type: ignore[index]

    def test_quadratic_work_is_not(self) -> None:
        for key in ("connections", "in-flight", "size"):
            sweep = document(key, exponent=2)
            self.assertIs(sweep["linear"], False)
            self.assertGreater(sweep["growth"]["ours"]["wall"] or 0, 900)

    def test_without_one_of_its_points_a_sweep_is_not_judged_and_says_why(self) -> None:
        trials = [trial for trial in plan(1) if trial.sweep.key == "connections"]
        load = load_of('{"calls": 1000, "seconds": 1}')
        findings = [Finding(trial, Measurement(load.rate, load, 1, 1)) for trial in trials[:-2]]
        findings += [Finding(trial, Measurement(error="it failed")) for trial in trials[-2:]]
        (sweep,) = documents(findings, Redaction({}))
        self.assertIsNone(sweep["linear"])
        self.assertEqual(sweep["errors"], ["ours at 1,000: it failed", "floor at 1,000: it failed"])
        self.assertIsInstance(trials[0], Trial)
