"""results.json, as types: all that was measured, and what follows. Table and plot are made from nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict, cast

SCHEMA = 1


class SpreadDocument(TypedDict):
    """Over the rounds."""

    median: float
    minimum: float
    maximum: float
    count: int


class MeasurementDocument(TypedDict):
    """One turn. `group` is shared by those that are compared with the same run of the reference. Latencies are in
    microseconds, processor times in microseconds per call."""

    round: int
    group: int
    subject: str
    value: float | None
    ratio: float | None
    calls: int | None
    seconds: float | None
    p50: float | None
    p99: float | None
    p999: float | None
    further: dict[str, float]
    server_cpu: float | None
    client_cpu: float | None
    error: str | None
    remarks: list[str]


class SummaryDocument(TypedDict):
    """A subject's turns together. `bar` applies to `ratio`, or to `value` where the row's bars are no ratios.

    `cpu_ratio` is of the processor time of server and client together.
    """

    subject: str
    value: SpreadDocument | None
    ratio: SpreadDocument | None
    server_cpu: SpreadDocument | None
    client_cpu: SpreadDocument | None
    cpu_ratio: SpreadDocument | None
    turns: int
    failures: int
    bar: float | None
    reached: bool | None


class RowDocument(TypedDict):
    key: str
    title: str
    unit: str
    more_is_better: bool
    bars_are_ratios: bool
    reference: str
    commands: dict[str, list[str]]
    summaries: list[SummaryDocument]
    measurements: list[MeasurementDocument]


class PointDocument(TypedDict):
    """What one unit of work costs at one size of it: in microseconds of wall time and of each processor's time.

    `amount` is that size: a number of calls, connections, calls in flight or bytes.
    """

    label: str
    amount: float | None
    wall: SpreadDocument | None
    server_cpu: SpreadDocument | None
    client_cpu: SpreadDocument | None
    failures: int


class SweepDocument(TypedDict):
    """How the cost of a unit changes over decades. `growth` is the last point's over the cheapest one's."""

    key: str
    title: str
    unit: str
    points: dict[str, list[PointDocument]]
    growth: dict[str, dict[str, float | None]]
    linear: bool | None
    errors: list[str]


class AbsenceDocument(TypedDict):
    name: str
    reason: str


class MethodDocument(TypedDict):
    rounds: int
    seconds: float
    warm_up: float
    idle: float
    quick: bool
    pinning: str


class ResultsDocument(TypedDict):
    schema: int
    environment: dict[str, str]
    method: MethodDocument
    absent: list[AbsenceDocument]
    rows: list[RowDocument]
    linearity: list[SweepDocument]


def write(results: ResultsDocument, path: Path) -> None:
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path) -> ResultsDocument:
    """Throws ValueError if the file is none of ours."""
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise ValueError(f"{path} holds no results of schema {SCHEMA}")
    return cast(ResultsDocument, document)
