from __future__ import annotations

import copy
import importlib.util
import unittest
from unittest import mock

from .. import plot
from .places import DirectoryTestCase
from .test_report import RESULTS


class PlotTests(DirectoryTestCase):
    """The picture."""

    def setUp(self) -> None:
        super().setUp()
        self.picture = self.directory / "results.png"

    @unittest.skipUnless(importlib.util.find_spec("matplotlib"), "there is no matplotlib for this Python")
    def test_it_is_a_png(self) -> None:
        plot.draw(RESULTS, self.picture)
        self.assertEqual(self.picture.read_bytes()[:8], b"\x89PNG\r\n\x1a\n")

    def test_without_ratios_there_is_none_and_the_reason_is_told(self) -> None:
        empty = copy.deepcopy(RESULTS)
        empty["rows"] = []
        with self.assertRaisesRegex(plot.NoPlot, "no ratios"):
            plot.draw(empty, self.picture)

    def test_without_matplotlib_there_is_none_and_the_reason_is_told(self) -> None:
        with mock.patch.dict("sys.modules", {"matplotlib": None}):
            with self.assertRaisesRegex(plot.NoPlot, "no matplotlib"):
                plot.draw(RESULTS, self.picture)
        self.assertFalse(self.picture.exists())

    def test_the_bar_of_a_row_in_kib_lies_at_its_ratio_to_the_floor(self) -> None:
        groups = plot.groups(RESULTS["rows"])
        self.assertEqual([group.title for group in groups], ["1  64 B, one at a time", "6  memory of a connection"])
        self.assertEqual([stroke.bar for stroke in groups[1].strokes], [30 / 25])
        self.assertEqual([stroke.text for stroke in groups[1].strokes], ["28.2 KiB"])

    def test_who_failed_in_every_round_is_left_out(self) -> None:
        failing = copy.deepcopy(RESULTS)
        failing["rows"][0]["summaries"][3].update({"failures": 7, "value": None, "ratio": None})
        names = [stroke.name for stroke in plot.groups(failing["rows"])[0].strokes]
        self.assertEqual(names, ["ours", "our server, C client"])
