// What a measurement prints: one line of JSON on standard output.
#ifndef FLOOR_REPORT_H
#define FLOOR_REPORT_H

#include <stdint.h>

#include "histogram.h"

// {"calls": …, "seconds": …, "p50": …, "p99": …, "p999": …}, latencies in microseconds. Fails if nothing was measured.
void report(const struct histogram *latencies, uint64_t nanoseconds);

// The same and "handshakes" and "late".
void report_paced(const struct histogram *latencies, uint64_t nanoseconds, uint64_t handshakes, uint64_t late);

#endif
