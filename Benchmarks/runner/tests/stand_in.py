"""A program that follows the contract without TLS and without work, or breaks it as its first argument says.

usage: stand_in.py BEHAVIOUR RATE SUB-COMMAND [--option value]...
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import time


def serve(behaviour: str) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN if behaviour == "stubborn-server" else lambda *_: sys.exit(0))
    if behaviour == "failing-server":
        sys.exit("stand-in: the server cannot serve")
    if behaviour == "silent-server":
        time.sleep(60)
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print("ready" if behaviour == "babbling-server" else f"listening {listener.getsockname()[1]}", flush=True)
    held = []
    heap = []
    while True:
        held.append(listener.accept()[0])
        heap.append(bytearray(8192))  # what a connection costs
        if behaviour == "dying-server":
            sys.exit("stand-in: the server dies")


def load(behaviour: str, rate: float, options: dict[str, str]) -> None:
    connections = [
        socket.create_connection(("127.0.0.1", int(options["--port"])))
        for _ in range(int(options.get("--connections", "1")))
    ]
    if behaviour == "failing-client":
        sys.exit("stand-in: the client cannot call")
    if behaviour == "sleeping-client":
        time.sleep(60)
    if behaviour == "dying-server":
        connections[0].recv(1)
        sys.exit("stand-in: the connection was closed")
    seconds = float(options["--seconds"])
    time.sleep(seconds)
    figures = {
        "calls": max(1, int(rate * seconds)),
        "seconds": seconds,
        "p50": 1e6 / rate,
        "p99": 2e6 / rate,
        "p999": 3e6 / rate,
    }
    print("nothing" if behaviour == "babbling-client" else json.dumps(figures), flush=True)
    sys.exit(1 if behaviour == "late-failure" else 0)


def hold(options: dict[str, str]) -> None:
    count = int(options["--connections"])
    connections = [socket.create_connection(("127.0.0.1", int(options["--port"]))) for _ in range(count)]
    print(f"holding {len(connections)}", flush=True)
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass


def main() -> None:
    behaviour, rate, command, *words = sys.argv[1:]
    options = dict(zip(words[::2], words[1::2]))
    if command == "serve":
        serve(behaviour)
    elif command == "hold":
        hold(options)
    else:
        load(behaviour, float(rate), options)


if __name__ == "__main__":
    main()
