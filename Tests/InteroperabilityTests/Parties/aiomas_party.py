"""Python's aiomas.channel as a party of the tests: whatever its role, it does what the other side's requests ask for.

    aiomas_party.py serve|connect tcp:HOST:PORT|unix:PATH|tls:HOST:PORT [--certificates DIRECTORY]

It speaks JSON and, over TLS, uses aiomas's own contexts: TLS 1.2, both sides with certificates. A request is
[COMMAND, ARGUMENT]; see COMMANDS. Facts go to stdout, one JSON object a line.
"""
import argparse
import asyncio
import json

import aiomas
import aiomas.channel
import aiomas.util


def report(event, **facts):
    print(json.dumps({'event': event, **facts}), flush=True)


def connection_facts(channel):
    certificate = channel.get_extra_info('peercert')
    if certificate is None:
        return {}
    tls = channel.get_extra_info('ssl_object')
    return {
        'version': tls.version(),
        'cipher': tls.cipher()[0],
        'subject': dict(pair for name in certificate['subject'] for pair in name)['commonName'],
    }


async def outcome(future):
    """What became of a request of ours: ['result', value] or ['failure', name of the exception, text]."""
    try:
        return ['result', await future]
    except Exception as error:
        return ['failure', type(error).__name__, str(error)]


class Party:
    """One channel, and what it does for the other side."""

    def __init__(self, channel):
        self.channel = channel
        self.held = {}
        self.outcomes = {}

    async def run(self):
        report('connected', **connection_facts(self.channel))
        try:
            while True:
                request = await self.channel.recv()
                task = asyncio.ensure_future(self.answer(request))
                task.add_done_callback(lambda task: task.cancelled() or task.exception())
        except (ConnectionError, RuntimeError) as error:
            report('ended', error=type(error).__name__, text=str(error))

    async def answer(self, request):
        try:
            command, argument = request.content
            result = await self.COMMANDS[command](self, argument)
        except Exception as error:
            await request.fail(error)
        else:
            await request.reply(result)
            if command == 'close':
                await self.channel.close()

    async def echo(self, content):
        return content

    async def describe(self, content):
        return repr(content)

    async def fail(self, text):
        raise ValueError(text)

    async def call(self, content):
        return await outcome(self.channel.send(content))

    async def call_many(self, count):
        return await asyncio.gather(*(self.channel.send(number) for number in range(count)))

    async def begin(self, content):
        """Sends a request and does not wait for its reply; 'outcome' with the same content does."""
        self.outcomes[content] = asyncio.ensure_future(outcome(self.channel.send(content)))
        await asyncio.sleep(0)  # lets the request go out

    async def outcome(self, content):
        return await self.outcomes.pop(content)

    async def cancel(self, content):
        """Sends a request and cancels it."""
        future = self.channel.send(content)
        await asyncio.sleep(0)
        future.cancel()

    async def hold(self, key):
        """Replies when 'release' is asked for, with the same key."""
        self.held[key] = asyncio.get_running_loop().create_future()
        report('holding', key=key)
        return await self.held[key]

    async def release(self, key):
        self.held[key].set_result('released ' + key)

    async def close(self, _):
        """Replies, and then closes the channel."""

    COMMANDS = {
        'echo': echo,
        'describe': describe,
        'fail': fail,
        'call': call,
        'call many': call_many,
        'begin': begin,
        'outcome': outcome,
        'cancel': cancel,
        'hold': hold,
        'release': release,
        'close': close,
    }


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('role', choices=['serve', 'connect'])
    parser.add_argument('address')
    parser.add_argument('--certificates')
    arguments = parser.parse_args()

    kind, _, rest = arguments.address.partition(':')
    host, _, port = rest.rpartition(':')
    address = rest if kind == 'unix' else (host, int(port))
    options = {}
    if kind == 'tls':
        role = 'server' if arguments.role == 'serve' else 'client'
        make_context = getattr(aiomas.util, f'make_ssl_{role}_context')
        directory = arguments.certificates
        options['ssl'] = make_context(f'{directory}/ca.pem', f'{directory}/{role}.pem', f'{directory}/{role}.key')

    if arguments.role == 'connect':
        channel = await aiomas.channel.open_connection(address, codec=aiomas.JSON, **options)
        await Party(channel).run()
    else:
        server = await aiomas.channel.start_server(
            address, lambda channel: Party(channel).run(), codec=aiomas.JSON, **options)
        name = server.sockets[0].getsockname()
        report('listening', port=None if kind == 'unix' else name[1])
        await asyncio.get_running_loop().create_future()  # until it is killed


asyncio.run(main())
