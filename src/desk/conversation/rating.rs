//! Rule 12, stars of a review: the first ones given are severity; what a later version makes of them is
//! advocacy.

use super::fact::{Fact, Said};
use crate::desk::score::{Score, Scored};
use crate::model::{Millis, SurveyScale};

/// Stars as a version gave them: its revision, its edit time, the stars.
type Given = (i64, Option<Millis>, f64);

/// The stars first given, by whichever version.
pub fn first(fact: &Fact) -> Option<f64> {
    given(fact).next().map(|(_, _, stars)| stars)
}

/// The last change of a review's stars; none while they are those first given. It counts from when the
/// version was edited, if that is known.
pub fn revised(fact: &Fact) -> Option<Scored> {
    let later = given(fact).skip(1);
    let changes = given(fact).zip(later).filter(|(before, now)| before.2 != now.2);
    let (_, (revision, edited, stars)) = changes.last()?;
    Some(Scored {
        at: edited.unwrap_or(fact.own_at()),
        id: fact.id.clone(),
        revision: revision.max(1), // zero is a survey's
        score: Score {
            value: stars,
            scale: SurveyScale::Stars1To5,
        },
    })
}

fn given(fact: &Fact) -> impl Iterator<Item = Given> {
    fact.all_said().filter_map(|(revision, edited, said)| match said {
        Said::Customer(said) => Some((revision, edited, said.stars?)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::{first, revised};
    use crate::config::rules::{HashSecret, RuleSettings};
    use crate::desk::conversation::fact::Fact;
    use crate::desk::conversation::record;
    use crate::desk::conversation::version::join;
    use crate::desk::keys::Keys;
    use crate::model::{Complaint, Millis};

    fn version(revision: i64, stars: Option<f64>, edited_at: Option<Millis>) -> Fact {
        let complaint = Complaint {
            id: "m".into(),
            channel: "review".into(),
            revision,
            rating: stars,
            occurred_at: Millis(5),
            edited_at,
            ..Complaint::default()
        };
        record::customer(
            &RuleSettings::default(),
            &Keys::new(HashSecret::TRIAL),
            &complaint,
        )
    }

    fn joined(versions: impl Iterator<Item = Fact>) -> Fact {
        versions
            .fold(Vec::new(), |known, came| {
                if known.is_empty() {
                    return vec![(came, Vec::new())];
                }
                join(known, (came, Vec::new()), &HashSecret::TRIAL)
                    .expect("it is new")
                    .facts
            })
            .remove(0)
            .0
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
            let edited = |number| Some(Millis(number * 100)).filter(|_| number > 0);
            let revision = |(number, stars)| version(number, stars, edited(number));
            let all: Vec<_> = (0..).zip(stars.iter().copied()).map(revision).collect();
            for fact in [joined(all.iter().cloned()), joined(all.iter().rev().cloned())] {
                let found = revised(&fact);
                let found = found.map(|scored| (scored.score.value, scored.revision, scored.at));
                let wanted = score.map(|(value, number)| (value, number, Millis(number * 100)));
                assert_eq!(found, wanted, "{stars:?}");
                assert_eq!(first(&fact), stars.iter().copied().flatten().next(), "{stars:?}");
            }
        }
    }

    #[test]
    fn without_an_edit_time_the_message_s_own_counts() {
        let fact = joined([version(0, Some(1.0), None), version(1, Some(4.0), None)].into_iter());
        assert_eq!(revised(&fact).map(|scored| scored.at), Some(Millis(5)));
    }
}
