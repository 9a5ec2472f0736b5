//! Where a member stands in its party's order: a case by its opening, a survey by when it was answered.

use serde::{Deserialize, Serialize};

use super::members::Member;
use crate::model::Millis;

/// A place in the order of a party's members. Of cases that opened at one moment, the one with the smaller id is
/// the earlier; a survey of that moment comes after them, since it may ask about them (rule 12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// When it opened, or was answered; of what has left the party, before everything.
    pub at: Millis,
    is_survey: bool,
    id: u128,
}

impl Place {
    /// After everything.
    pub const END: Self = Self::after(Millis(i64::MAX));

    /// The place of a member.
    pub fn of(member: &Member) -> Self {
        match &member.survey {
            Some(survey) => Self {
                at: survey.scored.at,
                is_survey: true,
                id: member.case.conversation,
            },
            None => Self {
                at: member.summary.opened_at,
                is_survey: false,
                id: member.summary.case_id.0.as_u128(),
            },
        }
    }

    /// Before all of a moment.
    pub const fn before(at: Millis) -> Self {
        Self {
            at,
            is_survey: false,
            id: 0,
        }
    }

    /// After all of a moment.
    pub const fn after(at: Millis) -> Self {
        Self {
            at,
            is_survey: true,
            id: u128::MAX,
        }
    }
}
