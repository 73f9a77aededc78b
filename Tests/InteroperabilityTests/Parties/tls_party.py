"""Python's ssl and msgpack as a party of the tests: whatever its role, it does what the other side's requests ask for.

    tls_party.py serve|connect tls:HOST:PORT --certificates DIRECTORY [--alpn NAME] [--maximum-tls 1.2] [--connections N]

It has one connection, or several one after the other, where later ones may resume the session of an earlier one. Frames and the triple are written here from the wire's description alone. Both sides show certificates, and the other
side's is verified strictly (VERIFY_X509_STRICT). A request is [COMMAND, ARGUMENT]; see answer(). Facts go to stdout,
one JSON object a line.
"""
import argparse
import json
import socket
import ssl
import struct

import msgpack
from msgpack import ExtType, Timestamp

REQUEST, RESULT, EXCEPTION = range(3)


def report(event, **facts):
    print(json.dumps({'event': event, **facts}), flush=True)


class Party:
    """One connection, and what it does for the other side."""

    def __init__(self, connection):
        self.connection = connection
        self.next_id = 0

    def run(self):
        certificate = self.connection.getpeercert()
        report(
            'connected',
            version=self.connection.version(),
            cipher=self.connection.cipher()[0],
            alpn=self.connection.selected_alpn_protocol(),
            subject=dict(pair for name in certificate['subject'] for pair in name)['commonName'],
            resumed=self.connection.session_reused,
        )
        try:
            while self.serve_one() is not None:
                pass
            report('ended', how='close_notify')
        except ssl.SSLEOFError:
            report('ended', how='truncated')

    def serve_one(self):
        """Answers a request or gives back a reply; None at the end."""
        message = self.receive()
        if message is None or message[0] != REQUEST:
            return message
        _, identifier, (command, argument) = message
        try:
            self.send(RESULT, identifier, self.answer(command, argument))
        except ValueError as error:
            self.send(EXCEPTION, identifier, str(error))
        if command == 'close':
            self.connection.unwrap()  # sends close_notify and waits for the other side's
            report('ended', how='unwrapped')
            raise SystemExit
        return message

    def answer(self, command, argument):
        if command == 'echo':
            return argument
        if command == 'describe':
            return repr(argument)
        if command == 'make':
            return eval(argument)
        if command == 'fail':
            raise ValueError(argument)
        if command == 'call':
            return self.call(argument)
        if command == 'truncate':
            # The TCP connection ends without close_notify, after this many bytes of a frame of 100.
            self.connection.sendall((struct.pack('!L', 100) + bytes(100))[:argument])
            self.connection.close()
            raise SystemExit
        if command == 'close':
            return None
        raise ValueError('unknown command ' + command)

    def call(self, content):
        """A request of our own, while the other side waits for its reply."""
        identifier = self.next_id
        self.next_id += 1
        self.send(REQUEST, identifier, content)
        while True:
            kind, reply_to, result = self.serve_one()
            if kind != REQUEST:
                assert reply_to == identifier
                return [kind, result]

    def send(self, kind, identifier, content):
        payload = msgpack.packb([kind, identifier, content])
        self.connection.sendall(struct.pack('!L', len(payload)) + payload)

    def receive(self):
        head = self.read(4)
        if not head:
            return None
        payload = self.read(struct.unpack('!L', head)[0])
        return msgpack.unpackb(payload, strict_map_key=False)

    def read(self, count):
        data = b''
        while len(data) < count:
            more = self.connection.recv(count - len(data))
            if not more:
                break
            data += more
        return data


def make_context(role, arguments):
    name = 'server' if role == 'serve' else 'client'
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if role == 'serve' else ssl.PROTOCOL_TLS_CLIENT)
    context.load_cert_chain(f'{arguments.certificates}/{name}.pem', f'{arguments.certificates}/{name}.key')
    context.load_verify_locations(f'{arguments.certificates}/ca.pem')
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if arguments.maximum_tls == '1.2':
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    if arguments.alpn:
        context.set_alpn_protocols([arguments.alpn])
    return context


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('role', choices=['serve', 'connect'])
    parser.add_argument('address')
    parser.add_argument('--certificates', required=True)
    parser.add_argument('--alpn')
    parser.add_argument('--maximum-tls', choices=['1.2', '1.3'], default='1.3')
    parser.add_argument('--connections', type=int, default=1)
    arguments = parser.parse_args()
    host, _, port = arguments.address.removeprefix('tls:').rpartition(':')
    context = make_context(arguments.role, arguments)

    try:
        if arguments.role == 'connect':
            session = None
            for _ in range(arguments.connections):
                plain = socket.create_connection((host, int(port)))
                # Without suppress_ragged_eofs=False Python hides an end without close_notify.
                connection = context.wrap_socket(
                    plain, server_hostname=host, suppress_ragged_eofs=False, session=session
                )
                Party(connection).run()
                session = connection.session  # with TLS 1.3 it comes after the handshake
                connection.close()
        else:
            listener = socket.create_server((host, int(port)))
            report('listening', port=listener.getsockname()[1])
            for _ in range(arguments.connections):
                plain, _ = listener.accept()
                connection = context.wrap_socket(plain, server_side=True, suppress_ragged_eofs=False)
                Party(connection).run()
                connection.close()
    except ssl.SSLError as error:
        report('failed', reason=error.reason)


main()
