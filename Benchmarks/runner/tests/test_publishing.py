from __future__ import annotations

import contextlib
import copy
import io

from .. import results
from ..publishing import publish
from .places import DirectoryTestCase
from .test_report import RESULTS


class PublishingTests(DirectoryTestCase):
    """The files that a run leaves."""

    def setUp(self) -> None:
        super().setUp()
        self.output = self.directory / "Benchmarks" / "results"
        self.readme = self.directory / "README.md"
        self.readme.write_text("# Title\n\n<!-- bench -->\n<!-- /bench -->\n", encoding="utf-8")
        log = contextlib.redirect_stderr(io.StringIO())
        log.__enter__()
        self.addCleanup(log.__exit__, None, None, None)

    def test_the_results_that_are_written_are_read_again(self) -> None:
        publish(RESULTS, self.output, None)
        self.assertEqual(results.read(self.output / "results.json"), RESULTS)
        self.assertTrue((self.output / "results.md").read_text(encoding="utf-8").startswith("# Results\n"))
        self.assertNotIn("floor", self.readme.read_text(encoding="utf-8"))

    def test_the_readme_gets_the_table_if_it_is_to(self) -> None:
        publish(RESULTS, self.output, self.readme)
        text = self.readme.read_text(encoding="utf-8")
        self.assertTrue(text.startswith("# Title\n\n<!-- bench -->\n× is the ratio"))
        self.assertTrue(text.endswith("\n<!-- /bench -->\n"))

    def test_the_readme_does_not_get_the_figures_of_a_quick_run(self) -> None:
        quick = copy.deepcopy(RESULTS)
        quick["method"]["quick"] = True
        with self.assertRaisesRegex(ValueError, "quick run"):
            publish(quick, self.output, self.readme)

    def test_an_older_picture_does_not_stay_beside_newer_figures(self) -> None:
        empty = copy.deepcopy(RESULTS)
        empty["rows"] = []
        self.output.mkdir(parents=True)
        (self.output / "results.png").write_bytes(b"old")
        publish(empty, self.output, None)
        self.assertFalse((self.output / "results.png").exists())

    def test_files_of_others_are_not_taken_for_results(self) -> None:
        path = self.directory / "results.json"
        for text in ("{}", "[]", '{"schema": 2}', "no JSON"):
            path.write_text(text)
            with self.subTest(text), self.assertRaises(ValueError):
                results.read(path)
