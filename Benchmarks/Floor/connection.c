#include "connection.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "failure.h"
#include "frame.h"

enum {
    RECORD_SIZE = SSL3_RT_MAX_PLAIN_LENGTH,
    // Space for the rest of a frame is made at once, but not more than this before there are bytes for it.
    RESERVE_LIMIT = 1 << 20,
};

void connection_open(struct connection *connection, int descriptor, SSL *session) {
    *connection = (struct connection){.descriptor = descriptor, .session = session};
}

// Whether the peer's end of the connection is all that has failed. Who leaves before the first byte of TLS, or without
// a goodbye after the handshake, has broken nothing that is measured here.
static bool has_left(const struct connection *connection, int system_error) {
    if (!connection->established && BIO_number_read(SSL_get_rbio(connection->session))) return false;
    unsigned long error = ERR_peek_error();
    if (error) return ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    return !system_error || (connection->established && (system_error == ECONNRESET || system_error == EPIPE));
}

// Puts into words what the certificates, OpenSSL or the system say of a call that failed.
static void explain(struct connection *connection, int system_error) {
    const char *phase = connection->established ? "TLS" : "the TLS handshake";
    char *text = connection->complaint;
    size_t size = sizeof connection->complaint;
    long verdict = SSL_get_verify_result(connection->session);
    if (verdict != X509_V_OK) {
        snprintf(text, size, "%s failed: the peer's certificate: %s", phase, X509_verify_cert_error_string(verdict));
    } else if (ERR_peek_error()) {
        snprintf(text, size, "%s failed: %s", phase, take_tls_error());
    } else {
        snprintf(text, size, "%s failed: %s", phase, strerror(system_error));
    }
}

// Why a call did not succeed. `errno` is still what the call left.
static enum progress classify(struct connection *connection, int result, bool *must_write) {
    int system_error = errno;
    enum progress progress = CONNECTION_CLOSED;
    switch (SSL_get_error(connection->session, result)) {
        case SSL_ERROR_WANT_WRITE: *must_write = true; return CONNECTION_WAITS;
        case SSL_ERROR_WANT_READ: return CONNECTION_WAITS;
        case SSL_ERROR_ZERO_RETURN: break;
        default:
            if (has_left(connection, system_error)) break;
            explain(connection, system_error);
            progress = CONNECTION_BROKEN;
    }
    ERR_clear_error();
    return progress;
}

enum progress connection_shake_hands(struct connection *connection) {
    connection->sending_must_write = false;
    errno = 0;
    ERR_clear_error();
    int result = SSL_do_handshake(connection->session);
    if (result != 1) return classify(connection, result, &connection->sending_must_write);
    connection->established = true;
    return CONNECTION_MOVED;
}

enum progress connection_receive(struct connection *connection) {
    struct buffer *input = &connection->input;
    size_t wanted = missing_bytes(buffer_bytes(input), buffer_length(input));
    if (wanted > RESERVE_LIMIT) wanted = RESERVE_LIMIT;
    buffer_reserve(input, wanted > RECORD_SIZE ? wanted : RECORD_SIZE);

    size_t count = 0;
    connection->receiving_must_write = false;
    errno = 0;
    ERR_clear_error();
    int result = SSL_read_ex(connection->session, input->memory + input->end, buffer_space(input), &count);
    if (result != 1) return classify(connection, result, &connection->receiving_must_write);
    connection->established = true;
    input->end += count;
    return CONNECTION_MOVED;
}

enum progress connection_send(struct connection *connection) {
    struct buffer *output = &connection->output;
    connection->sending_must_write = false;
    while (buffer_length(output)) {
        size_t count = 0;
        errno = 0;
        ERR_clear_error();
        int result = SSL_write_ex(connection->session, buffer_bytes(output), buffer_length(output), &count);
        if (result != 1) return classify(connection, result, &connection->sending_must_write);
        connection->established = true;
        buffer_consume(output, count);
    }
    return CONNECTION_MOVED;
}

void connection_close(struct connection *connection) {
    // Before the end of the handshake and after a failure OpenSSL does not allow it, and neither state counts as
    // finished.
    if (SSL_is_init_finished(connection->session)) SSL_shutdown(connection->session);
    ERR_clear_error();
    SSL_free(connection->session);
    close(connection->descriptor);
    buffer_free(&connection->input);
    buffer_free(&connection->output);
}
