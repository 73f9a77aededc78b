"""The picture: each row's ratios to the floor on a logarithmic axis, with bars to reach and spread.

The only part that needs matplotlib.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .formatting import counted, median, number
from .programs import OURS
from .report import title
from .results import ResultsDocument, RowDocument, SpreadDocument
from .rows import OURS_AS_CLIENT, OURS_AS_SERVER

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Of Okabe and Ito's palette, told apart by all kinds of colour vision; each bar bears its name, too.
OWN, HALF_OWN, OTHER, BAR = "#0072B2", "#56B4E9", "#B3B3B3", "#D55E00"
INK = "#222222"


class NoPlot(Exception):
    """Nothing to draw, or nothing to draw with."""


@dataclass(frozen=True)
class Stroke:
    """One horizontal bar. `text` is its figure."""

    name: str
    text: str
    ratio: SpreadDocument
    colour: str
    bar: float | None


@dataclass(frozen=True)
class Group:
    """The bars of one row of the table."""

    title: str
    strokes: tuple[Stroke, ...]


def draw(results: ResultsDocument, path: Path) -> None:
    """Writes the PNG. Throws NoPlot without matplotlib or without ratios."""
    higher = groups([row for row in results["rows"] if row["more_is_better"]])
    lower = groups([row for row in results["rows"] if not row["more_is_better"]])
    panels = [(drawn, word) for drawn, word in ((higher, "more"), (lower, "less")) if drawn]
    if not panels:
        raise NoPlot("there are no ratios to draw")
    try:
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as pyplot
    except ImportError as error:
        raise NoPlot(f"there is no matplotlib for this Python ({error})") from error

    heights = [_height(drawn) for drawn, _ in panels]
    pyplot.rcParams.update({"font.size": 9, "text.color": INK, "axes.labelcolor": INK, "ytick.color": INK})
    figure, axes = pyplot.subplots(
        len(panels),
        1,
        figsize=(9, 0.21 * sum(heights) + 0.75 * len(panels) + 0.4),
        gridspec_kw={"height_ratios": heights},
        squeeze=False,
        layout="constrained",
    )
    for axis, (drawn, word) in zip(axes[:, 0], panels):
        _panel(axis, drawn, f"× the floor, {word} is better")
    figure.suptitle(_heading(results), fontsize=9, x=0.01, ha="left")
    figure.savefig(path, dpi=150, facecolor="white")
    pyplot.close(figure)


def _heading(results: ResultsDocument) -> str:
    method, environment = results["method"], results["environment"]
    rounds = counted(method["rounds"], "round")
    return (
        f"TLS 1.3, {method['pinning']}; median of {rounds} of {method['seconds']:g} s, whiskers: least and most\n"
        f"black line: the floor; orange mark: the bar to reach\n"
        f"{environment['processor']}, {environment['OpenSSL']}, Swift {environment['Swift']},"
        f" {environment['date'][:10]}"
    )


def groups(rows: Sequence[RowDocument]) -> list[Group]:
    """What is drawn of these rows."""
    drawn = []
    for row in rows:
        strokes = tuple(
            Stroke(
                name=title(summary["subject"]),
                text=number(summary["ratio"]["median"])
                if row["bars_are_ratios"]
                else median(summary["value"], row["unit"]),
                ratio=summary["ratio"],
                colour=_colour(summary["subject"]),
                bar=_bar(row, summary["bar"]),
            )
            for summary in row["summaries"]
            if summary["subject"] != row["reference"] and summary["ratio"] and summary["ratio"]["median"] > 0
        )
        if strokes:
            drawn.append(Group(f"{row['key'].partition('-')[0]}  {row['title']}", strokes))
    return drawn


def _bar(row: RowDocument, bar: float | None) -> float | None:
    """Where it lies on an axis of ratios: one in KiB, over what the floor takes."""
    if bar is None or row["bars_are_ratios"]:
        return bar
    for summary in row["summaries"]:
        if summary["subject"] == row["reference"] and summary["value"]:
            return bar / summary["value"]["median"]
    return None


def _colour(subject: str) -> str:
    if subject == OURS:
        return OWN
    return HALF_OWN if subject in (OURS_AS_SERVER, OURS_AS_CLIENT) else OTHER


def _height(drawn: Sequence[Group]) -> float:
    """In lines: a heading, the bars, and half a line of space for each group."""
    return sum(len(group.strokes) + 1.5 for group in drawn)


def _panel(axis: Axes, drawn: Sequence[Group], label: str) -> None:
    line = 0.0
    ticks: list[float] = []
    names: list[str] = []
    least = min(stroke.ratio["minimum"] for group in drawn for stroke in group.strokes)
    most = max([1.0] + [stroke.ratio["maximum"] for group in drawn for stroke in group.strokes])
    most = max([most] + [stroke.bar for group in drawn for stroke in group.strokes if stroke.bar])
    left, right = min(0.5, least / 1.5), most * 1.1
    right *= (right / left) ** 0.09  # room for the figures
    for group in drawn:
        heading = axis.text(left, line, f" {group.title}", va="center", ha="left", fontweight="bold")
        heading.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1})
        for stroke in group.strokes:
            line += 1
            ticks.append(line)
            names.append(stroke.name)
            _stroke(axis, line, left, stroke)
        line += 1.5
    axis.set_xscale("log")
    axis.set_xlim(left, right)
    axis.set_ylim(line - 0.6, -0.8)
    axis.set_yticks(ticks, names)
    axis.tick_params(axis="y", length=0)
    marks = [
        mark for mark in (0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if left <= mark <= right
    ]
    axis.set_xticks(marks, [f"{mark:g}" for mark in marks])
    axis.set_xticks([], minor=True)
    axis.set_xlabel(label)
    axis.axvline(1, color=INK, linewidth=1)
    axis.grid(axis="x", color="#DDDDDD", linewidth=0.6)
    axis.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)


def _stroke(axis: Axes, line: float, left: float, stroke: Stroke) -> None:
    ratio = stroke.ratio
    middle = ratio["median"]
    axis.barh(line, middle - left, left=left, height=0.72, color=stroke.colour)
    whiskers = [[middle - ratio["minimum"]], [ratio["maximum"] - middle]]
    if ratio["count"] > 1:
        axis.errorbar(middle, line, xerr=whiskers, color=INK, linewidth=1, capsize=2.5)
    if stroke.bar is not None:
        axis.plot([stroke.bar] * 2, [line - 0.46, line + 0.46], color=BAR, linewidth=2.5, solid_capstyle="butt")
    axis.annotate(
        stroke.text,
        (1, line),
        (0, 0),
        xycoords=axis.get_yaxis_transform(),
        textcoords="offset points",
        va="center",
        ha="right",
        fontsize=8,
    )
