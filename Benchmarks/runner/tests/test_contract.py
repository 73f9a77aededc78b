from __future__ import annotations

import unittest

from ..contract import ContractViolation, held_of, load_of, port_of


class ContractTests(unittest.TestCase):
    """The lines that programs print."""

    def test_a_server_tells_its_port(self) -> None:
        self.assertEqual(port_of("listening 40123"), 40123)
        self.assertEqual(port_of("listening 1\r"), 1)

    def test_any_other_first_line_of_a_server_is_refused_and_quoted(self) -> None:
        for line in ("", "listening", "listening on 1", "listening 0", "listening 65536", "listening -1", "ready"):
            with self.subTest(line), self.assertRaisesRegex(ContractViolation, "should be 'listening PORT'"):
                port_of(line)

    def test_a_load_generator_reports_calls_seconds_and_latencies(self) -> None:
        load = load_of('{"calls": 300, "seconds": 1.5, "p50": 83.1, "p99": 120, "p999": 400.2}')
        self.assertEqual((load.calls, load.seconds, load.p50, load.p99, load.p999), (300, 1.5, 83.1, 120, 400.2))
        self.assertEqual(load.rate, 200)
        self.assertEqual(load.further, {})

    def test_further_numbers_are_kept_and_latencies_may_be_missing(self) -> None:
        load = load_of('{"calls": 1, "seconds": 1, "handshakes": 200, "late": 0}')
        self.assertEqual(load.further, {"handshakes": 200, "late": 0})
        self.assertIsNone(load.p99)

    def test_what_is_no_report_is_refused_and_quoted(self) -> None:
        for line in (
            "",
            "calls: 3",
            "[1]",
            '{"seconds": 1}',
            '{"calls": 0, "seconds": 1}',
            '{"calls": true, "seconds": 1}',
            '{"calls": 1.5, "seconds": 1}',
            '{"calls": 1, "seconds": 0}',
            '{"calls": 1}',
            '{"calls": 1, "seconds": 1, "p99": "fast"}',
            '{"calls": 1, "seconds": 1, "p99": NaN}',
            '{"calls": 1, "seconds": Infinity}',
        ):
            with self.subTest(line), self.assertRaises(ContractViolation):
                load_of(line)

    def test_long_nonsense_is_cut(self) -> None:
        with self.assertRaises(ContractViolation) as caught:
            load_of("x" * 10_000)
        self.assertLess(len(str(caught.exception)), 400)

    def test_hold_tells_how_many_it_holds(self) -> None:
        self.assertEqual(held_of("holding 1000"), 1000)
        with self.assertRaises(ContractViolation):
            held_of("held 1000")
