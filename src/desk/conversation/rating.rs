//! Rules 1 and 12, stars of a review: the first ones given are severity; what a later revision makes of
//! them is advocacy.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::desk::score::{Score, Scored};
use crate::model::{Complaint, Millis, SurveyScale};

/// Revisions with stars that a message remembers: the first, and the last ones.
const REMEMBERED: usize = 16;

/// Stars as one revision gave them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Rating {
    revision: i64,
    at: Millis,
    stars: f64,
}

/// The stars that the revisions of one message gave, in the order of the revisions, whatever the order
/// they arrived in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ratings(SmallVec<[Rating; 0]>);

impl Ratings {
    /// What one revision gave. It counts from when it was edited, if the source says so.
    pub fn of(complaint: &Complaint) -> Self {
        let stars = complaint.rating.filter(|_| !complaint.deleted);
        let rating = stars.map(|stars| Rating {
            revision: complaint.revision,
            at: complaint.edited_at.unwrap_or(complaint.occurred_at),
            stars,
        });
        Self(rating.into_iter().collect())
    }

    /// Takes in what other revisions gave.
    pub fn merge(&mut self, other: &Self) {
        for rating in &other.0 {
            let Err(place) = self
                .0
                .binary_search_by_key(&rating.revision, |known| known.revision)
            else {
                continue;
            };
            self.0.insert(place, *rating);
            if self.0.len() > REMEMBERED {
                self.0.remove(1);
            }
        }
    }

    /// The stars first given.
    pub fn first(&self) -> Option<f64> {
        self.0.first().map(|rating| rating.stars)
    }

    /// The last change of the stars, as a score of the message `id`; none while they are those first
    /// given.
    pub fn revised(&self, id: &str) -> Option<Scored> {
        let mut changes = self.0.windows(2).filter(|pair| pair[0].stars != pair[1].stars);
        let last = changes.next_back()?[1];
        Some(Scored {
            at: last.at,
            id: id.into(),
            revision: last.revision,
            score: Score {
                value: last.stars,
                scale: SurveyScale::Stars1To5,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{REMEMBERED, Ratings};
    use crate::model::{Complaint, Millis};

    fn revision(revision: i64, stars: Option<f64>) -> Ratings {
        Ratings::of(&Complaint {
            revision,
            rating: stars,
            occurred_at: Millis(0),
            edited_at: Some(Millis(revision * 100)),
            ..Complaint::default()
        })
    }

    #[test]
    fn only_stars_that_change_are_a_score() {
        //   given stars by revision                          then the score, and by which revision
        for (stars, score) in [
            (&[None][..], None),
            (&[Some(1.0)], None), // first given: severity
            (&[None, Some(1.0)], None),
            (&[Some(1.0), Some(1.0)], None),
            (&[Some(1.0), None], None),
            (&[Some(1.0), Some(5.0)], Some((5.0, 1))),
            (&[Some(1.0), None, Some(5.0)], Some((5.0, 2))),
            (&[Some(1.0), Some(5.0), Some(5.0)], Some((5.0, 1))),
            (&[Some(5.0), Some(1.0), Some(5.0)], Some((5.0, 2))),
        ] {
            let revisions = || (0..).zip(stars).map(|(number, stars)| revision(number, *stars));
            let mut forward = Ratings::default();
            revisions().for_each(|other| forward.merge(&other));
            let mut backward = Ratings::default();
            revisions()
                .collect::<Vec<_>>()
                .iter()
                .rev()
                .for_each(|other| backward.merge(other));
            assert_eq!(forward, backward, "{stars:?}");
            let found = forward.revised("m");
            let found = found.map(|scored| (scored.score.value, scored.revision, scored.at));
            let wanted = score.map(|(value, number)| (value, number, Millis(number * 100)));
            assert_eq!(found, wanted, "{stars:?}");
        }
    }

    #[test]
    fn of_many_the_first_and_the_last_are_remembered_in_any_order() {
        let many = 3 * i64::try_from(REMEMBERED).expect("a few");
        let stars = |number: i64| Some(if number % 2 == 0 { 1.0 } else { 5.0 });
        let mut up = Ratings::default();
        (0..many).for_each(|number| up.merge(&revision(number, stars(number))));
        let mut down = Ratings::default();
        (0..many)
            .rev()
            .for_each(|number| down.merge(&revision(number, stars(number))));
        assert_eq!(up, down);
        assert_eq!(up.0.len(), REMEMBERED);
        assert_eq!(up.0[0].revision, 0);
    }

    #[test]
    fn without_an_edit_time_the_message_s_own_counts() {
        let complaint = Complaint {
            revision: 1,
            rating: Some(4.0),
            occurred_at: Millis(7),
            ..Complaint::default()
        };
        let mut ratings = revision(0, Some(1.0));
        ratings.merge(&Ratings::of(&complaint));
        assert_eq!(ratings.revised("m").map(|scored| scored.at), Some(Millis(7)));
    }
}
