//! Rule 1, an edit that says something else: the customer speaks again.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::fact::{CustomerSaid, Said};
use super::version::Version;
use crate::config::rules::HashSecret;
use crate::model::Millis;
use crate::text::{Category, Sketch};

/// An edit that says something else than the version before it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Again {
    /// When it was edited.
    pub at: Millis,
    /// The stars that it gives.
    pub stars: Option<f64>,
}

/// Rule 1, edits that say something else. Of versions in their order, each that takes nothing out is compared with
/// the one before it; when it was edited must be known.
pub(super) fn said_again<'v>(
    versions: impl Iterator<Item = &'v Version>,
    began: Millis,
    secret: &HashSecret,
) -> SmallVec<[Again; 0]> {
    let mut again = SmallVec::new();
    let mut before: Option<&CustomerSaid> = None;
    for version in versions.filter(|version| !version.deleted) {
        let Said::Customer(now) = &version.said else {
            return again;
        };
        let edited = version.edit_time(began).filter(|at| *at > began);
        if let Some((at, before)) = edited.zip(before)
            && says_else(before, now, secret)
        {
            let stars = now.stars;
            again.push(Again { at, stars });
        }
        before = Some(now);
    }
    again
}

/// Whether an edit says something else: its rating fell, or a term of danger, law or leaving is new in it, or its
/// text is no near-identical one (rule 10's measure) and long enough to be compared.
fn says_else(before: &CustomerSaid, now: &CustomerSaid, secret: &HashSecret) -> bool {
    let fell = before.stars.zip(now.stars).is_some_and(|(was, is)| is < was);
    let warns = |category| now.severity.says(category) && !before.severity.says(category);
    let is_other = || {
        let was = sketch_of(before, secret);
        sketch_of(now, secret).is_some_and(|is| was.is_none_or(|was| !was.is_near(&is)))
    };
    fell || [Category::Safety, Category::Legal, Category::Churn]
        .into_iter()
        .any(warns)
        || is_other()
}

/// What a text is compared by.
pub(super) fn sketch_of(said: &CustomerSaid, secret: &HashSecret) -> Option<Arc<Sketch>> {
    said.sketch
        .clone()
        .or_else(|| Sketch::of(&said.excerpt, secret).map(Arc::new))
}
