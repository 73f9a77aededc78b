"""The processor time of server and client within the time that was measured."""

from __future__ import annotations

import time
from typing import NamedTuple

from .contract import Load
from .processes import Child

SHORTEST = 0.02  # seconds of measuring: in less, what lies between two samples is a guess


class Sample(NamedTuple):
    """What two processes had used at a time."""

    time: float
    server: float
    client: float


class Meter:
    """Reads both clocks now and then, since only the load generator knows when measuring begins: at its end it says how
    long it took, and what was used until the beginning is read off between two samples."""

    def __init__(self, server: Child, client: Child) -> None:
        self._server = server
        self._client = client
        self._samples: list[Sample] = []

    def sample(self) -> None:
        server, client = self._server.cpu_seconds(), self._client.cpu_seconds()
        if server is not None and client is not None:
            self._samples.append(Sample(time.monotonic(), server, client))

    def microseconds_per_call(self, load: Load) -> tuple[float | None, float | None]:
        """Server's and client's, of the `load` whose end is the last sample."""
        return microseconds_per_call(self._samples, load)


def microseconds_per_call(samples: list[Sample], load: Load) -> tuple[float | None, float | None]:
    """None without samples from before, or of too short a time."""
    if not samples or load.seconds < SHORTEST:
        return None, None
    end = samples[-1]
    begin = interpolated(samples, end.time - load.seconds)
    if begin is None:
        return None, None
    return (end.server - begin.server) / load.calls * 1e6, (end.client - begin.client) / load.calls * 1e6


def interpolated(samples: list[Sample], moment: float) -> Sample | None:
    """What both had used at `moment`; None before the first sample."""
    for earlier, later in zip(samples, samples[1:]):
        if earlier.time <= moment <= later.time and earlier.time < later.time:
            share = (moment - earlier.time) / (later.time - earlier.time)
            return Sample(
                moment,
                earlier.server + share * (later.server - earlier.server),
                earlier.client + share * (later.client - earlier.client),
            )
    return None
