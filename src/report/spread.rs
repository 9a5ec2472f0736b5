//! The customer chooses the channel; the promise must not depend on it. How far channels are apart.

use std::collections::BTreeMap;

use serde::Serialize;
use smol_str::SmolStr;

use super::figures::LevelCounts;
use super::honest::Waits;
use crate::model::{Case, Millis};

/// How far channels are apart in what they promise; null where fewer than two can be compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// In the honest median of the time to an answer, seconds.
    pub answer_s: Option<Apart<i64>>,
    /// In the share of answer levels met, of those that are not running any more.
    pub answer_met: Option<Apart<f64>>,
}

/// The channels that are farthest apart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Apart<V> {
    /// The largest less the smallest; null if the largest is not known.
    pub difference: Option<V>,
    /// The channel with the largest.
    pub largest: Extreme<V>,
    /// The channel with the smallest.
    pub smallest: Extreme<V>,
}

/// A channel at one end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Extreme<V> {
    /// The channel.
    pub channel: SmolStr,
    /// What it has; null if it is larger than can be told yet: fewer than half of the cases are answered.
    pub value: Option<V>,
    /// Of how many cases.
    pub n: u64,
}

/// What is compared, by channel.
#[derive(Clone, Debug, Default)]
pub(super) struct Channels(BTreeMap<SmolStr, (Waits, LevelCounts)>);

impl Channels {
    pub fn add(&mut self, case: &Case) {
        let (answers, levels) = self.0.entry(case.channel.clone()).or_default();
        answers.add_answer(case);
        levels.add(case.sla_answer);
    }

    pub fn spread(&self, as_of: Millis) -> Spread {
        let times = self.0.iter().filter_map(|(channel, (answers, _))| {
            let honest = answers.honest(as_of);
            let extreme = Extreme {
                channel: channel.clone(),
                value: honest.p50,
                n: honest.n,
            };
            (honest.n > 0).then_some(extreme)
        });
        let met = self.0.iter().filter_map(|(channel, (_, levels))| {
            let n = levels.met + levels.breached;
            let extreme = Extreme {
                channel: channel.clone(),
                value: Some(levels.met as f64 / n as f64),
                n,
            };
            (n > 0).then_some(extreme)
        });
        Spread {
            answer_s: apart(times.collect()),
            answer_met: apart(met.collect()),
        }
    }
}

/// The ends, the first by name of equal ones; an unknown value is larger than all others.
fn apart<V: Copy + PartialOrd + std::ops::Sub<Output = V>>(
    mut channels: Vec<Extreme<V>>,
) -> Option<Apart<V>> {
    use std::cmp::Ordering::{Equal, Greater, Less};
    channels.sort_by(|a, b| match (a.value, b.value) {
        (Some(a), Some(b)) => a.partial_cmp(&b).unwrap_or(Equal),
        (Some(_), None) => Less,
        (None, Some(_)) => Greater,
        (None, None) => Equal,
    });
    let smallest = channels.first()?.clone();
    let largest = channels
        .iter()
        .find(|channel| channel.value == channels[channels.len() - 1].value)?
        .clone();
    let value = smallest.value?;
    (channels.len() > 1).then(|| Apart {
        difference: largest.value.map(|largest| largest - value),
        largest,
        smallest,
    })
}

#[cfg(test)]
mod tests {
    use super::{Channels, Spread};
    use crate::model::{Case, Millis, SlaState};

    fn case(channel: &str, answered_s: Option<i64>, answer: SlaState) -> Case {
        Case {
            channel: channel.into(),
            waits: 1,
            answered_at: answered_s.map(|s| Millis(s * 1000)),
            first_response_ms: answered_s.map(|s| s * 1000),

            sla_answer: answer,
            ..Case::default()
        }
    }

    fn spread(cases: &[Case]) -> Spread {
        let mut channels = Channels::default();
        cases.iter().for_each(|case| channels.add(case));
        channels.spread(Millis(1_000_000))
    }

    #[test]
    fn the_largest_less_the_smallest_with_their_channels() {
        let found = spread(&[
            case("chat", Some(60), SlaState::Met),
            case("email", Some(600), SlaState::Met),
            case("email", Some(700), SlaState::Breached),
            case("phone", Some(30), SlaState::Running),
        ]);
        let times = found.answer_s.expect("three channels");
        assert_eq!(times.difference, Some(570));
        assert_eq!((&*times.largest.channel, times.largest.n), ("email", 2));
        assert_eq!(
            (&*times.smallest.channel, times.smallest.value),
            ("phone", Some(30))
        );
        // Of the phone nothing is decided.
        let met = found.answer_met.expect("two channels");
        assert_eq!(met.difference, Some(0.5));
        assert_eq!((&*met.largest.channel, &*met.smallest.channel), ("chat", "email"));
    }

    #[test]
    fn who_does_not_answer_is_the_slowest() {
        let none = SlaState::None;
        let found = spread(&[case("chat", Some(60), none), case("email", None, none)]);
        let times = found.answer_s.expect("two channels");
        assert_eq!((&*times.largest.channel, times.largest.value), ("email", None));
        assert_eq!((times.difference, times.smallest.value), (None, Some(60)));
        assert_eq!(found.answer_met, None);
    }

    #[test]
    fn one_channel_cannot_be_apart() {
        let none = SlaState::None;
        assert_eq!(spread(&[case("chat", Some(60), none)]), Spread::default());
        assert_eq!(
            spread(&[case("chat", None, none), case("email", None, none)]),
            Spread::default()
        );
    }
}
