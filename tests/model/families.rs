//! The invented people whose load tests/faults feeds to real brokers, told to the desk and held against the model: so what
//! differs there is not for want of this.

use heard::model::Millis;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::compare::differences;
use crate::generate::Journey;
use crate::people::family;
use crate::records::Logged;
use crate::rules::{BEGIN, DAY};

/// Families of an ordinary run; as many as HEARD_FAMILIES says.
const FAMILIES: u64 = 300;

/// Between two arrivals, in milliseconds.
const BETWEEN: i64 = 300;

#[test]
fn the_people_of_the_load_come_to_what_the_model_finds() {
    let asked = std::env::var("HEARD_FAMILIES").ok();
    let families = asked.and_then(|asked| asked.parse().ok()).unwrap_or(FAMILIES);
    let mut wrong = Vec::new();
    for seed in 0..families {
        let journey = told(seed);
        let differ = differences(&journey);
        if !differ.is_empty() {
            wrong.push(format!("family {seed}\n{journey:?}\n  {}", differ.join("\n  ")));
        }
    }
    let shown: Vec<_> = wrong.iter().take(3).map(String::as_str).collect();
    assert!(
        wrong.is_empty(),
        "{} of {families} differ:\n{}",
        wrong.len(),
        shown.join("\n")
    );
}

/// As it is fed: in the order in which it is thought of, but for one in ten, which comes before the one before it; every other
/// one in any order, as topics are read by whoever comes late. By the wall clock, which is at the end of what is told; and
/// judged half a year later.
fn told(seed: u64) -> Journey {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let now = BEGIN.plus(400 * DAY);
    let records = family(seed, now, &mut rng).into_iter();
    let mut records: Vec<_> = records.map(|record| Logged { record, logged: now }).collect();
    let mut waiting: Vec<_> = (0..records.len()).collect();
    if seed % 2 == 1 {
        waiting.shuffle(&mut rng);
    }
    let mut arrivals = Vec::new();
    while !waiting.is_empty() {
        let early = usize::from(waiting.len() > 1 && rng.random_range(0..10) == 0);
        let next = waiting.remove(early);
        let times = 1 + usize::from(rng.random_range(0..25) == 0);
        arrivals.extend(std::iter::repeat_n(next, times));
    }
    let times: Vec<_> = (0..arrivals.len())
        .map(|n| now.plus(BETWEEN * n as i64))
        .collect();
    for (record, at) in arrivals.iter().zip(&times).rev() {
        records[*record].logged = *at;
    }
    Journey {
        on_the_wall: Some(times),
        records,
        arrivals,
        late: Vec::new(),
        now: Millis(now.0 + 180 * DAY),
    }
}
