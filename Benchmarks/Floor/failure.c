#include "failure.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void end(const char *format, va_list arguments, const char *reason) {
    fputs("floor: ", stderr);
    vfprintf(stderr, format, arguments);
    if (reason) fprintf(stderr, ": %s", reason);
    fputc('\n', stderr);
    fflush(stdout);
    _exit(EXIT_FAILURE);  // not exit: another thread may be within OpenSSL, which would be taken down under it
}

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    end(format, arguments, NULL);
}

void fail_with_errno(const char *format, ...) {
    const char *reason = strerror(errno);
    va_list arguments;
    va_start(arguments, format);
    end(format, arguments, reason);
}

void fail_with_tls(const char *format, ...) {
    const char *reason = take_tls_error();
    va_list arguments;
    va_start(arguments, format);
    end(format, arguments, reason);
}

const char *take_tls_error(void) {
    unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (!code) return "OpenSSL gives no reason";
    const char *reason = ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
    return reason ? reason : "OpenSSL has no name for the error";
}

void *allocate(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (!memory) fail("there is no memory for %zu × %zu bytes", count, size);
    return memory;
}

void *reallocate(void *memory, size_t size) {
    memory = realloc(memory, size);
    if (!memory) fail("there is no memory for %zu bytes", size);
    return memory;
}
