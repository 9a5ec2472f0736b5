//! Rule 8, reply only twice: after the second public human reply, move to a private channel.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::model::{Millis, ReplyLimitState};

/// Replies within this of the first of them, with no customer message between, are one reply that
/// was split over several posts.
pub const SPLIT_MS: i64 = 2 * 60 * 1000;

/// Public human replies of a case since it opened or was opened again; split posts count once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicReplies {
    counted: u32,
    group: Option<Millis>,
}

/// Where a case stands against its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No limit holds here.
    Unlimited,
    /// `left` more public replies are fine.
    Open {
        /// At least one.
        left: u32,
    },
    /// The last reply was the final public one.
    Reached,
    /// There were replies too many.
    Exceeded {
        /// How many too many.
        by: u32,
    },
}

impl PublicReplies {
    /// A public human reply at this time, not before the ones already counted.
    pub fn reply(&mut self, at: Millis) {
        if self.group.is_none_or(|first| at.since(first) > SPLIT_MS) {
            self.counted += 1;
            self.group = Some(at);
        }
    }

    /// A customer message: the next reply is another one, however soon it comes.
    pub fn interrupted(&mut self) {
        self.group = None;
    }

    /// Where the case stands against `limit`.
    pub fn standing(self, limit: Option<NonZeroU32>) -> Standing {
        let Some(limit) = limit else {
            return Standing::Unlimited;
        };
        match self.counted.checked_sub(limit.get()) {
            None => Standing::Open {
                left: limit.get() - self.counted,
            },
            Some(0) => Standing::Reached,
            Some(by) => Standing::Exceeded { by },
        }
    }
}

impl Standing {
    /// The standing as a case record has it.
    pub fn state(self) -> ReplyLimitState {
        match self {
            Self::Unlimited | Self::Open { .. } => ReplyLimitState::Ok,
            Self::Reached => ReplyLimitState::Reached,
            Self::Exceeded { .. } => ReplyLimitState::Exceeded,
        }
    }

    /// Public replies left; `None` without a limit.
    pub fn left(self) -> Option<u32> {
        match self {
            Self::Unlimited => None,
            Self::Open { left } => Some(left),
            Self::Reached | Self::Exceeded { .. } => Some(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PublicReplies, Standing::*};
    use crate::model::Millis;

    #[test]
    fn replies_in_public_against_a_limit_of_two() {
        const C: i64 = -1; // a customer message instead of a reply at so many seconds
        //    given                                     then the case is
        for (story, standing) in [
            (&[][..], Open { left: 2 }),
            (&[0], Open { left: 1 }),
            (&[0, 600], Reached),
            (&[0, 600, 1200], Exceeded { by: 1 }),
            (&[0, 30, 120], Open { left: 1 }), // one reply, split over three posts
            (&[0, 30, 121], Reached),          // the third came too late to be part of it
            (&[0, C, 30], Reached),            // a customer message between: two replies
            (&[0, 30, C, 600, 610], Reached),
        ] {
            let mut replies = PublicReplies::default();
            for &second in story {
                match second {
                    C => replies.interrupted(),
                    s => replies.reply(Millis(s * 1000)),
                }
            }
            assert_eq!(replies.standing(2.try_into().ok()), standing, "{story:?}");
        }
    }

    #[test]
    fn without_a_limit_any_number_is_fine() {
        let mut replies = PublicReplies::default();
        (0..9).for_each(|i| replies.reply(Millis(i * 1_000_000)));
        assert_eq!(replies.standing(None), Unlimited);
    }
}
