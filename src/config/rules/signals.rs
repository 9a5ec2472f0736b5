//! When something that shows only in the sum becomes a signal (rules 13, 14, 20, 22).

use std::num::NonZeroU32;

use super::Span;

/// Days of the week, Monday first, on which traffic is that of a day of rest.
pub type RestDays = [bool; 7];

/// What signals run on.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalRules {
    /// How long after a moment what happened then may still come in; only then is it decided.
    pub lateness: Span,
    /// When it is a surge; `None`: surges are not looked for.
    pub surge: Option<SurgeRules>,
    /// For how long nobody must have answered in a channel where customers speak; `None`: that is not
    /// looked for.
    pub deaf_after: Option<Span>,
    /// Over how long surveys are compared, in whole hours.
    pub advocacy_window: Span,
    /// Whom it is worth asking.
    pub panel: PanelRules,
}

impl Default for SignalRules {
    fn default() -> Self {
        Self {
            lateness: Span::minutes(10),
            surge: Some(SurgeRules::default()),
            deaf_after: Some(Span::days(3)),
            advocacy_window: Span::days(7),
            panel: PanelRules::default(),
        }
    }
}

impl SignalRules {
    /// The advocacy window in hours, at least one.
    pub fn advocacy_hours(&self) -> i64 {
        self.advocacy_window.ms().div_euclid(3_600_000).max(1)
    }
}

/// When it is a surge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SurgeRules {
    /// How many times the usual rate is looked for, above 1. What is nearer to it than to the usual is
    /// found too, later.
    pub factor: f64,
    /// The evidence that makes a surge. If nothing changes, it takes exp(evidence) minutes in the mean
    /// until there is so much by chance.
    pub evidence: f64,
    /// The evidence that makes an end of it: for the usual rate, against the factor's square root. So
    /// what is between the two neither begins a surge nor ends it.
    pub calm: f64,
    /// Days of the week with a rhythm of their own.
    pub rest_days: RestDays,
}

impl Default for SurgeRules {
    /// Three times the usual, by chance once in two years of minutes, over at a thousand to one; Saturday
    /// and Sunday are days of rest.
    fn default() -> Self {
        Self {
            factor: 3.0,
            evidence: 1e6_f64.ln(),
            calm: 1e3_f64.ln(),
            rest_days: [false, false, false, false, false, true, true],
        }
    }
}

/// Which parties are worth asking for advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PanelRules {
    /// Scores by one instrument, all of a promoter, that make a constant one.
    pub constant_scores: NonZeroU32,
    /// The lifetime value from which on an open detractor is a candidate, in the CRM's currency.
    pub lifetime_value: u32,
    /// The audience of an open case from which on its detractor is a candidate.
    pub audience: u32,
}

impl Default for PanelRules {
    fn default() -> Self {
        const THREE: NonZeroU32 = NonZeroU32::new(3).expect("three is not zero");
        Self {
            constant_scores: THREE,
            lifetime_value: 10_000,
            audience: 10_000,
        }
    }
}
