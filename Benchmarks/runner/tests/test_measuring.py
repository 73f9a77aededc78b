from __future__ import annotations

import time
from unittest import mock

from ..contract import load_of
from ..cpu import Sample, interpolated, microseconds_per_call
from ..measuring import Measurement, doubts
from ..memory import anonymous_kibibytes_in
from ..rows import PACED, Quantity, Subject, load
from .places import BRIEF, DirectoryTestCase, laboratory, stand_in

RATE = Quantity.CALLS_PER_SECOND


class MeasuringTests(DirectoryTestCase):
    """One measurement with stand-ins, good and bad."""

    def measure(self, behaviour: str, quantity: Quantity = RATE, work: tuple[str, ...] = load(64, 1)) -> Measurement:
        place = laboratory(stand_in(self.directory, "program", behaviour, rate=2000))
        return place.measure(quantity, Subject("it", "program", "program", work), BRIEF)

    def test_a_rate_comes_with_all_that_the_load_generator_reported(self) -> None:
        measurement = self.measure("well")
        assert measurement.load is not None
        self.assertEqual(measurement.value, 2000)
        self.assertEqual(measurement.load.p99, 1000)
        self.assertIsNone(measurement.error)
        self.assertEqual(measurement.remarks, ())

    def test_a_latency_is_the_p99(self) -> None:
        self.assertEqual(self.measure("well", Quantity.P99_MICROSECONDS).value, 1000)

    def test_memory_is_that_of_a_connection(self) -> None:
        work = ("hold", "--connections", "100", "--silent", "no")
        measurement = self.measure("well", Quantity.KIBIBYTES_PER_CONNECTION, work)
        assert measurement.value is not None, measurement.error
        self.assertGreater(measurement.value, 7)  # the stand-in keeps 8 KiB for each
        self.assertLess(measurement.value, 30)

    def test_failures_are_results_that_name_who_failed_and_quote_it(self) -> None:
        for behaviour, error in (
            ("failing-server", "the server of it ended with status 1 .* said: stand-in: the server cannot serve"),
            ("babbling-server", "should be 'listening PORT' and is 'ready'"),
            ("failing-client", "the client of it ended with status 1 .* said: stand-in: the client cannot call"),
            ("babbling-client", "one line of JSON and printed 'nothing'"),
            ("late-failure", "the client of it ended with status 1"),
        ):
            with self.subTest(behaviour):
                measurement = self.measure(behaviour)
                self.assertIsNone(measurement.value)
                self.assertRegex(measurement.error or "", error)

    def test_when_the_server_dies_under_load_both_are_quoted(self) -> None:
        error = self.measure("dying-server").error or ""
        self.assertRegex(error, "the client of it ended .* the connection was closed")
        self.assertRegex(error, "the server of it has ended; it said: stand-in: the server dies")

    def test_a_client_that_does_not_end_is_given_up(self) -> None:
        begin = time.monotonic()
        with mock.patch("runner.measuring.SET_UP_LIMIT", 0.1):
            measurement = self.measure("sleeping-client")
        self.assertRegex(measurement.error or "", "the client of it took longer than")
        self.assertLess(time.monotonic() - begin, 5)

    def test_a_server_that_has_to_be_killed_is_remarked_and_its_figure_counts(self) -> None:
        with mock.patch("runner.processes.GRACE", 0.05):
            measurement = self.measure("stubborn-server")
        self.assertEqual(measurement.value, 2000)
        self.assertIn("the server of it was killed", measurement.remarks[0])


class DoubtTests(DirectoryTestCase):
    """Generators that could not keep their times."""

    def doubts(self, late: int, handshakes: int) -> tuple[str, ...]:
        load = load_of(f'{{"calls": 10000, "seconds": 2, "late": {late}, "handshakes": {handshakes}}}')
        return doubts(load, Subject("ours", "ours", "floor", PACED))

    def test_one_that_kept_them_is_not_doubted(self) -> None:
        self.assertEqual(self.doubts(late=100, handshakes=360), ())

    def test_one_that_was_late_with_more_calls_than_the_p99_leaves_out_is_remarked(self) -> None:
        (doubt,) = self.doubts(late=101, handshakes=400)
        self.assertIn("late with 101 of 10000 calls", doubt)

    def test_one_that_made_too_few_handshakes_is_remarked(self) -> None:
        (doubt,) = self.doubts(late=0, handshakes=300)
        self.assertIn("only 300 of 400 handshakes", doubt)

    def test_others_are_not_doubted(self) -> None:
        self.assertEqual(doubts(load_of('{"calls": 1, "seconds": 2}'), Subject("a", "a", "a", load(64, 1))), ())


class CommandTests(DirectoryTestCase):
    """What programs are told."""

    def test_a_load_generator_is_told_the_work_the_port_the_authority_and_the_time(self) -> None:
        place = laboratory(stand_in(self.directory, "peer"))
        command = place.client_command(Subject("peer", "peer", "peer", load(64, 8, 2)), "1234", BRIEF)
        self.assertEqual(command[0], str(self.directory / "peer"))
        self.assertEqual(
            " ".join(command[1:]),
            "load --size 64 --in-flight 8 --connections 2 --port 1234 --trust-roots authority.pem"
            " --seconds 0.05 --warm-up 0",
        )

    def test_only_memory_is_measured_with_client_certificates(self) -> None:
        place = laboratory(stand_in(self.directory, "floor"))
        subject = Subject("floor", "floor", "floor", ("hold", "--connections", "10"))
        server = place.server_command(Quantity.KIBIBYTES_PER_CONNECTION, subject)
        client = place.client_command(subject, "1", BRIEF)
        self.assertIn("--trust-roots", server)
        self.assertIn("--certificate", client)
        self.assertNotIn("--seconds", client)
        self.assertNotIn("--trust-roots", place.server_command(RATE, subject))


class ProcessorTimeTests(DirectoryTestCase):
    """What server and client used within the measured time."""

    def test_what_was_used_before_the_measured_time_does_not_count(self) -> None:
        samples = [Sample(0, 0, 0), Sample(1, 5, 5), Sample(2, 5.5, 5.25), Sample(3, 6, 5.5)]
        load = load_of('{"calls": 1000, "seconds": 2}')
        self.assertEqual(microseconds_per_call(samples, load), (1000, 500))

    def test_its_beginning_is_read_off_between_two_samples(self) -> None:
        self.assertEqual(interpolated([Sample(0, 0, 10), Sample(4, 2, 30)], 1), Sample(1, 0.5, 15))

    def test_without_samples_from_before_or_in_too_short_a_time_nothing_is_said(self) -> None:
        load = load_of('{"calls": 1000, "seconds": 0.005}')
        self.assertEqual(microseconds_per_call([Sample(0, 0, 0), Sample(1, 1, 1)], load), (None, None))
        load = load_of('{"calls": 1000, "seconds": 2}')
        self.assertEqual(microseconds_per_call([], load), (None, None))
        self.assertEqual(microseconds_per_call([Sample(1, 0, 0), Sample(2, 1, 1)], load), (None, None))


class MemoryTests(DirectoryTestCase):
    """Reading /proc/PID/smaps_rollup."""

    def test_anonymous_and_swapped_memory_are_added(self) -> None:
        text = "5567-7ffc [rollup]\nRss:  900 kB\nPss_Anon: 1 kB\nAnonymous:   148 kB\nSwap:   20 kB\nSwapPss: 9 kB\n"
        self.assertEqual(anonymous_kibibytes_in(text), 168)

    def test_what_is_not_there_is_not_guessed(self) -> None:
        self.assertIsNone(anonymous_kibibytes_in("Rss: 900 kB\n"))
