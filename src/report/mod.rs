//! The report: figures of groups of cases, folded from the latest record of each case.
//!
//! Pure. `heard report` reads the `cases` topic, folds each case in with [`Report::add`], and shows
//! [`Shown`] as tables ([`table`], [`lines`]) or as JSON.
//!
//! - [`figures`]: what is counted and measured of a group; [`honest`]: times with those still waiting;
//!   [`spectators`]: who saw that nobody answered; [`advocacy`]: surveys. [`hatrix`], [`expectations`] and [`spread`]
//!   compare: answered and unanswered cases, what is expected and what is done, channels.
//! - [`dimension`]: by what cases are grouped; [`filter`]: which cases are meant.

pub mod advocacy;
pub mod dimension;
pub mod expectations;
pub mod figures;
pub mod filter;
pub mod hatrix;
pub mod honest;
pub mod lines;
pub mod spectators;
pub mod spread;
pub mod table;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{Case, Millis};
pub use dimension::{Dimension, Labels};
use expectations::{Expectation, Expectations};
use figures::Tally;
pub use figures::{Durations, Figures};
pub use filter::Filter;
use hatrix::{Comparison, Hatrix};
use spread::{Channels, Spread};

/// Figures of everything, and of each group.
#[derive(Clone, Debug)]
pub struct Report {
    by: Vec<Dimension>,
    filter: Filter,
    total: Tally,
    groups: BTreeMap<Labels, Tally>,
    comparison: Comparison,
    expectations: Expectations,
    channels: Channels,
}

/// A report as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// The time as of which cases still wait, milliseconds since 1970-01-01T00:00Z.
    pub as_of: Millis,
    /// Which cases it is of.
    pub filter: Filter,
    /// What groups differ in.
    pub by: Vec<Dimension>,
    /// Of all cases.
    pub total: Figures,
    /// By the dimensions asked for, in their order.
    pub groups: Vec<Group>,
    /// Promoters among answered and unanswered cases, by channel and instrument.
    pub hatrix: Vec<Hatrix>,
    /// What customers expect beside what they got, by channel, where that is known.
    pub expectations: Vec<Expectation>,
    /// How far channels are apart.
    pub spread: Spread,
}

/// The figures of one group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// What its cases have in common.
    #[serde(flatten)]
    pub labels: Labels,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

impl Default for Report {
    /// Of all cases, by channel and stage.
    fn default() -> Self {
        Self::new(&[Dimension::Channel, Dimension::Stage], Filter::default())
    }
}

impl Report {
    /// A report of the cases that are meant, by these dimensions; one that is named twice counts once.
    pub fn new(by: &[Dimension], filter: Filter) -> Self {
        let mut dimensions = Vec::new();
        for dimension in by {
            if !dimensions.contains(dimension) {
                dimensions.push(*dimension);
            }
        }
        Self {
            by: dimensions,
            filter,
            total: Tally::default(),
            groups: BTreeMap::new(),
            comparison: Comparison::default(),
            expectations: Expectations::default(),
            channels: Channels::default(),
        }
    }

    /// The same with the share of customers who expect an answer, by channel.
    pub fn expecting<'n>(self, expects: impl IntoIterator<Item = (&'n str, f64)>) -> Self {
        Self {
            expectations: Expectations::new(expects),
            ..self
        }
    }

    /// Counts a case in, if it is meant.
    pub fn add(&mut self, case: &Case) {
        let is_meant = self.filter.takes(case);
        self.comparison.add(case, is_meant);
        if !is_meant {
            return;
        }
        let labels = Labels(self.by.iter().map(|of| (*of, of.of(case))).collect());
        self.groups.entry(labels).or_default().add(case);
        self.total.add(case);
        self.expectations.add(case);
        self.channels.add(case);
    }

    /// The figures of all cases counted in. `as_of` says how long those have waited that still wait; the
    /// other figures are of the cases as they stand.
    pub fn show(&self, as_of: Millis) -> Shown {
        let groups = self.groups.iter().map(|(labels, tally)| Group {
            labels: labels.clone(),
            figures: tally.figures(as_of),
        });
        Shown {
            as_of,
            filter: self.filter.clone(),
            by: self.by.clone(),
            total: self.total.figures(as_of),
            groups: groups.collect(),
            hatrix: self.comparison.hatrix(),
            expectations: self.expectations.shown(),
            spread: self.channels.spread(as_of),
        }
    }

    /// The figures of all cases together.
    pub fn total(&self, as_of: Millis) -> Figures {
        self.total.figures(as_of)
    }
}

#[cfg(test)]
mod tests {
    use super::{Dimension, Filter, Report};
    use crate::model::{Case, Millis};

    #[test]
    fn groups_are_those_asked_for_and_only_meant_cases_count() {
        let filter = Filter {
            channels: vec!["email".into(), "chat".into()],
            ..Filter::default()
        };
        let by = [Dimension::Tier, Dimension::Brand, Dimension::Tier];
        let mut report = Report::new(&by, filter);
        for (channel, brand, tier) in [
            ("email", Some("B"), Some("gold")),
            ("email", Some("A"), None),
            ("chat", Some("B"), Some("gold")),
            ("phone", Some("B"), Some("gold")),
        ] {
            report.add(&Case {
                channel: channel.into(),
                brand: brand.map(Into::into),
                tier: tier.map(Into::into),
                ..Case::default()
            });
        }
        let shown = serde_json::to_value(report.show(Millis(0))).expect("JSON");
        assert_eq!(shown["total"]["cases"], 3);
        let groups = shown["groups"].as_array().expect("a list");
        let found: Vec<_> = groups
            .iter()
            .map(|g| (g["tier"].as_str(), g["brand"].as_str(), g["cases"].as_u64()))
            .collect();
        // Those of whom nothing is known are last.
        assert_eq!(
            found,
            [(Some("gold"), Some("B"), Some(2)), (None, Some("A"), Some(1))]
        );
        assert!(groups[0].get("channel").is_none());
    }
}
