"""The rows of the table: what work is done, who does it, and how good it has to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from .programs import FLOOR, OURS

OURS_AS_SERVER = "ours-server"  # under the floor's load generator
OURS_AS_CLIENT = "ours-client"  # against the floor's server
OURS_WITH_BYTES = "ours-bytes"  # row 2's work, as the neighbour of row 7's

CONNECTIONS = 1_000
PACED = ("paced", "--calls-per-second", "5000", "--connections", "50", "--handshakes-per-second", "200")


class Quantity(Enum):
    """What a row measures, and so which of its figures is the one to compare."""

    CALLS_PER_SECOND = "calls/s"
    HANDSHAKES_PER_SECOND = "handshakes/s"
    P99_MICROSECONDS = "µs"
    KIBIBYTES_PER_CONNECTION = "KiB"

    @property
    def more_is_better(self) -> bool:
        return self in (Quantity.CALLS_PER_SECOND, Quantity.HANDSHAKES_PER_SECOND)


@dataclass(frozen=True)
class Subject:
    """A server and a load generator, and what they are told: what takes turns within a row.

    Its name is the program's where both are the same program; it is what `--contenders` takes.
    """

    name: str
    server: str
    client: str
    work: tuple[str, ...]
    serve: tuple[str, ...] = ()

    def option(self, name: str) -> str | None:
        """What the load generator is told by this option."""
        return self.work[self.work.index(name) + 1] if name in self.work else None


@dataclass(frozen=True)
class Row:
    """One line of the table.

    `bars` say by subject what its median has to reach: of its ratios to the reference, or in the quantity itself where
    `bars_are_ratios` is false.
    """

    key: str
    title: str
    quantity: Quantity
    reference: str
    subjects: tuple[Subject, ...]
    bars: Mapping[str, float] = field(default_factory=dict)
    bars_are_ratios: bool = True
    most_rounds: int | None = None

    def subject(self, name: str) -> Subject:
        """The one of that name."""
        return next(subject for subject in self.subjects if subject.name == name)

    def reaches(self, subject: str, median: float) -> bool | None:
        """Whether it is good enough; None where there is no bar."""
        bar = self.bars.get(subject)
        if bar is None:
            return None
        return median >= bar if self.quantity.more_is_better else median <= bar


def load(size: int, in_flight: int, connections: int = 1, content: str = "bytes") -> tuple[str, ...]:
    """The sub-command `load` with the options that make up the work."""
    work = ("load", "--size", str(size), "--in-flight", str(in_flight), "--connections", str(connections))
    return work if content == "bytes" else (*work, "--content", content)


def all_rows(peers: Sequence[str]) -> list[Row]:
    """Every row, with those of `peers` in the rows that they run."""
    return [
        _against_everyone("1", "64 B, one at a time", load(64, 1), peers, ours=0.95, our_server=0.95),
        _against_everyone("2", "64 B, 64 in flight", load(64, 64), peers, ours=0.80, our_server=0.85),
        _against_everyone("3", "1 MiB, one at a time", load(1 << 20, 1), peers, ours=0.95, our_server=0.95),
        Row(
            key="4",
            title="64 B on 1,000 connections, one in flight on each",
            quantity=Quantity.CALLS_PER_SECOND,
            reference=FLOOR,
            subjects=_both(load(64, 1, CONNECTIONS)),
            bars={OURS: 0.85},
        ),
        Row(
            key="5",
            title="full handshakes, with one echo each",
            quantity=Quantity.HANDSHAKES_PER_SECOND,
            reference=FLOOR,
            subjects=_both(("handshakes",)),
            bars={OURS: 0.95},
        ),
        _memory("6", "server's memory per idle connection, mutual TLS", bar=30),
        _memory("6-silent", "the same of one that never said hello", bar=5, silent=True),
        Row(
            key="7",
            title="a record of 8 fields, 64 in flight, × our own row 2",
            quantity=Quantity.CALLS_PER_SECOND,
            reference=OURS_WITH_BYTES,
            subjects=(
                Subject(OURS_WITH_BYTES, OURS, OURS, load(64, 64)),
                Subject(OURS, OURS, OURS, load(64, 64, content="record"), serve=("--content", "record")),
            ),
            bars={OURS: 0.5},
        ),
        Row(
            key="8",
            title="p99 of 5,000 calls/s beside 200 handshakes/s",
            quantity=Quantity.P99_MICROSECONDS,
            reference=FLOOR,
            subjects=_servers(PACED),
            bars={OURS: 1.5},
        ),
    ]


def choose(rows: Sequence[Row], keys: Sequence[str] | None, contenders: Sequence[str] | None) -> list[Row]:
    """The rows of these numbers, with these subjects and the reference that they are compared with."""
    chosen = []
    for row in rows:
        if keys is not None and row.key.split("-")[0] not in keys:
            continue
        subjects = tuple(
            subject
            for subject in row.subjects
            if contenders is None or subject.name in contenders or subject.name == row.reference
        )
        is_wanted = contenders is None or any(subject.name in contenders for subject in subjects)
        if is_wanted:
            chosen.append(_with_subjects(row, subjects))
    return chosen


def present(rows: Sequence[Row], programs: Mapping[str, object]) -> list[Row]:
    """The subjects whose programs are all there, and the rows where that leaves something to compare."""
    chosen = []
    for row in rows:
        subjects = tuple(subject for subject in row.subjects if {subject.server, subject.client} <= programs.keys())
        has_reference = any(subject.name == row.reference for subject in subjects)
        if has_reference and len(subjects) >= min(2, len(row.subjects)):
            chosen.append(_with_subjects(row, subjects))
    return chosen


def _against_everyone(
    key: str, title: str, work: tuple[str, ...], peers: Sequence[str], ours: float, our_server: float
) -> Row:
    return Row(
        key=key,
        title=title,
        quantity=Quantity.CALLS_PER_SECOND,
        reference=FLOOR,
        subjects=(
            *_both(work),
            Subject(OURS_AS_SERVER, OURS, FLOOR, work),
            Subject(OURS_AS_CLIENT, FLOOR, OURS, work),
            *(Subject(peer, peer, peer, work) for peer in peers),
        ),
        bars={OURS: ours, OURS_AS_SERVER: our_server},
    )


def _memory(key: str, title: str, bar: float, silent: bool = False) -> Row:
    return Row(
        key=key,
        title=title,
        quantity=Quantity.KIBIBYTES_PER_CONNECTION,
        reference=FLOOR,
        subjects=_servers(("hold", "--connections", str(CONNECTIONS), "--silent", "yes" if silent else "no")),
        bars={OURS: bar},
        bars_are_ratios=False,
        most_rounds=3,  # bytes do not stray as times do
    )


def _both(work: tuple[str, ...]) -> tuple[Subject, ...]:
    return tuple(Subject(name, name, name, work) for name in (FLOOR, OURS))


def _servers(work: tuple[str, ...]) -> tuple[Subject, ...]:
    """Each server under the floor's generator."""
    return tuple(Subject(name, name, FLOOR, work) for name in (FLOOR, OURS))


def _with_subjects(row: Row, subjects: tuple[Subject, ...]) -> Row:
    return replace(row, subjects=subjects)
