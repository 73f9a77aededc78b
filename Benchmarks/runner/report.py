"""The tables in Markdown: results.md, and the block of the README. Made from the document of results.json alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .formatting import counted, listed, median, scaled, table, with_spread, wrapped
from .programs import FLOOR, OURS
from .results import ResultsDocument, RowDocument, SummaryDocument, SweepDocument
from .rows import OURS_AS_CLIENT, OURS_AS_SERVER, OURS_WITH_BYTES

TITLES = {
    FLOOR: "C floor",
    OURS: "ours",
    OURS_AS_SERVER: "our server, C client",
    OURS_AS_CLIENT: "C server, our client",
    OURS_WITH_BYTES: "ours, bytes",
    "aiomas": "Python aiomas",
    "go": "Go net/rpc",
    "grpc-cpp": "gRPC C++",
    "grpc-swift": "grpc-swift-2",
    "nio-ssl": "swift-nio-ssl, our frames",
    "tokio": "tokio + OpenSSL, our frames",
}

README_BLOCK = re.compile(r"(<!-- bench -->\n).*?(<!-- /bench -->)", re.DOTALL)


def title(subject: str) -> str:
    """What a subject is called in tables and plot; a peer that is new is called as its folder."""
    return TITLES.get(subject, subject)


def results_page(results: ResultsDocument, has_plot: bool) -> str:
    """results.md."""
    parts = [
        "# Results",
        "Made by `scripts/bench`; [the benchmarks' page](../README.md) says what it measures, and how.",
    ]
    parts += _summary(results, "results.png" if has_plot else None)
    parts += _processor_times(results["rows"])
    parts += _linearity(results["linearity"])
    parts += _troubles(results["rows"])
    parts += _environment(results)
    parts += _commands(results["rows"])
    return _joined(parts)


def short_page(results: ResultsDocument) -> str:
    """What is shown when a run ends."""
    parts = [*_summary(results, None), *_linearity(results["linearity"]), *_troubles(results["rows"])]
    return _joined(parts)


def readme_block(results: ResultsDocument, has_plot: bool) -> str:
    """What stands in the README between the two markers."""
    parts = _summary(results, "Benchmarks/results/results.png" if has_plot else None)
    parts.append(
        "All figures are in [results](Benchmarks/results/results.md), how they are measured in"
        " [Benchmarks](Benchmarks/README.md), and `scripts/bench` measures them anew."
    )
    return _joined(parts)


def with_readme_block(readme: str, block: str) -> str:
    """The README with its block replaced. Throws ValueError if it has none, or several."""
    if len(README_BLOCK.findall(readme)) != 1:
        raise ValueError("the README should have one line '<!-- bench -->' and, below it, one line '<!-- /bench -->'")
    return README_BLOCK.sub(lambda match: f"{match[1]}{block}{match[2]}", readme)


def _joined(parts: Sequence[str]) -> str:
    return "\n\n".join(wrapped(part) for part in parts) + "\n"


def _summary(results: ResultsDocument, plot: str | None) -> list[str]:
    rows, method = results["rows"], results["method"]
    parts = []
    if rows:
        parts.append(
            f"× is the ratio to the floor: the same work by an epoll loop in C with OpenSSL straight on the socket, in"
            f" a neighbouring run. TLS 1.3; {method['pinning']}; medians of {counted(method['rounds'], 'round')} of"
            f" {method['seconds']:g} s, in brackets the least and the most."
        )
        parts += _bars(rows)
        parts += _contenders(rows)
    if plot:
        parts.append(f"![Ratios to the floor by row, with bars and spread]({plot})")
    parts += _foot(results)
    return parts


def _bars(rows: Sequence[RowDocument]) -> list[str]:
    lines = []
    for row in rows:
        reference = _of(row, row["reference"])
        for summary in row["summaries"]:
            if summary["bar"] is None:
                continue
            is_ours = summary["subject"] == OURS
            lines.append(
                [
                    row["key"].partition("-")[0],
                    row["title"] if is_ours else f"the same: {title(summary['subject'])}",
                    median(reference["value"] if reference else None, row["unit"]),
                    (median if row["bars_are_ratios"] else with_spread)(summary["value"], row["unit"]),
                    with_spread(summary["ratio"]),
                    ("≥ " if row["more_is_better"] else "≤ ") + _bar(row, summary["bar"]),
                    {True: "yes", False: "**no**", None: "–"}[summary["reached"]],
                ]
            )
    return table(["row", "work", "floor", "ours", "×", "bar", "reached"], lines, "rlrrrrl")


def _bar(row: RowDocument, bar: float) -> str:
    return f"{bar:.2f}" if row["bars_are_ratios"] else f"{bar:g} {row['unit']}"


def _contenders(rows: Sequence[RowDocument]) -> list[str]:
    """Those rows that more than the floor and ours run, with a line for each who runs them."""
    shared = [row for row in rows if any(_is_further(summary) for summary in row["summaries"])]
    names = list(dict.fromkeys(summary["subject"] for row in shared for summary in row["summaries"]))
    lines = []
    for name in names:
        if name == FLOOR:
            continue
        cells = [_of(row, name) for row in shared]
        ratios = [with_spread(cell["ratio"] if cell else None) for cell in cells]
        lines.append([f"**{title(name)}**" if name == OURS else title(name), *ratios])
    return table(["× floor", *(row["title"] for row in shared)], lines, "l" + "r" * len(shared))


def _is_further(summary: SummaryDocument) -> bool:
    return summary["subject"] not in (FLOOR, OURS, OURS_AS_SERVER, OURS_WITH_BYTES)


def _foot(results: ResultsDocument) -> list[str]:
    environment = results["environment"]
    parts = [
        f"{environment['processor']}, {environment['cores']} cores, {environment['system']}, {environment['OpenSSL']},"
        f" Swift {environment['Swift']}, {environment['date'][:10]}."
    ]
    strays = [_of(row, row["reference"]) for row in results["rows"]]
    ratios = [summary["ratio"] for summary in strays if summary and summary["ratio"]]
    if ratios:
        least, most = min(ratio["minimum"] for ratio in ratios), max(ratio["maximum"] for ratio in ratios)
        parts.append(f"Two neighbouring runs of the floor itself were {least:.2f} to {most:.2f} of each other.")
    if results["method"]["quick"]:
        parts.append("**A quick run, for trying: these figures say nothing.**")
    for sweep in results["linearity"]:
        if sweep["linear"] is False:
            parts.append(f"**Not linear: {sweep['title']}.**")
    if results["linearity"] and all(sweep["linear"] for sweep in results["linearity"]):
        parts.append("Work grows linearly with " + listed(_subject_of(sweep) for sweep in results["linearity"]) + ".")
    for row in results["rows"]:
        for summary in row["summaries"]:
            if summary["failures"]:
                times = f"{summary['failures']} of {counted(summary['turns'], 'time')}"
                parts.append(f"**Failed {times}: {title(summary['subject'])}, row {row['key']}.**")
    if results["absent"]:
        absent = (f"{title(absence['name'])} ({_short(absence['reason'])})" for absence in results["absent"])
        parts.append("Not measured: " + "; ".join(absent) + ".")
    return [" ".join(parts)]


def _short(reason: str) -> str:
    line = reason.splitlines()[0] if reason else ""
    return line if len(line) <= 200 else line[:200] + "…"


def _subject_of(sweep: SweepDocument) -> str:
    return sweep["title"].partition(" (")[0]


def _processor_times(rows: Sequence[RowDocument]) -> list[str]:
    lines = []
    for row in rows:
        for summary in row["summaries"]:
            if summary["server_cpu"] and summary["client_cpu"]:
                lines.append(
                    [
                        row["key"],
                        title(summary["subject"]),
                        median(summary["value"], row["unit"]),
                        with_spread(summary["server_cpu"]),
                        with_spread(summary["client_cpu"]),
                        with_spread(summary["cpu_ratio"]),
                    ]
                )
    if not lines:
        return []
    return [
        "## Rates, and processor time per call",
        "Processor time is steadier than wall time where a machine is shared. × is that of server and client together,"
        " over the neighbouring run's of what the row is compared with.",
        *table(["row", "", "rate (row 8: p99)", "server, µs", "client, µs", "×"], lines, "rlrrrr"),
    ]


def _linearity(sweeps: Sequence[SweepDocument]) -> list[str]:
    if not sweeps:
        return []
    parts = [
        "## Does work grow linearly?",
        "What one unit costs, in wall time and in processor time of server and client. *Growth* is the last cost over"
        " the cheapest, so that fixed costs, which make the first ones dear, do not hide it; work that grew as the"
        " square would multiply by ten in each line. The floor shows what the machine's caches do.",
    ]
    for sweep in sweeps:
        names = list(sweep["points"])
        verdict = {True: "linear", False: "not linear", None: "not judged"}[sweep["linear"]]
        parts.append(f"### {sweep['title'][0].upper()}{sweep['title'][1:]}: {verdict}")
        unit, scale = ("ns", 1e3) if sweep["unit"] == "byte" else ("µs", 1.0)
        header = [f"{unit} a {sweep['unit']}"]
        header += [f"{title(name)}: {what}" for name in names for what in ("wall", "server", "client")]
        lines = []
        for index, point in enumerate(sweep["points"][names[0]]):
            cells = [sweep["points"][name][index] for name in names]
            costs = [cost for cell in cells for cost in (cell["wall"], cell["server_cpu"], cell["client_cpu"])]
            lines.append([_label(point["label"], cells[-1]["amount"]), *(scaled(cost, scale) for cost in costs)])
        grown = [sweep["growth"][name][key] for name in names for key in ("wall", "server_cpu", "client_cpu")]
        lines.append(["growth", *("–" if value is None else f"{value:.2f}" for value in grown)])
        parts += table(header, lines, "l" + "r" * (len(header) - 1))
        parts += [f"Failed: {error}" for error in sweep["errors"]]
    return parts


def _label(label: str, amount: float | None) -> str:
    return f"{label} ({amount:,.0f} calls)" if "time" in label and amount else label


def _troubles(rows: Sequence[RowDocument]) -> list[str]:
    lines = [
        f"- Row {row['key']}, {title(measurement['subject'])}, round {measurement['round'] + 1}: {_short(trouble)}"
        for row in rows
        for measurement in row["measurements"]
        for trouble in [*([measurement["error"]] if measurement["error"] else []), *measurement["remarks"]]
    ]
    return ["## What went wrong", "\n".join(lines)] if lines else []


def _environment(results: ResultsDocument) -> list[str]:
    lines = [[name, value] for name, value in results["environment"].items()]
    lines.append(["pinning", results["method"]["pinning"]])
    return ["## Where", *table(["", ""], lines, "ll")]


def _commands(rows: Sequence[RowDocument]) -> list[str]:
    lines = [f"{row['key']:<9} {command}" for row in rows for command in row["commands"].get(OURS, [])]
    if not lines:
        return []
    return [
        "## Commands",
        "Our server's and its client's, by row; everyone else's are the same words to another program, and in"
        " results.json.",
        "```\n" + "\n".join(lines) + "\n```",
    ]


def _of(row: RowDocument, subject: str) -> SummaryDocument | None:
    return next((summary for summary in row["summaries"] if summary["subject"] == subject), None)
