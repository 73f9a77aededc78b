"""scripts/costs: counts what calls cost, and compares that with the committed thresholds."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .costs import CASES, Costs
from .counting import Counter, build, versions
from .processes import ProcessFailure, interrupt_on_termination
from .programs import OURS
from .thresholds import Thresholds, costs_table

RECOUNTS = 2  # of what is over: a loss stays, and what disturbed a count goes


def say(text: str) -> None:
    """Tells whoever started the command; standard output is the table's."""
    print(f"costs: {text}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/costs",
        description="Counts instructions and allocations per call, and fails where they are over the committed thresholds.",
    )
    parser.add_argument("--update", action="store_true", help="write what is counted now into the file of thresholds")
    options = parser.parse_args()
    benchmarks = Path(__file__).resolve().parents[1]
    # Where scripts/bench builds the same package, too.
    scratch = Path(os.environ.get("SECURE_CHANNEL_BUILD_PATH", benchmarks.parent / ".build")).absolute() / "bench" / OURS
    try:
        interrupt_on_termination()
        return run(benchmarks, scratch, options.update)
    except (ProcessFailure, OSError, ValueError) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted: nothing was written")
        return 130


def run(benchmarks: Path, scratch: Path, is_update: bool) -> int:
    """The exit status: 1 if anything costs more than it may."""
    path = benchmarks / "thresholds.json"
    # Sooner than after minutes. What is updated need not be there.
    thresholds = Thresholds({}, {}) if is_update and not path.exists() else Thresholds.read(path)
    scratch.mkdir(parents=True, exist_ok=True)
    log = scratch.parent / "CallCosts.log"
    say(f"building CallCosts for release, which takes minutes the first time; its log is {log}")
    program = build(benchmarks, scratch, log)
    installed = versions(program)
    costs = {}
    with tempfile.TemporaryDirectory(prefix="call-costs-") as directory:
        counter = Counter(program, benchmarks / "Preloads", Path(directory))
        for number, case in enumerate(CASES, start=1):
            say(f"{number} of {len(CASES)}: {case.name}")
            costs[case.name] = counter.costs(case)
            for _ in range(0 if is_update else RECOUNTS):
                if not (thresholds.bind(case, installed) and thresholds.excesses(case, costs[case.name])):
                    break
                say("that is over its threshold; counting again")
                costs[case.name] = costs[case.name].least(counter.costs(case))
    print(costs_table(CASES, costs, thresholds), flush=True)
    if is_update:
        thresholds.updated(installed, costs).write(path)
        say(f"wrote {path.name}; the table compares with what was in it before")
        return 0
    return judge(thresholds, installed, costs)


def judge(thresholds: Thresholds, installed: Mapping[str, str], costs: Mapping[str, Costs]) -> int:
    """Says what is over, what is far below, and what cannot be compared. The exit status: 1 if anything binding is over."""
    binding = [case for case in CASES if thresholds.bind(case, installed)]
    for difference in thresholds.differences(installed):
        say(difference)
    if len(binding) < len(CASES):
        names = ", ".join(case.name for case in CASES if case not in binding)
        say(f"so this is a report and NO CHECK, for other versions have other costs: {names}")
    for case in CASES:
        for gain in thresholds.gains(case, costs[case.name]):
            say(gain)
    status = 0
    for case in CASES:
        for excess in thresholds.excesses(case, costs[case.name]):
            say(f"OVER: {excess}" if case in binding else f"over, and not counted as a failure: {excess}")
            if case in binding:
                status = 1
    if status == 1:
        say("calls cost more than they may")
    else:
        say(f"{len(binding)} of {len(CASES)} cases were checked, and cost no more than they may")
    return status


if __name__ == "__main__":
    sys.exit(main())
