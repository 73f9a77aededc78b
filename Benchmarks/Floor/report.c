#include "report.h"

#include <inttypes.h>
#include <stdio.h>

#include "failure.h"

static void print_latencies(const struct histogram *latencies, uint64_t nanoseconds) {
    if (!latencies->total) fail("not one call was completed within the measured time");
    printf("{\"calls\": %" PRIu64 ", \"seconds\": %.6f, \"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f", latencies->total,
           (double)nanoseconds / 1e9, histogram_percentile(latencies, 0.5) / 1e3,
           histogram_percentile(latencies, 0.99) / 1e3, histogram_percentile(latencies, 0.999) / 1e3);
}

static void end_line(void) {
    if (puts("}") == EOF || fflush(stdout)) fail_with_errno("the result cannot be written to standard output");
}

void report(const struct histogram *latencies, uint64_t nanoseconds) {
    print_latencies(latencies, nanoseconds);
    end_line();
}

void report_paced(const struct histogram *latencies, uint64_t nanoseconds, uint64_t handshakes, uint64_t late) {
    print_latencies(latencies, nanoseconds);
    printf(", \"handshakes\": %" PRIu64 ", \"late\": %" PRIu64, handshakes, late);
    end_line();
}
