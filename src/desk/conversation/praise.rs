//! Praise and thanks (rule 2): no waiting clock runs, and somebody should thank for them.
//!
//! They are handed out like a wait, with a next step and without urgency. Whoever thanks ends it; so do a
//! complaint that follows and a status that closes the case, since then there is other work. What nobody
//! has thanked for within the channel's patience is taken back: thanks that come late are none.
//!
//! | given | then the work item is |
//! |---|---|
//! | praise | open, next step THANK |
//! | a reply of a person | done |
//! | RESOLVED or LET_GO | done |
//! | a complaint in the same case | done; the complaint has its own |
//! | praise while the customer waits for a reply | none: the reply answers both |
//! | nothing, until patience has run out | withdrawn |

use super::fold::{Fold, Mark};
use super::wait::Wait;
use crate::config::rules::ChannelRules;
use crate::model::Millis;

impl Fold {
    /// The customer praises or thanks.
    pub(super) fn praised(&mut self, mark: Mark, late: bool) {
        match &mut self.praise {
            _ if self.open.is_some() => {}
            Some(praise) => praise.extend(mark, late),
            None => {
                self.praise = Some(Wait {
                    praise: true,
                    ..Wait::begin(mark, late)
                });
            }
        }
    }

    /// Somebody has thanked, or has other work now.
    pub(super) fn thanked(&mut self, at: Millis, closed: &mut Vec<Wait>) {
        closed.extend(self.praise.take().map(|praise| Wait {
            closed: Some(at),
            ..praise
        }));
    }

    /// What is to be handed out: the open wait, else the praise.
    pub(super) fn handed(&self) -> Option<&Wait> {
        self.open.as_ref().or(self.praise.as_ref())
    }

    /// When it is too late to thank.
    pub fn praise_ends(&self, rules: &ChannelRules) -> Option<Millis> {
        let praise = self.praise.as_ref()?;
        Some(praise.first.at.plus(rules.patience.ms()))
    }
}
