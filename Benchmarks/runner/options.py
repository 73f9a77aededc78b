"""The command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .measuring import Duration

ROWS = ("1", "2", "3", "4", "5", "6", "7", "8")
ROUNDS = 7
SECONDS = 2.0  # of a measurement


@dataclass(frozen=True)
class Options:
    """What to measure, how long, and where to write it."""

    rounds: int
    duration: Duration
    quick: bool
    rows: tuple[str, ...] | None
    contenders: tuple[str, ...] | None
    linearity: bool
    output: Path
    build: bool
    report_only: bool
    update_readme: bool

    @property
    def is_full(self) -> bool:
        """Whether it measures everything, at full length: what the committed results are made of."""
        is_long = self.rounds >= ROUNDS and self.duration.measured >= SECONDS
        return is_long and self.rows is None and self.contenders is None and not self.quick


def parse(arguments: Sequence[str], contenders: Sequence[str], results: Path, trials: Path) -> Options:
    """Reads it. `results` is where a full run writes, `trials` where others do. Wrong usage ends with status 2."""
    parser = _parser(contenders)
    given = parser.parse_args(arguments)
    rows = None if given.rows is None else tuple(given.rows)
    if given.linearity and rows is None and given.contenders is None:
        rows = ()
    defaults = Duration(0.5, warm_up=0.1, idle=1) if given.quick else Duration(SECONDS)
    options = Options(
        rounds=given.rounds or (1 if given.quick else ROUNDS),
        duration=Duration(given.seconds or defaults.measured, defaults.warm_up, defaults.idle),
        quick=given.quick,
        rows=rows,
        contenders=None if given.contenders is None else tuple(given.contenders),
        linearity=given.linearity or (rows is None and given.contenders is None),
        output=given.output or results,
        build=not given.no_build,
        report_only=given.report_only,
        update_readme=given.update_readme,
    )
    if given.output is None and not options.is_full and not options.report_only:
        options = replace(options, output=trials)
    if options.update_readme and (given.output is not None or not (options.report_only or options.is_full)):
        parser.error(
            "--update-readme needs a full run: no --quick, --rows, --contenders, --linearity or --output,"
            f" and {ROUNDS} rounds of {SECONDS:g} s or more"
        )
    return options


def _parser(contenders: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Builds the benchmark programs, runs them in turns, and writes results.json, results.md and"
        " results.png. Without options it measures everything, which takes about half an hour. Benchmarks/README.md"
        " says what is measured, and how.",
    )
    add = parser.add_argument
    add("--rounds", type=_positive(int), metavar="N", help=f"how often everybody takes a turn ({ROUNDS})")
    add("--seconds", type=_positive(float), metavar="S", help=f"how long a turn is measured ({SECONDS:g})")
    add("--rows", type=_words(ROWS), metavar="LIST", help="which rows of the table, for example 1,2")
    add(
        "--contenders",
        type=_words(contenders),
        metavar="LIST",
        help=f"who takes part, beside those that they are compared with: {', '.join(contenders)}",
    )
    add("--linearity", action="store_true", help="how the cost of a call grows over decades; alone, without any rows")
    add("--quick", action="store_true", help="one round of 0.5 s, to try whether all works; its figures say nothing")
    add(
        "--output",
        type=Path,
        metavar="DIR",
        help="where to write; Benchmarks/results for a full run, a folder beside the builds for others",
    )
    add("--no-build", action="store_true", help="use what was built before")
    add(
        "--report-only",
        action="store_true",
        help="measure nothing: make table and plot from the results.json that is there",
    )
    add("--update-readme", action="store_true", help="put the table into README.md, between its bench marks")
    return parser


def _positive(kind: Callable[[str], float]) -> Callable[[str], float]:
    def parse_positive(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = 0
        if not 0 < value <= 10_000:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0 and up to 10,000")
        return value

    return parse_positive


def _words(known: Sequence[str]) -> Callable[[str], list[str]]:
    def parse_words(text: str) -> list[str]:
        words = [word.strip() for word in text.split(",") if word.strip()]
        for word in words or [text]:
            if word not in known:
                raise argparse.ArgumentTypeError(f"{word!r} is none of {', '.join(known)}")
        return words

    return parse_words
