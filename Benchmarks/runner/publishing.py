"""Writes what a run leaves: results.json, results.md, results.png, and the block in the README."""

from __future__ import annotations

import sys
from pathlib import Path

from . import plot, report, results
from .results import ResultsDocument


def say(text: str) -> None:
    """Tells whoever started the command; standard output is the table's."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def publish(document: ResultsDocument, directory: Path, readme: Path | None) -> None:
    """Writes the files into `directory`, and the table into `readme` if there is one to change.

    Throws ValueError if that should take the figures of a quick run.
    """
    if readme is not None and document["method"]["quick"]:
        raise ValueError("the figures of a quick run do not belong into the README")
    directory.mkdir(parents=True, exist_ok=True)
    results.write(document, directory / "results.json")
    has_plot = _draw(document, directory / "results.png")
    (directory / "results.md").write_text(report.results_page(document, has_plot), encoding="utf-8")
    say(f"results.json, results.md{' and results.png' if has_plot else ''} are in {directory}")
    if readme is not None:
        block = report.readme_block(document, has_plot)
        readme.write_text(report.with_readme_block(readme.read_text(encoding="utf-8"), block), encoding="utf-8")
        say(f"the table is in {readme.name}")


def _draw(document: ResultsDocument, picture: Path) -> bool:
    try:
        plot.draw(document, picture)
    except plot.NoPlot as reason:
        picture.unlink(missing_ok=True)  # an older run's would be taken for this one's
        say(f"no plot: {reason}")
        return False
    return True
