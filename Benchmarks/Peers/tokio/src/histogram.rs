//! Durations in fixed memory: every power of two of nanoseconds is split into 128 parts, so that a percentile is read
//! to within 0.8 %.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::Failure;

const PART_BITS: u32 = 7;
const PARTS: u64 = 1 << PART_BITS;
const VALUE_BITS: u32 = 40; // longer than 2^40 ns, 18 minutes, counts as that

/// Any task may record.
pub struct Histogram(Vec<AtomicU64>);

impl Histogram {
    pub fn new() -> Self {
        let length = u64::from(VALUE_BITS - PART_BITS + 1) * PARTS;
        Histogram((0..length).map(|_| AtomicU64::new(0)).collect())
    }

    pub fn record(&self, duration: Duration) {
        let value = duration.as_nanos().min((1 << VALUE_BITS) - 1) as u64;
        let bits = u64::BITS - (value | (PARTS - 1)).leading_zeros();
        let shift = bits.saturating_sub(PART_BITS + 1);
        let place = u64::from(shift) * PARTS + (value >> shift);
        self.0[place as usize].fetch_add(1, Relaxed);
    }

    fn count(&self) -> u64 {
        self.0.iter().map(|count| count.load(Relaxed)).sum()
    }

    /// What the given share, 0 to 1, of all durations do not exceed.
    fn microseconds(&self, share: f64) -> f64 {
        let rank = share * self.count() as f64;
        let mut seen = 0;
        for (place, count) in self.0.iter().enumerate() {
            seen += count.load(Relaxed);
            if seen > 0 && seen as f64 >= rank {
                return middle(place as u64) / 1e3;
            }
        }
        0.0
    }

    /// Prints the line of JSON that a measurement ends with.
    pub fn report(&self, passed: Duration) -> Result<(), Failure> {
        if self.count() == 0 {
            return Err("not one call was completed within the measured time".into());
        }
        println!(
            "{{\"calls\": {}, \"seconds\": {:.6}, \"p50\": {:.1}, \"p99\": {:.1}, \"p999\": {:.1}}}",
            self.count(),
            passed.as_secs_f64(),
            self.microseconds(0.5),
            self.microseconds(0.99),
            self.microseconds(0.999)
        );
        Ok(())
    }
}

/// The middle, in nanoseconds, of what a place counts.
fn middle(place: u64) -> f64 {
    if place < 2 * PARTS {
        return place as f64;
    }
    let shift = place / PARTS - 1;
    ((place - shift * PARTS) as f64 + 0.5) * (1u64 << shift) as f64 - 0.5
}
