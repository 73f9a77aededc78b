from __future__ import annotations

import contextlib
import io
import unittest
from pathlib import Path

from ..check_costs import judge
from ..costs import CASES, Case, Costs
from ..thresholds import EXCESS, Threshold, Thresholds, costs_table
from .places import DirectoryTestCase

HERE = {"Swift": "6.3.1", "OpenSSL": "3.0.19", "glibc": "2.36", "valgrind": "3.19.0", "machine": "x86_64 with AVX2"}
CASE = Case("a case", few=10, many=110)
OTHER = Case("other", few=1, many=2)
PLAIN = Case("plain", few=1, many=2, is_encrypted=False)


def thresholds_of(*cases: Case) -> Thresholds:
    """1,000 instructions and 40 allocations, and at most 5 and 10 % more."""
    return Thresholds(HERE, {case.name: Threshold(Costs(1_000, 40), Costs(0.05, 0.1)) for case in cases})


class ThresholdTests(DirectoryTestCase):
    """What is over, what is far below, and where that matters."""

    thresholds = thresholds_of(CASE)

    def test_what_is_written_is_read_again(self) -> None:
        path = self.directory / "thresholds.json"
        self.thresholds.write(path)
        self.assertEqual(Thresholds.read(path), self.thresholds)

    def test_a_file_of_another_kind_is_refused(self) -> None:
        for text in ("[]", "{}", '{"versions": {}, "cases": {"a": 1}}', '{"versions": [], "cases": {}}', "x"):
            with self.subTest(text), self.assertRaises(ValueError):
                path = Path(self.directory, "thresholds.json")
                path.write_text(text)
                Thresholds.read(path)

    def test_an_update_takes_the_new_figures_and_keeps_what_they_may_be_exceeded_by(self) -> None:
        new = self.thresholds.updated({"Swift": "6.4"}, {"a case": Costs(900.4, 2.34567), "other": Costs(1, 1)})
        self.assertEqual(new.versions, {"Swift": "6.4"})
        self.assertEqual(new.cases["a case"], Threshold(Costs(900, 2.346), Costs(0.05, 0.1)))
        self.assertEqual(new.cases["other"], Threshold(Costs(1, 1), EXCESS))

    def test_what_is_allowed_is_not_over_and_a_little_more_is(self) -> None:
        self.assertEqual(self.thresholds.excesses(CASE, Costs(1_050, 44)), [])
        self.assertEqual(
            self.thresholds.excesses(CASE, Costs(1_051, 44.01)),
            ["a case: 1,051 instructions a call, at most 1,050", "a case: 44.01 allocations a call, at most 44.00"],
        )

    def test_instructions_and_allocations_are_over_each_on_their_own(self) -> None:
        self.assertEqual(len(self.thresholds.excesses(CASE, Costs(1_051, 1))), 1)
        self.assertEqual(len(self.thresholds.excesses(CASE, Costs(1, 45))), 1)

    def test_a_case_without_a_threshold_does_not_pass(self) -> None:
        self.assertRegex(self.thresholds.excesses(OTHER, Costs(1, 1))[0], "^other: there is no threshold")

    def test_what_costs_far_less_is_named_so_that_the_threshold_be_lowered(self) -> None:
        self.assertEqual(self.thresholds.gains(CASE, Costs(950, 36)), [])
        self.assertRegex(self.thresholds.gains(CASE, Costs(949, 36))[0], "^a case: 949 instructions .* --update lowers")
        self.assertRegex(self.thresholds.gains(CASE, Costs(950, 35))[0], "^a case: 35.00 allocations .* --update lowers")

    def test_they_bind_only_with_the_versions_that_they_were_measured_with(self) -> None:
        self.assertTrue(self.thresholds.bind(CASE, HERE))
        for name in HERE:
            with self.subTest(name):
                self.assertFalse(self.thresholds.bind(CASE, {**HERE, name: "another"}))
                self.assertFalse(self.thresholds.bind(CASE, {key: HERE[key] for key in HERE if key != name}))

    def test_without_tls_another_openssl_does_not_matter(self) -> None:
        self.assertTrue(self.thresholds.bind(PLAIN, {**HERE, "OpenSSL": "3.5.0"}))
        self.assertFalse(self.thresholds.bind(PLAIN, {**HERE, "Swift": "6.4"}))

    def test_other_versions_are_named(self) -> None:
        self.assertEqual(self.thresholds.differences(HERE), [])
        self.assertEqual(
            self.thresholds.differences({**HERE, "glibc": "2.41"}),
            ["glibc is 2.41, and the thresholds were measured with 2.36"],
        )

    def test_the_table_marks_what_is_over_what_is_below_and_what_has_no_threshold(self) -> None:
        costs = {"a case": Costs(1_100, 20), "other": Costs(1, 1)}
        self.assertEqual(
            costs_table((CASE, OTHER), costs, self.thresholds).splitlines()[2:],
            [
                "| a case | instructions | 1,100 | 1,000 | +10.0% | +5.0% | OVER |",
                "| a case | allocations | 20.00 | 40.00 | -50.0% | +10.0% | below |",
                "| other | instructions | 1 | – | – | – | no threshold |",
                "| other | allocations | 1.00 | – | – | – | no threshold |",
            ],
        )


class JudgementTests(unittest.TestCase):
    """The exit status, and what is said."""

    thresholds = thresholds_of(*CASES)

    def judge(self, installed: dict[str, str], **changed: Costs) -> tuple[int, str]:
        costs = {case.name: Costs(1_000, 40) for case in CASES}
        costs.update({CASES[int(number[1:])].name: cost for number, cost in changed.items()})
        with contextlib.redirect_stderr(io.StringIO()) as said:
            status = judge(self.thresholds, installed, costs)
        return status, said.getvalue()

    def test_costs_as_committed_pass(self) -> None:
        status, said = self.judge(HERE)
        self.assertEqual(status, 0)
        self.assertIn(f"{len(CASES)} of {len(CASES)} cases were checked", said)

    def test_one_case_over_fails(self) -> None:
        for number in range(len(CASES)):
            with self.subTest(CASES[number].name):
                status, said = self.judge(HERE, **{f"_{number}": Costs(1_051, 40)})
                self.assertEqual(status, 1)
                self.assertIn(f"OVER: {CASES[number].name}: 1,051 instructions", said)

    def test_a_gain_is_said_and_passes(self) -> None:
        status, said = self.judge(HERE, _0=Costs(900, 40))
        self.assertEqual(status, 0)
        self.assertIn("--update lowers", said)

    def test_with_another_swift_nothing_fails_and_that_is_said(self) -> None:
        status, said = self.judge({**HERE, "Swift": "6.4"}, _0=Costs(2_000, 40))
        self.assertEqual(status, 0)
        for words in ("Swift is 6.4", "NO CHECK", "not counted as a failure", f"0 of {len(CASES)} cases were checked"):
            self.assertIn(words, said)

    def test_with_another_openssl_only_cases_without_tls_fail(self) -> None:
        plain = next(number for number, case in enumerate(CASES) if not case.is_encrypted)
        openssl = {**HERE, "OpenSSL": "3.5.0"}
        self.assertEqual(self.judge(openssl, _0=Costs(2_000, 40))[0], 0)
        self.assertEqual(self.judge(openssl, **{f"_{plain}": Costs(2_000, 40)})[0], 1)


if __name__ == "__main__":
    unittest.main()
