//! Moments: at the ends of patience, deadlines, days; a millisecond before, and after.

use heard::model::Millis;
use proptest::prelude::*;
use proptest::sample::select;

use crate::rules::{DAY, HOUR, MINUTE, MS, OFFICE, SECOND};

/// A moment, by its distance from that of an earlier step.
#[derive(Clone, Copy, Debug)]
pub(super) struct When {
    pub(super) back: usize,
    pub(super) gap: Gap,
}

/// A distance in time: one of the journey's spans, or just below or above it, forwards or backwards.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    pub(super) span: usize,
    pub(super) edge: i64,
    pub(super) way: i64,
}

/// A stretch of time: of the clock's, or of the office's.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stretch {
    Clock(i64),
    Office(i64),
}

impl Stretch {
    /// The moment at this distance from another, forwards or backwards. Back, all time is the clock's.
    pub(super) fn from(self, at: Millis, way: i64) -> Millis {
        match self {
            Self::Office(ms) if way > 0 => OFFICE.add(at, ms),
            Self::Clock(ms) | Self::Office(ms) => at.plus(way * ms),
        }
    }
}

/// Distances in time at which rules turn. A journey has a few of them only, so that they meet.
pub(super) fn stretch() -> impl Strategy<Value = Stretch> {
    prop_oneof![
        5 => select(CLOCK.to_vec()).prop_map(Stretch::Clock),
        1 => select(OFFICE_HOURS.to_vec()).prop_map(Stretch::Office),
    ]
}

/// The ends of levels, and where they are at risk.
const OFFICE_HOURS: [i64; 7] = [
    10 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    10 * HOUR,
    80 * HOUR,
    100 * HOUR,
];

const CLOCK: [i64; 16] = [
    0,
    SECOND,
    MINUTE,
    2 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    DAY,
    2 * DAY,
    3 * DAY,
    7 * DAY,
    30 * DAY,
    90 * DAY,
];

pub(super) fn gap() -> impl Strategy<Value = Gap> {
    let edge = prop_oneof![3 => Just(0), 1 => Just(MS), 1 => Just(-MS)];
    let way = prop_oneof![9 => Just(1), 1 => Just(-1)];
    (0..8_usize, edge, way).prop_map(|(span, edge, way)| Gap { span, edge, way })
}

pub(super) fn when() -> impl Strategy<Value = When> {
    let back = prop_oneof![3 => Just(0), 3 => 1..4_usize];
    (back, gap()).prop_map(|(back, gap)| When { back, gap })
}

/// By how much the company's clock is slow: mostly not, seldom by more than is taken for a clock's fault.
pub(super) fn slow() -> impl Strategy<Value = i64> {
    prop_oneof![
        8 => Just(0),
        1 => select(vec![MS, SECOND, 5 * MINUTE, 5 * MINUTE + MS, HOUR, 3 * DAY]),
    ]
}

/// Rule 23.
#[derive(Clone, Copy, Debug)]
pub(super) enum Absurd {
    /// Seconds that are taken for milliseconds.
    InSeconds,
    /// A clock that is a day or years ahead.
    Ahead(i64),
}
