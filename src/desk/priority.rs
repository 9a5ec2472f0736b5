//! Rule 11, priority: a sum of named terms, all of them told, so that everybody can see why.

use crate::config::rules::Weights;
use crate::model::{Priority, PriorityTerm};
use crate::text::Category;

/// What is known of a wait and its customer, as far as it makes it urgent. Nothing known is the default.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Facts<'a> {
    /// What was unanswered or unsolved in private is said in public now (rule 9).
    pub escalated: bool,
    /// The first star rating, 1 to 5. A revised one is advocacy (rule 12).
    pub rating: Option<i32>,
    /// Sentiment, from -1 to 1.
    pub sentiment: Option<f64>,
    /// What the words of the text tell of.
    pub words: &'a [Category],
    /// People who can see it.
    pub audience: Option<i64>,
    /// The customer's tier.
    pub tier: Option<&'a str>,
    /// What the customer is worth, in the enterprise's currency.
    pub lifetime_value: Option<f64>,
    /// The customer needs special care.
    pub vulnerable: bool,
    /// They complained of the matter before (rules 9, 16).
    pub repeat: bool,
    /// Their messages while they waited already.
    pub chasers: u32,
    /// A promise to them was broken (rule 21).
    pub broken_promise: bool,
    /// A clock of the case is at risk, or over (rule 5).
    pub at_risk: bool,
}

/// Ranks a wait. Terms of no points are left out; the others come in the order of the rule.
///
/// No term is negative: abuse never lowers priority, and an unknown customer, of whom there is nothing to
/// count, ranks with any known one of whom nothing special is known.
pub fn rank(facts: &Facts<'_>, weights: &Weights) -> Priority {
    let if_so = |holds: bool, points: u32| if holds { points } else { 0 };
    let says = |category| facts.words.contains(&category);
    let chasers = facts
        .chasers
        .saturating_mul(weights.chaser)
        .min(weights.chasers_most);
    let terms = [
        ("escalated", if_so(facts.escalated, weights.escalated)),
        ("severity.rating", rating(facts.rating, weights.rating)),
        (
            "severity.sentiment",
            sentiment(facts.sentiment, weights.sentiment),
        ),
        ("severity.safety", if_so(says(Category::Safety), weights.safety)),
        ("severity.legal", if_so(says(Category::Legal), weights.legal)),
        ("severity.churn", if_so(says(Category::Churn), weights.churn)),
        (
            "audience",
            tenfolds(facts.audience.unwrap_or(0)).saturating_mul(weights.audience),
        ),
        ("tier", facts.tier.map_or(0, |tier| weights.tier(tier))),
        // As whole units: the cast keeps to the ends of the type, and nothing stays nothing.
        (
            "lifetime_value",
            tenfolds(facts.lifetime_value.unwrap_or(0.0) as i64).saturating_mul(weights.lifetime_value),
        ),
        ("vulnerable", if_so(facts.vulnerable, weights.vulnerable)),
        ("repeat", if_so(facts.repeat, weights.repeat)),
        ("chasers", chasers),
        (
            "broken_promise",
            if_so(facts.broken_promise, weights.broken_promise),
        ),
        ("at_risk", if_so(facts.at_risk, weights.at_risk)),
    ];
    let told = terms.into_iter().filter(|(_, points)| *points > 0);
    let terms: Vec<_> = told
        .map(|(name, points)| PriorityTerm {
            name: name.into(),
            points: i32::try_from(points).unwrap_or(i32::MAX),
        })
        .collect();
    let score = terms
        .iter()
        .fold(0_i32, |sum, term| sum.saturating_add(term.points));
    Priority { score, terms }
}

/// One star counts in full, two stars half.
fn rating(stars: Option<i32>, weight: u32) -> u32 {
    match stars {
        Some(..=1) => weight,
        Some(2) => weight / 2,
        _ => 0,
    }
}

/// In proportion to how bad it is.
fn sentiment(sentiment: Option<f64>, weight: u32) -> u32 {
    let bad = -sentiment.unwrap_or(0.0).clamp(-1.0, 0.0);
    (bad * f64::from(weight)).round() as u32
}

