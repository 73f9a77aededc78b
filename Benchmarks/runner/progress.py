"""Where a run is: one line that changes on a terminal, a line for each step elsewhere."""

from __future__ import annotations

import shutil
import time
from typing import TextIO


class Progress:
    """Shows steps of which each is expected to take some seconds, and from what they took, how much time is left."""

    def __init__(self, stream: TextIO, expected: float, steps: int) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._expected = expected
        self._expected_so_far = 0.0
        self._steps = steps
        self._step = 0
        self._begin = time.monotonic()
        self._what = self._last = ""
        self._drawn = False

    def begin(self, what: str) -> None:
        """A step begins: `what` says which."""
        self._step += 1
        self._what = what
        if self._is_terminal:
            last = f" · last: {self._last}" if self._last else ""
            self._draw(f"[{self._step}/{self._steps}] {self.time_left()} left · {what}{last}")

    def end(self, outcome: str, expected: float) -> None:
        """The step is done, and had been expected to take so many seconds."""
        self._expected_so_far += expected
        self._last = outcome
        if not self._is_terminal:
            self._print(f"[{self._step}/{self._steps}] {self.time_left()} left · {self._what}: {outcome}")

    def note(self, text: str) -> None:
        """A line that stays."""
        self.clear()
        self._print(text)

    def clear(self) -> None:
        """Takes the changing line away."""
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._drawn = False

    def time_left(self, now: float | None = None) -> str:
        """As minutes and seconds; steps to come are expected to be late as those before were."""
        left = self._expected - self._expected_so_far
        if self._expected_so_far > 0:
            elapsed = (time.monotonic() if now is None else now) - self._begin
            left *= elapsed / self._expected_so_far
        return f"{int(max(0, left)) // 60}:{int(max(0, left)) % 60:02d}"

    def _draw(self, line: str) -> None:
        width = shutil.get_terminal_size().columns
        if len(line) >= width:
            line = line[: max(0, width - 2)] + "…"
        self._stream.write(f"\r\x1b[K{line}")
        self._stream.flush()
        self._drawn = True

    def _print(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()
