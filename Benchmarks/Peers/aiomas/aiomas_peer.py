"""Python's aiomas 2.0.1: its channel over TLS 1.3, which ours succeeds. Build: ./build OUTPUT_DIRECTORY

aiomas's own TLS contexts speak TLS 1.2 only, so that these are made here; its JSON cannot carry bytes, and its MsgPack
does not work with msgpack 1.0 or newer, so that the codec is a subclass of it. The wire is then that of our channel.
"""
import argparse
import asyncio
import contextlib
import signal
import ssl
import sys
import time

import aiomas
import msgpack

from histogram import Histogram

PATIENCE = 10  # seconds for connecting, and for the last replies


class MsgPack(aiomas.MsgPack):
    """aiomas's codec, decoding as msgpack 1.0 wants to be asked."""

    def decode(self, data):
        return msgpack.unpackb(data, object_hook=self.deserialize_obj, use_list=False, raw=False)


def readable(path):
    """The path, once it was opened: ssl's own error does not name it."""
    with open(path, 'rb'):
        return path


def server_context(certificate, private_key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0
    context.load_cert_chain(readable(certificate), readable(private_key))
    return context


def client_context(trust_roots):
    # Python lets no cipher suite of TLS 1.3 be chosen: OpenSSL's first one is AES-256-GCM.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(readable(trust_roots))
    return context


async def close_all(channels):
    with contextlib.suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(1):
            for channel in list(channels):
                await channel.close()


async def serve(options):
    channels = set()

    async def echo(channel):
        channels.add(channel)
        with contextlib.suppress(ConnectionError):
            while True:
                request = await channel.recv()
                await request.reply(request.content)
        channels.remove(channel)

    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    context = server_context(options.certificate, options.private_key)
    server = await aiomas.channel.start_server(('127.0.0.1', options.port), echo, codec=MsgPack, ssl=context)
    print('listening', server.sockets[0].getsockname()[1], flush=True)
    await stop.wait()
    server.close()
    await close_all(channels)


class Load:
    """Calls without a pause on its channels, and what is measured of them."""

    def __init__(self, options):
        self.content = bytes(index % 256 for index in range(options.size))
        self.begin = time.perf_counter_ns() + round(options.warm_up * 1e9)
        self.end = self.begin + round(options.seconds * 1e9)
        self.latencies = Histogram()

    async def run(self, channels, in_flight):
        timeout = (self.end - time.perf_counter_ns()) / 1e9 + PATIENCE
        try:
            async with asyncio.timeout(timeout), asyncio.TaskGroup() as group:
                for channel in channels:
                    for _ in range(in_flight):
                        group.create_task(self.call(channel))
        except TimeoutError:
            raise TimeoutError(f'replies did not come within {PATIENCE} seconds') from None

    async def call(self, channel):
        begun = time.perf_counter_ns()
        while begun < self.end:
            reply = await channel.send(self.content)
            if len(reply) != len(self.content):
                raise ValueError(f'the reply has {len(reply)} bytes, and {len(self.content)} were sent')
            now = time.perf_counter_ns()
            if self.begin <= now < self.end:
                self.latencies.record(now - begun)
            begun = now


async def load(options):
    context = client_context(options.trust_roots)
    channels = []
    try:
        for _ in range(options.connections):
            channels.append(await aiomas.channel.open_connection(
                ('127.0.0.1', options.port), codec=MsgPack, ssl=context, server_hostname='localhost',
                ssl_handshake_timeout=PATIENCE))
        run = Load(options)
        await run.run(channels, options.in_flight)
        print(run.latencies.report(run.end - run.begin), flush=True)
    finally:
        await close_all(channels)


def parse():
    parser = argparse.ArgumentParser(prog='aiomas', allow_abbrev=False)
    commands = parser.add_subparsers(required=True)

    command = commands.add_parser('serve')
    command.set_defaults(run=serve)
    command.add_argument('--port', type=int, required=True)
    command.add_argument('--certificate', required=True)
    command.add_argument('--private-key', required=True)

    command = commands.add_parser('load')
    command.set_defaults(run=load)
    command.add_argument('--port', type=int, required=True)
    command.add_argument('--trust-roots', required=True)
    command.add_argument('--size', type=int, required=True)
    command.add_argument('--in-flight', type=int, required=True)
    command.add_argument('--connections', type=int, required=True)
    command.add_argument('--seconds', type=float, required=True)
    command.add_argument('--warm-up', type=float, default=0.3)
    return parser.parse_args()


def explain(error):
    """The first of what failed together, with its type where its text is empty."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f'{type(error).__name__}: {error}'


if __name__ == '__main__':
    options = parse()
    try:
        asyncio.run(options.run(options))
    except Exception as error:
        sys.exit(f'aiomas: {explain(error)}')
