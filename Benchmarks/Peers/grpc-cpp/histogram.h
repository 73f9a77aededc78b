// Durations in fixed memory: every power of two of nanoseconds is split into 128 parts, so that a percentile is read to
// within 0.8 %.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

class Histogram {
  public:
    void record(std::uint64_t nanoseconds) {
        const std::uint64_t value = std::min(nanoseconds, (std::uint64_t{1} << value_bits) - 1);
        const int bits = 64 - __builtin_clzll(value | (parts - 1));
        const int shift = std::max(bits - part_bits - 1, 0);
        counts_[shift * parts + (value >> shift)]++;
        total_++;
    }

    std::uint64_t count() const { return total_; }

    // What the given share, 0 to 1, of all durations do not exceed.
    double microseconds(double share) const {
        const double rank = share * static_cast<double>(total_);
        std::uint64_t seen = 0;
        for (std::uint64_t place = 0; place < counts_.size(); place++) {
            seen += counts_[place];
            if (seen && static_cast<double>(seen) >= rank) return middle(place) / 1e3;
        }
        return 0;
    }

  private:
    static constexpr int part_bits = 7;
    static constexpr std::uint64_t parts = 1 << part_bits;
    static constexpr int value_bits = 40;  // longer than 2^40 ns, 18 minutes, counts as that

    // The middle, in nanoseconds, of what a place counts.
    static double middle(std::uint64_t place) {
        if (place < 2 * parts) return static_cast<double>(place);
        const std::uint64_t shift = place / parts - 1;
        return (static_cast<double>(place - shift * parts) + 0.5) * static_cast<double>(std::uint64_t{1} << shift) -
               0.5;
    }

    std::array<std::uint64_t, (value_bits - part_bits + 1) * parts> counts_{};
    std::uint64_t total_ = 0;
};
