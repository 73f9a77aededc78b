// A steady stream of new connections, made by a thread of its own: each does a full handshake, calls once and leaves.
#ifndef FLOOR_VISITORS_H
#define FLOOR_VISITORS_H

#include <openssl/ssl.h>
#include <stdint.h>

enum {
    // More at once, and the next ones are late: a server that slow shows in how many are done.
    VISIT_LIMIT = 1024,
};

struct visit_plan {
    uint16_t port;
    SSL_CTX *context;
    uint64_t per_second;
    // Times of the monotonic clock: visits begin from `begin` to `end`, and those that are done from `measured_from` on
    // count.
    uint64_t begin, measured_from, end;
};

struct visitors;

// The plan has to stay where it is until the end.
struct visitors *send_visitors(const struct visit_plan *plan);

// Waits until all visits have ended, and returns how many were done from `measured_from` to `end`.
uint64_t await_visitors(struct visitors *visitors);

#endif
