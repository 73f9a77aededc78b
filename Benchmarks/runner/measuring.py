"""One measurement: a fresh server, a fresh load generator, and what they used."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from .certificates import Certificates
from .contract import ContractViolation, Load, held_of, load_of, port_of
from .cpu import Meter
from .memory import anonymous_kibibytes
from .pinning import Pinning
from .processes import Child, Processes, ProcessFailure
from .programs import Program
from .rows import Quantity, Subject

START_LIMIT = 20.0  # seconds until a server listens
SET_UP_LIMIT = 30.0  # seconds that a load generator may take beside its measuring: a thousand handshakes, and its end


@dataclass(frozen=True)
class Duration:
    """How long one measurement takes, in seconds. `idle` is how long connections rest before memory is read."""

    measured: float
    warm_up: float = 0.3
    idle: float = 6.0


@dataclass(frozen=True)
class Measurement:
    """What came out.

    `value` is in the quantity that was asked for; without one there is an `error`. Processor times are in microseconds
    per call, the warm-up left out. `remarks` are what went wrong beside the measuring.
    """

    value: float | None = None
    load: Load | None = None
    server_cpu: float | None = None
    client_cpu: float | None = None
    error: str | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Laboratory:
    """Where measurements are made.

    Each starts its own server, so that nothing counts which an earlier one left in a heap or a cache.
    """

    programs: Mapping[str, Program]
    certificates: Certificates
    pinning: Pinning

    def measure(self, quantity: Quantity, subject: Subject, duration: Duration) -> Measurement:
        """Measures once. What fails is in the result."""
        processes = Processes()
        try:
            with processes:
                if quantity is Quantity.KIBIBYTES_PER_CONNECTION:
                    measurement = self._memory(processes, subject, duration)
                else:
                    measurement = self._speed(processes, quantity, subject, duration)
        except (ProcessFailure, ContractViolation) as failure:
            measurement = Measurement(error=str(failure))
        return replace(measurement, remarks=(*measurement.remarks, *processes.remarks))

    def server_command(self, quantity: Quantity, subject: Subject) -> list[str]:
        """What starts the subject's server on any free port; memory is measured with mutual TLS."""
        command = [str(self.programs[subject.server].path), "serve", "--port", "0", *self.certificates.server.options()]
        if quantity is Quantity.KIBIBYTES_PER_CONNECTION:
            command += self.certificates.trust()
        return self.pinning.command(self.pinning.server, [*command, *subject.serve])

    def client_command(self, subject: Subject, port: str, duration: Duration) -> list[str]:
        """What starts the subject's load generator."""
        kind = subject.work[0]
        command = [str(self.programs[subject.client].path), *subject.work, "--port", port, *self.certificates.trust()]
        if kind == "hold":
            command += self.certificates.client.options()
        else:
            command += ["--seconds", f"{duration.measured:g}"]
        if kind in ("load", "paced"):
            command += ["--warm-up", f"{duration.warm_up:g}"]
        return self.pinning.command(self.pinning.client, command)

    def _speed(self, processes: Processes, quantity: Quantity, subject: Subject, duration: Duration) -> Measurement:
        server, port = self._server(processes, quantity, subject)
        client = processes.start(f"the client of {subject.name}", self.client_command(subject, port, duration))
        meter = Meter(server, client)
        limit = SET_UP_LIMIT + 2 * (duration.warm_up + duration.measured)
        try:
            line = client.read_line(limit, meter.sample, every=min(0.1, max(0.005, duration.measured / 4)))
            meter.sample()
            load = load_of(line)
            _succeed(client)
        except (ProcessFailure, ContractViolation) as failure:
            if server.ends_within(0.2):  # its connections end a moment before itself
                raise ProcessFailure(f"{failure}; {server.failure('has ended')}") from failure
            raise
        value = load.p99 if quantity is Quantity.P99_MICROSECONDS else load.rate
        if value is None:
            raise ContractViolation("the load generator reported no p99")
        server_cpu, client_cpu = meter.microseconds_per_call(load)
        return Measurement(value, load, server_cpu, client_cpu, remarks=doubts(load, subject))

    def _memory(self, processes: Processes, subject: Subject, duration: Duration) -> Measurement:
        server, port = self._server(processes, Quantity.KIBIBYTES_PER_CONNECTION, subject)
        before = anonymous_kibibytes(server.pid)
        command = self.client_command(subject, port, duration)
        client = processes.start(f"the client of {subject.name}", command, until_input_ends=True)
        held = held_of(client.read_line(SET_UP_LIMIT))
        time.sleep(duration.idle)
        after = anonymous_kibibytes(server.pid)
        client.end_input()
        _succeed(client)  # it fails if the server closed a connection meanwhile
        if before is None or after is None:
            raise ProcessFailure("the memory of a process cannot be read here: there is no /proc/PID/smaps_rollup")
        return Measurement((after - before) / max(1, held))

    def _server(self, processes: Processes, quantity: Quantity, subject: Subject) -> tuple[Child, str]:
        server = processes.start(f"the server of {subject.name}", self.server_command(quantity, subject))
        return server, str(port_of(server.read_line(START_LIMIT)))


def doubts(load: Load, subject: Subject) -> tuple[str, ...]:
    """Why the figures of a generator that should call at fixed times may be its own, and not the server's."""
    found = []
    late = load.further.get("late", 0)
    if late > load.calls / 100:
        found.append(f"the generator was late with {late:.0f} of {load.calls} calls: the machine was too busy for it")
    wanted = subject.option("--handshakes-per-second")
    if wanted is not None:
        made, due = load.further.get("handshakes", 0), float(wanted) * load.seconds
        if made < 0.9 * due:
            found.append(f"only {made:.0f} of {due:.0f} handshakes were made beside the calls")
    return tuple(found)


def _succeed(client: Child) -> None:
    status = client.wait(SET_UP_LIMIT)
    if status != 0:
        raise client.failure(f"ended with status {status}")
