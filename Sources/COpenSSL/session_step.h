// One step of one TLS session: clear the thread's error queue, call, ask for the reason, drain the queue.
//
// All four happen here, in one C function, because the queue belongs to the thread: a stale entry of another session on
// the same event loop would turn "wants more" into a fatal error, and between the call and SSL_get_error nothing may
// come. See SSL_get_error(3) and ERR_get_error(3).
//
// Reading and writing repeat the call, a record at a time, until the caller's memory is used up or OpenSSL has no more
// to give or take; so a step may both have moved bytes and have ended with a reason.
#ifndef COPENSSL_SESSION_STEP_H
#define COPENSSL_SESSION_STEP_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdint.h>

#include "window_bio.h"

enum { COpenSSL_maximumErrorCount = 8 };

typedef struct COpenSSL_Step {
    size_t count;       // plaintext bytes read or written
    int ssl_error;      // why it ended; SSL_ERROR_NONE when the whole length was used, or the handshake is over
    int is_flooded;     // the peer has sent too many records without plaintext
    int error_count;    // how many of the codes below are set, oldest first
    unsigned long errors[COpenSSL_maximumErrorCount];
} COpenSSL_Step;

// Asks before it clears: nearly always there is nothing, and to clear all slots of the queue costs more than to ask.
static inline void COpenSSL_Step_clearErrors(void) {
    if (ERR_peek_error() != 0) ERR_clear_error();
}

// Whether it stopped to read what has not come yet. SSL_get_error says so only if the thread's error queue is empty, and
// providers leave entries there for what they tried in vain on a way that then went well: one of tokens, that it is logged
// in already. They have their part in handshakes alone.
static inline int COpenSSL_Step_wantsInput(SSL *ssl) { return SSL_want_read(ssl) && BIO_should_read(SSL_get_rbio(ssl)); }

static inline COpenSSL_Step COpenSSL_Step_finish(SSL *ssl, int result, size_t count) {
    COpenSSL_Step step;
    step.count = count;
    step.error_count = 0;
    step.is_flooded = 0;
    step.ssl_error = result > 0 ? SSL_ERROR_NONE : SSL_get_error(ssl, result);
    if (step.ssl_error == SSL_ERROR_SSL || step.ssl_error == SSL_ERROR_SYSCALL) {
        unsigned long code;
        while ((code = ERR_get_error()) != 0) {
            if (step.error_count < COpenSSL_maximumErrorCount) step.errors[step.error_count++] = code;
        }
    }
    return step;
}

static inline COpenSSL_Step COpenSSL_Step_handshake(SSL *ssl) {
    COpenSSL_Step_clearErrors();
    int result = SSL_do_handshake(ssl);
    COpenSSL_WindowBIO_of(SSL_get_rbio(ssl))->idle_records = 0;  // all that a handshake sends has a limit of its own
    if (result > 0 || COpenSSL_Step_wantsInput(ssl)) COpenSSL_Step_clearErrors();
    return COpenSSL_Step_finish(ssl, result, 0);
}

// When the input is used up after a record, to ask OpenSSL for another only to hear that there is none would double the
// cost of a small message; so that much is found out here.
static inline COpenSSL_Step COpenSSL_Step_read(SSL *ssl, COpenSSL_WindowBIO *window, void *destination,
                                               size_t length) {
    size_t total = 0;
    int result = 1;
    window->is_reading = 1;
    while (result > 0 && total < length) {
        size_t count = 0;
        COpenSSL_Step_clearErrors();
        result = SSL_read_ex(ssl, (char *)destination + total, length - total, &count);
        if (result <= 0) break;
        total += count;
        window->idle_records = 0;
        window->answers = 0;
        if (window->input_taken == window->input_length && !window->end_of_input && !SSL_has_pending(ssl)) {
            window->is_reading = 0;
            COpenSSL_Step step = {.count = total, .ssl_error = SSL_ERROR_WANT_READ};
            return step;
        }
    }
    window->is_reading = 0;
    COpenSSL_Step step = COpenSSL_Step_finish(ssl, result, total);
    step.is_flooded = COpenSSL_WindowBIO_isFlooded(window);
    return step;
}

// A length of zero writes nothing: SSL_write(3) leaves that undefined.
static inline COpenSSL_Step COpenSSL_Step_write(SSL *ssl, const void *source, size_t length) {
    size_t total = 0;
    int result = 1;
    while (result > 0 && total < length) {
        size_t count = 0;
        COpenSSL_Step_clearErrors();
        result = SSL_write_ex(ssl, (const char *)source + total, length - total, &count);
        if (result > 0) total += count;
    }
    return COpenSSL_Step_finish(ssl, result, total);
}

// 0 from SSL_shutdown means "sent, the peer's has not come yet": no error.
static inline COpenSSL_Step COpenSSL_Step_shutdown(SSL *ssl) {
    COpenSSL_Step_clearErrors();
    int result = SSL_shutdown(ssl);
    return COpenSSL_Step_finish(ssl, result == 0 ? 1 : result, 0);
}

#endif
