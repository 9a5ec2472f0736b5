//! Percentiles of a sample.

/// The value that `share` of the sample does not exceed: the nearest rank. `sorted` is not empty.
pub fn percentile(sorted: &[i64], share: f64) -> i64 {
    let rank = (share * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted[rank.min(sorted.len()) - 1]
}
