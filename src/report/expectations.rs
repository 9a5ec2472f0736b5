//! Rule 29, expectation beside fulfilment: how many customers of a channel expect an answer, and how many of those
//! who waited for one got it.

use std::collections::BTreeMap;

use serde::Serialize;
use smol_str::SmolStr;

use crate::model::Case;

/// Expectation and fulfilment in a channel.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Expectation {
    /// The channel.
    pub channel: SmolStr,
    /// The share of its customers who expect an answer, as the configuration says; from 0 to 1.
    pub expects: f64,
    /// Cases in which somebody waited for an answer.
    pub waited: u64,
    /// The share of them that got one; who still waits counts as without.
    pub answered: f64,
}

/// What is expected by channel, and a running count of cases.
#[derive(Clone, Debug, Default)]
pub(super) struct Expectations {
    expects: BTreeMap<SmolStr, f64>,
    counted: BTreeMap<SmolStr, Waited>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Waited {
    all: u64,
    answered: u64,
}

impl Expectations {
    pub fn new<'n>(expects: impl IntoIterator<Item = (&'n str, f64)>) -> Self {
        let expects = expects.into_iter();
        Self {
            expects: expects.map(|(name, share)| (name.into(), share)).collect(),
            counted: BTreeMap::new(),
        }
    }

    pub fn add(&mut self, case: &Case) {
        if case.waits > 0 {
            let waited = self.counted.entry(case.channel.clone()).or_default();
            waited.all += 1;
            waited.answered += u64::from(case.answered_at.is_some());
        }
    }

    /// Of the channels of which it is known what is expected, and where somebody waited.
    pub fn shown(&self) -> Vec<Expectation> {
        let both = self.expects.iter().filter_map(|(channel, expects)| {
            let Waited { all, answered } = *self.counted.get(channel)?;
            Some(Expectation {
                channel: channel.clone(),
                expects: *expects,
                waited: all,
                answered: answered as f64 / all as f64,
            })
        });
        both.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Expectation, Expectations};
    use crate::model::{Case, Millis};

    #[test]
    fn who_waits_counts_as_without_an_answer_and_praise_expects_none() {
        let mut expectations = Expectations::new([("email", 0.89), ("phone", 0.91)]);
        //   channel   waits  answered
        for (channel, waits, answered) in [
            ("email", 1, true),
            ("email", 2, true),
            ("email", 1, true),
            ("email", 1, false),
            ("email", 0, false), // mere praise
            ("chat", 1, true),   // nobody knows what is expected there
        ] {
            expectations.add(&Case {
                channel: channel.into(),
                waits,
                answered_at: answered.then_some(Millis(5)),
                ..Case::default()
            });
        }
        let email = Expectation {
            channel: "email".into(),
            expects: 0.89,
            waited: 4,
            answered: 0.75,
        };
        assert_eq!(expectations.shown(), [email]);
    }
}
