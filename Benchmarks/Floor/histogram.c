#include "histogram.h"

// The middle of what a bucket holds.
static double bucket_value(int bucket) {
    if (bucket < 2 * HISTOGRAM_PARTS) return bucket;
    int shift = bucket / HISTOGRAM_PARTS - 1;
    uint64_t leading = (uint64_t)(bucket - shift * HISTOGRAM_PARTS);
    return ((double)leading + 0.5) * (double)(UINT64_C(1) << shift) - 0.5;
}

double histogram_percentile(const struct histogram *histogram, double share) {
    double rank = share * (double)histogram->total;
    uint64_t seen = 0;
    for (int bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        seen += histogram->counts[bucket];
        if (seen && (double)seen >= rank) return bucket_value(bucket);
    }
    return 0;
}
