// What follows the sub-command: pairs of --name and value.
#ifndef FLOOR_OPTIONS_H
#define FLOOR_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options {
    uint16_t port;
    const char *certificate, *private_key, *trust_roots;  // NULL if not given
    size_t size, in_flight, connections;
    double seconds, warm_up;
    size_t calls_per_second, handshakes_per_second;
    bool silent;
};

// Sets of them, for a sub-command to say which it takes.
enum {
    OPTION_PORT = 1 << 0,
    OPTION_CERTIFICATE = 1 << 1,
    OPTION_PRIVATE_KEY = 1 << 2,
    OPTION_TRUST_ROOTS = 1 << 3,
    OPTION_SIZE = 1 << 4,
    OPTION_IN_FLIGHT = 1 << 5,
    OPTION_CONNECTIONS = 1 << 6,
    OPTION_SECONDS = 1 << 7,
    OPTION_WARM_UP = 1 << 8,
    OPTION_CALLS_PER_SECOND = 1 << 9,
    OPTION_HANDSHAKES_PER_SECOND = 1 << 10,
    OPTION_SILENT = 1 << 11,
    OPTIONS_IDENTITY = OPTION_CERTIFICATE | OPTION_PRIVATE_KEY,
};

// Reads words[0], words[1] … up to a NULL. What is wrong with them ends the program with the usage and status 2.
struct options parse_options(char **words, unsigned required, unsigned optional);

_Noreturn void refuse_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
