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
    char reason[512];
    take_tls_errors(reason, sizeof reason);
    va_list arguments;
    va_start(arguments, format);
    end(format, arguments, reason);
}

static const char *tls_reason(unsigned long code) {
    const char *reason = ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
    return reason ? reason : "an error without a name";
}

void take_tls_errors(char *text, size_t size) {
    size_t used = 0;
    text[0] = 0;
    for (unsigned long code; (code = ERR_get_error());) {
        int length = snprintf(text + used, size - used, "%s%s", used ? ", " : "", tls_reason(code));
        if (length < 0 || (size_t)length >= size - used) break;
        used += (size_t)length;
    }
    ERR_clear_error();
    if (!used) snprintf(text, size, "OpenSSL gives no reason");
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
