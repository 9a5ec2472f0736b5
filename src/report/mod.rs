//! The report: figures per channel and stage, folded from the latest record of each case.
//!
//! Pure. `heard report` reads the `cases` topic, folds each case in with [`Report::add`], and shows
//! [`Figures`] as a table ([`table`]) or as JSON. The honest median (rule 15) and Hatrix (rule 13)
//! belong beside [`figures::Durations`] when they come.

pub mod figures;
pub mod table;

use std::collections::BTreeMap;

use serde::Serialize;
use smol_str::SmolStr;

use crate::model::{Case, Stage};
use figures::Tally;
pub use figures::{Durations, Figures};

/// Figures of everything, and of each channel and stage.
#[derive(Clone, Debug, Default)]
pub struct Report {
    total: Tally,
    groups: BTreeMap<(SmolStr, Stage), Tally>,
}

/// A report as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// Of all cases.
    pub total: Figures,
    /// By channel and stage, in that order.
    pub groups: Vec<Group>,
}

/// The figures of one channel and stage.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// The channel.
    pub channel: SmolStr,
    /// The stage: a private message in a public channel is offstage.
    pub stage: Stage,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

impl Report {
    /// Counts a case in.
    pub fn add(&mut self, case: &Case) {
        self.total.add(case);
        let group = self.groups.entry((case.channel.clone(), case.stage));
        group.or_default().add(case);
    }

    /// The figures of all cases counted in.
    pub fn show(&self) -> Shown {
        let groups = self.groups.iter().map(|((channel, stage), tally)| Group {
            channel: channel.clone(),
            stage: *stage,
            figures: tally.figures(),
        });
        Shown {
            total: self.total.figures(),
            groups: groups.collect(),
        }
    }
}
