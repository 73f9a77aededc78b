// A histogram of durations in fixed memory. Every power of two is split into 128 equal parts, so that a percentile is
// read to within 0.8 % whatever its size; below 256 ns it is exact.
#ifndef FLOOR_HISTOGRAM_H
#define FLOOR_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_PART_BITS = 7,
    HISTOGRAM_PARTS = 1 << HISTOGRAM_PART_BITS,
    HISTOGRAM_VALUE_BITS = 40,  // longer than 2^40 ns, 18 minutes, counts as that
    HISTOGRAM_BUCKETS = (HISTOGRAM_VALUE_BITS - HISTOGRAM_PART_BITS + 1) * HISTOGRAM_PARTS,
};

// All zeroes is an empty histogram.
struct histogram {
    uint64_t total;
    uint64_t counts[HISTOGRAM_BUCKETS];
};

static inline void histogram_record(struct histogram *histogram, uint64_t nanoseconds) {
    const uint64_t longest = (UINT64_C(1) << HISTOGRAM_VALUE_BITS) - 1;
    if (nanoseconds > longest) nanoseconds = longest;
    // The value's leading PART_BITS + 1 bits choose the bucket: how far they are shifted, and what they are. The first
    // power of two that is split is preceded by as many values that are their own bucket.
    int bits = 64 - __builtin_clzll(nanoseconds | (HISTOGRAM_PARTS - 1));
    int shift = bits > HISTOGRAM_PART_BITS ? bits - HISTOGRAM_PART_BITS - 1 : 0;
    histogram->counts[(uint64_t)shift * HISTOGRAM_PARTS + (nanoseconds >> shift)]++;
    histogram->total++;
}

// The duration in nanoseconds that `share` (0 to 1) of all recorded ones do not exceed; 0 if there are none.
double histogram_percentile(const struct histogram *histogram, double share);

#endif
