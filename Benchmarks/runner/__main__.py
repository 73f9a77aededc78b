"""scripts/bench: builds the benchmark programs, runs them in turns, and writes what came out."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from . import report, results, rows, session
from .options import parse
from .processes import ProcessFailure, interrupt_on_termination, raise_file_limit
from .programs import Workshop
from .publishing import publish, say


def main() -> int:
    repository = Path(__file__).resolve().parents[2]
    benchmarks = repository / "Benchmarks"
    build_directory = Path(os.environ.get("SECURE_CHANNEL_BUILD_PATH", repository / ".build")).absolute() / "bench"
    workshop = Workshop(benchmarks, build_directory)
    contenders = [*workshop.names(), rows.OURS_AS_SERVER, rows.OURS_AS_CLIENT]
    options = parse(sys.argv[1:], contenders, benchmarks / "results", build_directory / "results")
    readme = repository / "README.md" if options.update_readme else None
    try:
        if readme is not None:
            report.with_readme_block(readme.read_text(encoding="utf-8"), "")  # sooner than after half an hour
        if options.report_only:
            publish(results.read(options.output / "results.json"), options.output, readme)
            return 0
        interrupt_on_termination()
        raise_file_limit()
        return session.run(options, repository, workshop, readme)
    except (ProcessFailure, OSError, ValueError) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted: nothing was written")
        return 130


if __name__ == "__main__":
    sys.exit(main())
