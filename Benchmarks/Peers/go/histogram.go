package main

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Every power of two of nanoseconds is split into 128 parts: a percentile is read to within 0.8 %.
const (
	partBits  = 7
	parts     = 1 << partBits
	valueBits = 40 // longer than 2^40 ns, 18 minutes, counts as that
)

// histogram counts durations in fixed memory. Any goroutine may record.
type histogram struct {
	counts [(valueBits - partBits + 1) * parts]atomic.Uint64
}

func (h *histogram) record(duration time.Duration) {
	value := uint64(duration)
	if value >= 1<<valueBits {
		value = 1<<valueBits - 1
	}
	shift := bits.Len64(value|(parts-1)) - partBits - 1
	if shift < 0 {
		shift = 0
	}
	h.counts[uint64(shift)*parts+value>>shift].Add(1)
}

func (h *histogram) count() (total uint64) {
	for index := range h.counts {
		total += h.counts[index].Load()
	}
	return total
}

// microseconds is what the given share, 0 to 1, of all durations do not exceed.
func (h *histogram) microseconds(share float64) float64 {
	rank := share * float64(h.count())
	var seen uint64
	for index := range h.counts {
		seen += h.counts[index].Load()
		if seen > 0 && float64(seen) >= rank {
			return middle(index) / 1e3
		}
	}
	return 0
}

// middle is the middle of what a place counts, in nanoseconds.
func middle(index int) float64 {
	if index < 2*parts {
		return float64(index)
	}
	shift := index/parts - 1
	return (float64(index-shift*parts)+0.5)*float64(uint64(1)<<shift) - 0.5
}
