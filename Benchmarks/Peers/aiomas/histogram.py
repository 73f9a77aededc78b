"""Durations in fixed memory: every power of two of nanoseconds is split into 128 parts."""
import json

PART_BITS = 7
PARTS = 1 << PART_BITS
VALUE_BITS = 40  # longer than 2^40 ns, 18 minutes, counts as that


class Histogram:
    def __init__(self):
        self.counts = [0] * ((VALUE_BITS - PART_BITS + 1) * PARTS)

    def record(self, nanoseconds):
        value = min(nanoseconds, (1 << VALUE_BITS) - 1)
        shift = max(value.bit_length() - PART_BITS - 1, 0)
        self.counts[shift * PARTS + (value >> shift)] += 1

    def microseconds(self, share):
        """What that share, 0 to 1, of all durations do not exceed; read to within 0.8 %."""
        rank, seen = share * sum(self.counts), 0
        for index, count in enumerate(self.counts):
            seen += count
            if seen and seen >= rank:
                return round(middle(index) / 1e3, 1)

    def report(self, nanoseconds):
        """The line of JSON that a measurement of that length ends with."""
        if not any(self.counts):
            raise ValueError('not one call was completed within the measured time')
        return json.dumps({
            'calls': sum(self.counts),
            'seconds': nanoseconds / 1e9,
            'p50': self.microseconds(0.5),
            'p99': self.microseconds(0.99),
            'p999': self.microseconds(0.999),
        })


def middle(index):
    """The middle, in nanoseconds, of what a place counts."""
    if index < 2 * PARTS:
        return index
    shift = index // PARTS - 1
    return (index - shift * PARTS + 0.5) * (1 << shift) - 0.5
