// One TLS connection: bytes from the socket into a buffer, bytes from another buffer to the socket, and nothing in
// between. The same for both ends, for blocking sockets and for others.
#ifndef FLOOR_CONNECTION_H
#define FLOOR_CONNECTION_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

struct connection {
    int descriptor;
    SSL *session;
    struct buffer input, output;
    bool established;                               // the handshake has been done
    bool receiving_must_write, sending_must_write;  // OpenSSL waits until the socket takes more
    uint32_t interest;                              // what the poller watches the socket for
    char complaint[256];                            // why it is broken; else empty
};

enum progress {
    CONNECTION_MOVED,   // all that was to be sent is sent; something was received
    CONNECTION_WAITS,   // for the socket; a blocking one has reached its timeout
    CONNECTION_CLOSED,  // by the peer
    CONNECTION_BROKEN,  // TLS has failed; there is a complaint
};

// Takes over socket and session.
void connection_open(struct connection *connection, int descriptor, SSL *session);

// Does the handshake, which otherwise the first receive or send does.
enum progress connection_shake_hands(struct connection *connection);

// Receives what one TLS record holds, at the end of the input.
enum progress connection_receive(struct connection *connection);

// Sends the output: all of it, or what the socket takes. Frames that were appended together go into one record.
enum progress connection_send(struct connection *connection);

// Whether a further connection_receive has something to do that the socket will not tell: OpenSSL holds bytes; or may
// have: a message has begun whose rest is likely to be there. After whole messages nothing is expected, so that the
// system is not asked in vain after every one of them (epoll tells, level-triggered).
static inline bool connection_expects_more(const struct connection *connection) {
    return buffer_length(&connection->input) || SSL_has_pending(connection->session);
}

// Says goodbye, as far as the socket takes it at once, and frees everything.
void connection_close(struct connection *connection);

#endif
