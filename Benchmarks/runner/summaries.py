"""From the outcomes of a run to the documents of results.json."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from .campaign import Outcome
from .measuring import Measurement
from .ratios import Place, Spread, neighbouring_ratios, paired_ratios
from .redaction import Redaction
from .results import MeasurementDocument, RowDocument, SpreadDocument, SummaryDocument
from .rows import Row


def row_document(
    row: Row,
    outcomes: Sequence[Outcome],
    commands: dict[str, list[str]],
    redaction: Redaction,
) -> RowDocument:
    """Everything about one row; `commands` are its subjects' server and client."""
    by_subject = {
        subject.name: [outcome for outcome in outcomes if outcome.turn.subject == subject] for subject in row.subjects
    }
    ratios = _ratios(
        row, {name: _figures(taken, lambda measurement: measurement.value) for name, taken in by_subject.items()}
    )
    cpu_ratios = _ratios(row, {name: _figures(taken, _cpu) for name, taken in by_subject.items()})
    return {
        "key": row.key,
        "title": row.title,
        "unit": row.quantity.value,
        "more_is_better": row.quantity.more_is_better,
        "bars_are_ratios": row.bars_are_ratios,
        "reference": row.reference,
        "commands": commands,
        "summaries": [
            _summary(row, name, taken, ratios[name].values(), cpu_ratios[name].values())
            for name, taken in by_subject.items()
        ],
        "measurements": [
            _measurement(outcome, ratios[outcome.turn.subject.name].get(_place(outcome)), redaction)
            for outcome in outcomes
        ],
    }


def spread_document(values: Iterable[float | None]) -> SpreadDocument | None:
    """Of the values that there are."""
    spread = Spread.of([value for value in values if value is not None])
    if spread is None:
        return None
    return {
        "median": spread.median,
        "minimum": spread.minimum,
        "maximum": spread.maximum,
        "count": spread.count,
    }


def _summary(
    row: Row,
    name: str,
    taken: Sequence[Outcome],
    ratios: Iterable[float],
    cpu_ratios: Iterable[float],
) -> SummaryDocument:
    measurements = [outcome.measurement for outcome in taken]
    value = spread_document(measurement.value for measurement in measurements)
    ratio = spread_document(ratios)
    judged = ratio if row.bars_are_ratios else value
    return {
        "subject": name,
        "value": value,
        "ratio": ratio,
        "server_cpu": spread_document(measurement.server_cpu for measurement in measurements),
        "client_cpu": spread_document(measurement.client_cpu for measurement in measurements),
        "cpu_ratio": spread_document(cpu_ratios),
        "turns": len(measurements),
        "failures": sum(measurement.value is None for measurement in measurements),
        "bar": row.bars.get(name),
        "reached": row.reaches(name, judged["median"]) if judged else None,
    }


def _measurement(outcome: Outcome, ratio: float | None, redaction: Redaction) -> MeasurementDocument:
    turn, measurement = outcome.turn, outcome.measurement
    load = measurement.load
    return {
        "round": turn.round,
        "group": turn.group,
        "subject": turn.subject.name,
        "value": measurement.value,
        "ratio": ratio,
        "calls": load.calls if load else None,
        "seconds": load.seconds if load else None,
        "p50": load.p50 if load else None,
        "p99": load.p99 if load else None,
        "p999": load.p999 if load else None,
        "further": dict(load.further) if load else {},
        "server_cpu": measurement.server_cpu,
        "client_cpu": measurement.client_cpu,
        "error": None if measurement.error is None else redaction.text(measurement.error),
        "remarks": [redaction.text(remark) for remark in measurement.remarks],
    }


def _ratios(row: Row, figures: Mapping[str, Mapping[Place, float]]) -> dict[str, dict[Place, float]]:
    """Of each subject to the reference; of the reference to its own neighbouring run."""
    references = figures[row.reference]
    return {
        name: neighbouring_ratios(references) if name == row.reference else paired_ratios(of_subject, references)
        for name, of_subject in figures.items()
    }


def _figures(outcomes: Iterable[Outcome], figure: Callable[[Measurement], float | None]) -> dict[Place, float]:
    """Those that there are, by their places."""
    by_place = {_place(outcome): figure(outcome.measurement) for outcome in outcomes}
    return {place: value for place, value in by_place.items() if value is not None}


def _cpu(measurement: Measurement) -> float | None:
    if measurement.server_cpu is None or measurement.client_cpu is None:
        return None
    return measurement.server_cpu + measurement.client_cpu


def _place(outcome: Outcome) -> Place:
    return outcome.turn.round, outcome.turn.group