/// How often ten goes into a number: 0 below ten, 1 below a hundred.
fn tenfolds(number: i64) -> u32 {
    if number > 0 { number.ilog10() } else { 0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Facts, rank};
    use crate::config::rules::Weights;
    use crate::text::Category::{self, Abuse, Churn, Legal, Safety};

    fn weights() -> Weights {
        let mut weights = Weights::default();
        weights.tiers.extend([("gold".into(), 12), ("silver".into(), 6)]);
        weights
    }

    fn told(facts: &Facts<'_>) -> String {
        let priority = rank(facts, &weights());
        let terms = priority
            .terms
            .iter()
            .map(|term| format!("{} {}", term.name, term.points));
        let terms: Vec<_> = terms.collect();
        format!("{} = {}", priority.score, terms.join(" + "))
    }

    #[test]
    fn what_each_reason_adds() {
        let none = Facts::default();
        //   given                                                            then
        for (facts, priority) in [
            (none, "0 = "),
            (
                Facts {
                    escalated: true,
                    ..none
                },
                "100 = escalated 100",
            ),
            (
                Facts {
                    rating: Some(1),
                    ..none
                },
                "20 = severity.rating 20",
            ),
            (
                Facts {
                    rating: Some(2),
                    ..none
                },
                "10 = severity.rating 10",
            ),
            (
                Facts {
                    rating: Some(3),
                    ..none
                },
                "0 = ",
            ),
            (
                Facts {
                    rating: Some(5),
                    ..none
                },
                "0 = ",
            ),
            (
                Facts {
                    sentiment: Some(-1.0),
                    ..none
                },
                "10 = severity.sentiment 10",
            ),
            (
                Facts {
                    sentiment: Some(-0.44),
                    ..none
                },
                "4 = severity.sentiment 4",
            ),
            (
                Facts {
                    sentiment: Some(0.9),
                    ..none
                },
                "0 = ",
            ),
            (
                Facts {
                    sentiment: Some(f64::NAN),
                    ..none
                },
                "0 = ",
            ),
            (
                Facts {
                    words: &[Safety],
                    ..none
                },
                "80 = severity.safety 80",
            ),
            (
                Facts {
                    words: &[Legal],
                    ..none
                },
                "40 = severity.legal 40",
            ),
            (
                Facts {
                    words: &[Churn],
                    ..none
                },
                "20 = severity.churn 20",
            ),
            (
                Facts {
                    words: &[Abuse],
                    ..none
                },
                "0 = ",
            ), // flagged, neither up nor down
            (
                Facts {
                    audience: Some(9),
                    ..none
                },
                "0 = ",
            ),
            (
                Facts {
                    audience: Some(10),
                    ..none
                },
                "5 = audience 5",
            ),
            (
                Facts {
                    audience: Some(38_000),
                    ..none
                },
                "20 = audience 20",
            ),
            (
                Facts {
                    audience: Some(-5),
                    ..none
                },
                "0 = ",
            ),
            (
                Facts {
                    tier: Some("Gold"),
                    ..none
                },
                "12 = tier 12",
            ),
            (
                Facts {
                    tier: Some("bronze"),
                    ..none
                },
                "0 = ",
            ),
            (
                Facts {
                    lifetime_value: Some(999.99),
                    ..none
                },
                "4 = lifetime_value 4",
            ),
            (
                Facts {
                    lifetime_value: Some(1000.0),
                    ..none
                },
                "6 = lifetime_value 6",
            ),
            (
                Facts {
                    lifetime_value: Some(f64::INFINITY),
                    ..none
                },
                "36 = lifetime_value 36",
            ),
            (
                Facts {
                    lifetime_value: Some(-1e9),
                    ..none
                },
                "0 = ",
            ),
            (
                Facts {
                    vulnerable: true,
                    ..none
                },
                "40 = vulnerable 40",
            ),
            (Facts { repeat: true, ..none }, "15 = repeat 15"),
            (Facts { chasers: 3, ..none }, "15 = chasers 15"),
            (
                Facts {
                    chasers: u32::MAX,
                    ..none
                },
                "25 = chasers 25",
            ),
            (
                Facts {
                    broken_promise: true,
                    ..none
                },
                "30 = broken_promise 30",
            ),
            (
                Facts {
                    at_risk: true,
                    ..none
                },
                "20 = at_risk 20",
            ),
        ] {
            assert_eq!(told(&facts), priority, "{facts:?}");
        }
    }

    #[test]
    fn all_reasons_at_once_in_the_order_of_the_rule() {
        let all = Facts {
            escalated: true,
            rating: Some(1),
            sentiment: Some(-0.5),
            words: &[Abuse, Churn, Legal, Safety],
            audience: Some(1_000),
            tier: Some("silver"),
            lifetime_value: Some(100.0),
            vulnerable: true,
            repeat: true,
            chasers: 1,
            broken_promise: true,
            at_risk: true,
        };
        assert_eq!(
            told(&all),
            "400 = escalated 100 + severity.rating 20 + severity.sentiment 5 + severity.safety 80 \
             + severity.legal 40 + severity.churn 20 + audience 15 + tier 6 + lifetime_value 4 + vulnerable 40 \
             + repeat 15 + chasers 5 + broken_promise 30 + at_risk 20"
        );
    }

    #[test]
    fn weights_beyond_all_measure_do_not_overflow() {
        let weights = Weights {
            escalated: u32::MAX,
            audience: u32::MAX,
            chasers_most: u32::MAX,
            ..Weights::default()
        };
        let facts = Facts {
            escalated: true,
            audience: Some(i64::MAX),
            chasers: u32::MAX,
            ..Facts::default()
        };
        assert_eq!(rank(&facts, &weights).score, i32::MAX);
    }

    proptest! {
        /// Trust, but verify: whatever else becomes known, nobody ranks lower for it.
        #[test]
        fn nothing_that_is_known_lowers_priority(
            escalated: bool, rating in proptest::option::of(-1..7), sentiment in proptest::option::of(-2.0..2.0),
            words in proptest::sample::subsequence(&Category::ALL[..], 0..=4), audience: Option<i64>,
            lifetime_value: Option<f64>, chasers: u32, flags: [bool; 4],
        ) {
            let [vulnerable, repeat, broken_promise, at_risk] = flags;
            let facts = Facts {
                escalated, rating, sentiment, words: &words, audience, tier: None, lifetime_value,
                vulnerable, repeat, chasers, broken_promise, at_risk,
            };
            let score = rank(&facts, &weights()).score;
            let silent = Facts { words: &[], ..facts };
            let poor = Facts { lifetime_value: None, audience: None, ..facts };
            let first = Facts { vulnerable: false, repeat: false, chasers: 0, ..facts };
            for less in [silent, poor, first] {
                let less = rank(&less, &weights()).score;
                prop_assert!(score >= less);
            }
            prop_assert!(score >= 0);
        }
    }
}
