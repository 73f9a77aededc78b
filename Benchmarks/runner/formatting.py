"""Numbers as text, and tables in Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from .results import SpreadDocument


def median(spread: SpreadDocument | None, unit: str) -> str:
    """With its unit."""
    if spread is None:
        return "–"
    return f"{number(spread['median'])}{'/s' if unit.endswith('/s') else ' ' + unit}"


def with_spread(spread: SpreadDocument | None, unit: str = "") -> str:
    """The median, and in brackets the least and the most."""
    if spread is None:
        return "–"
    unit = f" {unit}" if unit else ""
    range_of_all = f" ({number(spread['minimum'])}–{number(spread['maximum'])})" if spread["count"] > 1 else ""
    return f"{number(spread['median'])}{unit}{range_of_all}"


def scaled(spread: SpreadDocument | None, scale: float) -> str:
    """The median in another unit."""
    return "–" if spread is None else number(spread["median"] * scale)


def number(value: float) -> str:
    """With as many places as a reader can use: 412,300 and 21.3 and 0.96 and 0.011."""
    if abs(value) >= 10_000:
        return f"{round(value, -2):,.0f}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    if abs(value) >= 0.1 or value == 0:
        return f"{value:.2f}"
    return f"{value:#.2g}"


def counted(count: int, noun: str) -> str:
    """1 round, 7 rounds."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(words: Iterable[str]) -> str:
    """This, that and another."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def wrapped(paragraph: str) -> str:
    """Prose in lines of the width that this repository's Markdown has; what is no prose as it is."""
    if paragraph.startswith(("|", "#", "`", "!", "-")):
        return paragraph
    return textwrap.fill(paragraph, width=128, break_long_words=False, break_on_hyphens=False)


def table(header: Sequence[str], lines: Sequence[Sequence[str]], alignment: str) -> list[str]:
    """A table as a paragraph; none if there are no lines. `alignment` has an l or an r for each column."""
    if not lines:
        return []
    rule = ["---:" if letter == "r" else "---" for letter in alignment]
    cells = [header, rule, *lines]
    return ["\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in cells)]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
