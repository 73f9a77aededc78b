// How the program ends when something fails: one message on standard error that says what, and status 1.
#ifndef FLOOR_FAILURE_H
#define FLOOR_FAILURE_H

#include <stddef.h>

// "floor: MESSAGE"
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

// "floor: MESSAGE: what errno says"
_Noreturn void fail_with_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));

// "floor: MESSAGE: what OpenSSL's error queue says"; empties the queue.
_Noreturn void fail_with_tls(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Empties OpenSSL's error queue into a text of at most `size` bytes.
void take_tls_errors(char *text, size_t size);

// As the standard library's functions, but memory that is not there ends the program.
void *allocate(size_t count, size_t size);
void *reallocate(void *memory, size_t size);

#endif
