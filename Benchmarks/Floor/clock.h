// The monotonic clock in nanoseconds. They fit: 2^64 ns are 584 years.
#ifndef FLOOR_CLOCK_H
#define FLOOR_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NANOSECONDS_PER_SECOND UINT64_C(1000000000)

static inline uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * NANOSECONDS_PER_SECOND + (uint64_t)time.tv_nsec;
}

static inline uint64_t nanoseconds(double seconds) { return (uint64_t)(seconds * 1e9); }

#endif
