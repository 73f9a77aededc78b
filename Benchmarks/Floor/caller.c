#include "caller.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "failure.h"
#include "sockets.h"
#include "tls.h"

SSL_CTX *make_caller_context(const struct options *options) {
    return make_client_context(options->trust_roots, options->certificate, options->private_key);
}

void expect_progress(const struct connection *connection, enum progress progress, const char *doing) {
    if (progress == CONNECTION_CLOSED) fail("%s: the server closed the connection", doing);
    if (progress == CONNECTION_BROKEN) fail("%s: %s", doing, connection->complaint);
}

// A blocking socket waits no longer than its timeout.
static void expect_movement(const struct connection *connection, enum progress progress, const char *doing) {
    if (progress == CONNECTION_WAITS) fail("%s: nothing came for %d seconds", doing, SOCKET_TIMEOUT_SECONDS);
    expect_progress(connection, progress, doing);
}

void caller_connect(struct connection *connection, uint16_t port, SSL_CTX *context) {
    int descriptor = connect_to(port);
    connection_open(connection, descriptor, make_client_session(context, descriptor));
    expect_movement(connection, connection_shake_hands(connection), "connecting");
}

void caller_call(struct connection *connection, const struct request *request, uint32_t id) {
    append_request(&connection->output, request, id);
    expect_movement(connection, connection_send(connection), "sending a request");
    uint64_t replied;
    while (!take_result(connection, request, true, &replied)) {
        expect_movement(connection, connection_receive(connection), "waiting for a reply");
    }
    if (replied != id) fail("the reply is to request %" PRIu64 ", and %" PRIu32 " was asked", replied, id);
}

// The text of a failure is the server's: escaped and cut.
static _Noreturn void fail_with_message(const struct message *failure) {
    char text[200];
    size_t length = 0;
    for (size_t index = 0; index < failure->content_length && length < sizeof text - 1; index++) {
        unsigned char byte = failure->content[index];
        text[length++] = isprint(byte) ? (char)byte : '.';
    }
    text[length] = 0;
    fail("the server failed request %" PRIu64 ": %s", failure->id, text);
}

static void expect_result(const struct frame *frame, const struct request *request, bool compare, uint64_t *id) {
    struct message message;
    if (!read_message(frame, &message)) fail("the server sent what is not a message");
    if (frame->type == MESSAGE_FAILURE) fail_with_message(&message);
    if (frame->type != MESSAGE_RESULT) fail("the server sent a request, and only replies are expected");
    const unsigned char *bytes;
    if (!is_binary(&message, request->content_length, &bytes)) {
        fail("the result of request %" PRIu64 " is not %zu bytes of binary content", message.id,
             request->content_length);
    }
    if (compare && memcmp(bytes, request->content, request->content_length)) {
        fail("the result of request %" PRIu64 " is not what was sent", message.id);
    }
    *id = message.id;
}

bool take_result(struct connection *connection, const struct request *request, bool compare, uint64_t *id) {
    struct buffer *input = &connection->input;
    struct frame frame;
    switch (read_frame(buffer_bytes(input), buffer_length(input), &frame)) {
        case FRAME_INCOMPLETE: return false;
        case FRAME_INVALID: fail("the server sent what is not a message");
        case FRAME_WHOLE: break;
    }
    expect_result(&frame, request, compare, id);
    buffer_consume(input, frame.length);
    return true;
}
