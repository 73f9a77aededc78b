// One step of one TLS session: clear the thread's error queue, call, ask for the reason, drain the queue.
//
// All four happen here, in one C function, because the queue belongs to the thread: a stale entry of another session on
// the same event loop would turn "wants more" into a fatal error, and between the call and SSL_get_error nothing may
// come. See SSL_get_error(3) and ERR_get_error(3).
#ifndef COPENSSL_SESSION_STEP_H
#define COPENSSL_SESSION_STEP_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdint.h>

enum { COpenSSL_maximumErrorCount = 8 };

typedef struct COpenSSL_Step {
    int result;      // what the function returned; the number of bytes for read and write
    int ssl_error;   // SSL_ERROR_NONE when result > 0
    int error_count; // how many of the codes below are set, oldest first
    unsigned long errors[COpenSSL_maximumErrorCount];
} COpenSSL_Step;

static inline COpenSSL_Step COpenSSL_Step_finish(SSL *ssl, int result) {
    COpenSSL_Step step;
    step.result = result;
    step.error_count = 0;
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
    ERR_clear_error();
    return COpenSSL_Step_finish(ssl, SSL_do_handshake(ssl));
}
static inline COpenSSL_Step COpenSSL_Step_read(SSL *ssl, void *destination, int length) {
    ERR_clear_error();
    return COpenSSL_Step_finish(ssl, SSL_read(ssl, destination, length));
}
static inline COpenSSL_Step COpenSSL_Step_write(SSL *ssl, const void *source, int length) {
    ERR_clear_error();
    return COpenSSL_Step_finish(ssl, SSL_write(ssl, source, length));
}
// 0 from SSL_shutdown means "sent, the peer's has not come yet": no error.
static inline COpenSSL_Step COpenSSL_Step_shutdown(SSL *ssl) {
    ERR_clear_error();
    int result = SSL_shutdown(ssl);
    return COpenSSL_Step_finish(ssl, result == 0 ? 1 : result);
}

#endif
