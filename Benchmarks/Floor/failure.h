// How the program ends when something fails: one message on standard error that says what, and status 1.
#ifndef FLOOR_FAILURE_H
#define FLOOR_FAILURE_H

#include <stddef.h>

// "floor: MESSAGE"
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

// "floor: MESSAGE: what errno says"
_Noreturn void fail_with_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));

// "floor: MESSAGE: what OpenSSL says"
_Noreturn void fail_with_tls(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Empties OpenSSL's error queue and says what its first error was, which is the deepest.
const char *take_tls_error(void);

// As the standard library's functions, but memory that is not there ends the program.
void *allocate(size_t count, size_t size);
void *reallocate(void *memory, size_t size);

#endif
