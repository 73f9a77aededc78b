"""Which core the server keeps to, and which the client."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Pinning:
    """The cores that server and client keep to, and what a reader of the figures has to know of them."""

    server: int | None
    client: int | None
    remark: str

    @classmethod
    def of_this_machine(cls) -> Pinning:
        """The first two cores that this process may use: 0 and 1, except in a container that was given others."""
        if shutil.which("taskset") is None:
            return cls(None, None, "not pinned to cores: there is no taskset here")
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < 2:
            return cls(None, None, "server and client share the only core there is")
        server, client = cores[:2]
        remark = f"server on core {server}, client on core {client}"
        if str(client) in _siblings(server):
            remark += ", which are two threads of one physical core"
        return cls(server, client, remark)

    @staticmethod
    def command(core: int | None, command: Sequence[str]) -> list[str]:
        """`command`, kept to `core`."""
        return list(command) if core is None else ["taskset", "-c", str(core), *command]


def _siblings(core: int) -> list[str]:
    try:
        text = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list").read_text().strip()
    except OSError:
        return []
    siblings: list[str] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first.isdigit() and (last or first).isdigit():
            siblings += [str(number) for number in range(int(first), int(last or first) + 1)]
    return siblings
