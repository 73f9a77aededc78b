"""A whole run: builds, measures in turns, and says what came out."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import campaign, environment, linearity, report, results, rows
from .campaign import Outcome, Turn
from .certificates import Certificates
from .linearity import Finding, Trial
from .measuring import Laboratory
from .options import Options
from .pinning import Pinning
from .programs import FLOOR, OURS, Absence, Program, Workshop
from .progress import Progress
from .publishing import publish, say
from .redaction import Redaction
from .results import ResultsDocument, RowDocument
from .rows import Row
from .summaries import row_document


@dataclass
class Harvest:
    """What has been measured so far: all of it, unless the run was interrupted."""

    outcomes: list[Outcome] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def has_own_failures(self) -> bool:
        """Whether the floor or ours failed anywhere. What a peer does is in the table, and is not our failure."""
        own = {FLOOR, OURS}
        measurements = [finding.measurement for finding in self.findings]
        measurements += [
            outcome.measurement
            for outcome in self.outcomes
            if {outcome.turn.subject.server, outcome.turn.subject.client} <= own
        ]
        return any(measurement.value is None for measurement in measurements)


def run(options: Options, repository: Path, workshop: Workshop, readme: Path | None) -> int:
    """Measures what `options` ask for, prints the tables, writes the files; returns the exit status."""
    surroundings = environment.describe(repository)
    surroundings["load average before"] = environment.load_average()
    peers = [name for name in workshop.names() if name not in (FLOOR, OURS)]
    wanted = rows.choose(rows.all_rows(peers), options.rows, options.contenders)
    programs, absent = _gather(workshop, _needed(wanted, options, workshop), options.build)
    if FLOOR not in programs:
        say("without the floor there is nothing to compare with")
        return 1
    wanted = rows.present(wanted, programs)
    trials = linearity.plan(options.rounds) if options.linearity and OURS in programs else []
    if not wanted and not trials:
        say("there is nothing left to measure")
        return 1

    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        laboratory = Laboratory(programs, Certificates.make(Path(directory)), Pinning.of_this_machine())
        redaction = _redaction(repository, workshop.directory, Path(directory), programs)
        turns = campaign.plan(wanted, options.rounds)
        harvest = Harvest()
        was_interrupted = False
        try:
            _measure(laboratory, turns, trials, options, harvest)
        except KeyboardInterrupt:
            was_interrupted = True
        surroundings["load average after"] = environment.load_average()
        document: ResultsDocument = {
            "schema": results.SCHEMA,
            "environment": surroundings,
            "method": {
                "rounds": options.rounds,
                "seconds": options.duration.measured,
                "warm_up": options.duration.warm_up,
                "idle": options.duration.idle,
                "quick": options.quick,
                "pinning": laboratory.pinning.remark,
            },
            "absent": [{"name": absence.name, "reason": redaction.text(absence.reason)} for absence in absent],
            "rows": _row_documents(wanted, harvest.outcomes, laboratory, options, redaction),
            "linearity": linearity.documents(harvest.findings, redaction),
        }

    print(report.short_page(document))
    if was_interrupted:
        say("interrupted: nothing was written")
        return 130
    publish(document, options.output, readme)
    return 1 if harvest.has_own_failures or any(absence.name == OURS for absence in absent) else 0


def _needed(wanted: Sequence[Row], options: Options, workshop: Workshop) -> list[str]:
    """The programs that take part, in the order in which they are built."""
    needed = {FLOOR, *({OURS} if options.linearity else ())}
    needed |= {name for row in wanted for subject in row.subjects for name in (subject.server, subject.client)}
    return [name for name in workshop.names() if name in needed]


def _gather(workshop: Workshop, names: Sequence[str], builds: bool) -> tuple[dict[str, Program], list[Absence]]:
    programs: dict[str, Program] = {}
    absent: list[Absence] = []
    for name in names:
        if builds:
            say(f"building {name}; what it says goes into {workshop.log(name)}")
        found = workshop.build(name) if builds else workshop.find(name)
        if isinstance(found, Program):
            programs[name] = found
        else:
            absent.append(found)
            say(f"{name} is skipped: {found.reason}")
    return programs, absent


def _measure(
    laboratory: Laboratory,
    turns: Sequence[Turn],
    trials: Sequence[Trial],
    options: Options,
    harvest: Harvest,
) -> None:
    duration = options.duration
    expected = sum(campaign.expected_seconds(turn.row.quantity, duration) for turn in turns)
    expected += linearity.expected(trials, duration)
    steps = len(turns) + len(trials)
    time_needed = f"{expected:.0f} s" if expected < 90 else f"{expected / 60:.0f} min"
    say(f"{steps} measurements, about {time_needed}; {laboratory.pinning.remark}")
    progress = Progress(sys.stderr, expected, steps)
    try:
        for outcome in campaign.run(laboratory, turns, options.rounds, duration, progress):
            harvest.outcomes.append(outcome)
        for finding in linearity.run(laboratory, trials, duration, progress):
            harvest.findings.append(finding)
    finally:
        progress.clear()


def _row_documents(
    wanted: Sequence[Row],
    outcomes: Sequence[Outcome],
    laboratory: Laboratory,
    options: Options,
    redaction: Redaction,
) -> list[RowDocument]:
    documents = []
    for row in wanted:
        of_row = [outcome for outcome in outcomes if outcome.turn.row.key == row.key]
        commands = {
            subject.name: [
                redaction.command(laboratory.server_command(row.quantity, subject)),
                redaction.command(laboratory.client_command(subject, "PORT", options.duration)),
            ]
            for subject in row.subjects
        }
        documents.append(row_document(row, of_row, commands, redaction))
    return documents


def _redaction(
    repository: Path,
    builds: Path,
    certificates: Path,
    programs: Mapping[str, Program],
) -> Redaction:
    names = {Path.home(): "~", repository: "swift-secure-channel", builds: "builds", certificates: "certificates"}
    names.update({program.path: name for name, program in programs.items()})
    return Redaction(names)
