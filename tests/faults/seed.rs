//! Random moments, drawn from a seed that is told.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A source of randomness for the test of this name.
pub struct Chance(ChaCha8Rng);

impl Chance {
    /// From the seed in `HEARD_FAULT_SEED`, else from the time. It is printed: shown when the test fails.
    pub fn new(test: &str) -> Self {
        let given = std::env::var("HEARD_FAULT_SEED").ok();
        let seed = given.and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            u64::from(now.expect("it is past 1970").subsec_nanos())
        });
        println!("{test}: HEARD_FAULT_SEED={seed}");
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number from 0, below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0.random_range(0..end)
    }

    /// So many bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.0.random()).collect()
    }

    /// Lets up to `most` milliseconds pass. The moment is the point: nothing is waited for.
    pub fn pass(&mut self, most: usize) {
        std::thread::sleep(Duration::from_millis(self.below(most + 1) as u64));
    }

    /// Lets time pass until so much has since a moment.
    pub fn pass_until(&self, since: Instant, time: Duration) {
        std::thread::sleep(time.saturating_sub(since.elapsed()));
    }
}
