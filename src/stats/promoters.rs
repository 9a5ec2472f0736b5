//! Rule 13, Hatrix: promoters among answered cases less those among unanswered ones.

use super::difference::Difference;
use super::proportion::Proportion;

/// Surveys on each side of the comparison, below which nothing is said of a difference.
pub const ENOUGH: u64 = 30;

/// Surveyed cases of one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Promoters {
    /// Cases with a survey.
    pub surveyed: u64,
    /// Of those, promoters.
    pub promoters: u64,
}

impl Promoters {
    /// Their share, if there are [`ENOUGH`].
    fn share(self) -> Option<Proportion> {
        if self.surveyed < ENOUGH {
            return None;
        }
        Proportion::new(self.promoters, self.surveyed)
    }
}

/// The difference of the shares, if both sides have [`ENOUGH`]. It is an association: nobody drew lots for
/// who gets an answer.
pub fn association(answered: Promoters, unanswered: Promoters) -> Option<Difference> {
    let (first, second) = answered.share().zip(unanswered.share())?;
    Some(Difference { first, second })
}
