//! Rule 12: to which of a person's cases a survey belongs that names no conversation.
//!
//! Pure, and a function of what cases and surveys say of themselves.

use smallvec::SmallVec;

use super::members::Member;
use super::panel::scores_of;
use crate::desk::message::Standing;
use crate::desk::score::{Scored, latest};
use crate::model::{CaseId, Millis, SurveyAbout};

/// How long before a survey a case may have opened and still be what it asks about, in milliseconds.
pub const ASKS_BACK_MS: i64 = 90 * 24 * 3600 * 1000;

/// Surveys that a case is told of; of more, the latest.
pub const TOLD: usize = 16;

/// The surveys that belong to the case `of`, in their order: a CASE survey belongs to the party's case
/// with the greatest opened_at at most 90 days before it.
pub fn of(of: &Member, members: &[Member]) -> SmallVec<[Scored; 0]> {
    let own = place(of);
    let present = || {
        members
            .iter()
            .filter(|member| member.standing == Standing::Member)
    };
    let asks = present().filter_map(|member| member.survey.as_ref());
    let asks = asks.filter(|survey| survey.about == SurveyAbout::Case);
    let mine = asks.filter(|survey| {
        let at = survey.scored.at;
        let rivals = present().filter(|other| other.survey.is_none() && other.case != of.case);
        could_ask_about(own, at)
            && !rivals
                .map(place)
                .any(|other| other > own && could_ask_about(other, at))
    });
    let mut mine: SmallVec<[Scored; 0]> = mine.map(|survey| survey.scored.clone()).collect();
    mine.sort_by(|a, b| a.order(b));
    let earlier = mine.len().saturating_sub(TOLD);
    mine.drain(..earlier);
    mine
}

/// The last score of the party: of its surveys and of those that its cases have of their own.
pub fn last_score<'m>(members: impl IntoIterator<Item = &'m Member>) -> Option<&'m Scored> {
    latest(members.into_iter().flat_map(scores_of))
}

/// Of cases that opened at one moment, the one with the greater id counts as the later.
fn place(member: &Member) -> (Millis, CaseId) {
    (member.summary.opened_at, member.summary.case_id)
}

fn could_ask_about((opened_at, _): (Millis, CaseId), at: Millis) -> bool {
    (0..=ASKS_BACK_MS).contains(&at.since(opened_at))
}

#[cfg(test)]
mod tests {
    use super::{TOLD, last_score, of};
    use crate::desk::message::{CaseRef, Standing};
    use crate::desk::party::members::Member;
    use crate::desk::score::{Score, Scored};
    use crate::desk::summary::Summary;
    use crate::desk::survey::Answer;
    use crate::model::{CaseId, Millis, SurveyAbout, SurveyScale};

    const DAY: i64 = 24 * 3600 * 1000;

    fn scored(id: &str, day: i64) -> Scored {
        Scored {
            at: Millis(day * DAY),
            id: id.into(),
            revision: 0,
            score: Score {
                value: 9.0,
                scale: SurveyScale::Nps0To10,
            },
        }
    }

    fn case(n: u64, opened: i64) -> Member {
        Member {
            case: CaseRef {
                conversation: n.into(),
                author: n,
            },
            membership: 1,
            number: 1,
            standing: Standing::Member,
            settled: false,
            summary: Summary {
                opened_at: Millis(opened * DAY),
                ..Summary::nothing(CaseId::new("s", "email", &n.to_string(), "a"), "email".into())
            },
            survey: None,
            told: 0,
            told_history: 0,
        }
    }

    fn survey(id: &str, day: i64, about: SurveyAbout) -> Member {
        let hash = id.bytes().fold(1000, |hash, byte| hash * 256 + u128::from(byte));
        Member {
            case: CaseRef {
                conversation: hash,
                author: 0,
            },
            summary: Summary::nothing(CaseId::default(), "".into()),
            survey: Some(Answer {
                scored: scored(id, day),
                about,
            }),
            ..case(0, 0)
        }
    }

    /// Cases 1 to 3 open on the days 0, 50 and 100.
    #[test]
    fn a_survey_belongs_to_the_latest_case_of_the_last_90_days() {
        use SurveyAbout::{Case, Relationship};
        //   given a survey on day, about           then it belongs to the case
        for (day, about, belongs) in [
            (-1, Case, None),
            (0, Case, Some(1)),
            (49, Case, Some(1)),
            (50, Case, Some(2)),
            (99, Case, Some(2)),
            (100, Case, Some(3)),
            (190, Case, Some(3)),
            (191, Case, None), // all too long ago
            (60, Relationship, None),
        ] {
            let mut all = vec![case(1, 0), survey("s", day, about), case(3, 100), case(2, 50)];
            for _ in 0..all.len() {
                all.rotate_left(1);
                let having = |case: &&Member| case.survey.is_none() && !of(case, &all).is_empty();
                let found: Vec<_> = all.iter().filter(having).map(|case| case.case.author).collect();
                assert_eq!(found, Vec::from_iter(belongs), "day {day}, {about:?}");
            }
        }
    }

    #[test]
    fn of_two_cases_of_one_moment_one_has_it() {
        let all = [case(1, 0), case(2, 0), survey("s", 1, SurveyAbout::Case)];
        let has = |member: &Member| !of(member, &all).is_empty();
        assert_ne!(has(&all[0]), has(&all[1]));
    }

    #[test]
    fn who_has_left_does_not_count() {
        let mut all = [case(1, 0), case(2, 1), survey("s", 2, SurveyAbout::Case)];
        assert!(of(&all[0], &all).is_empty());
        all[1].standing = Standing::Gone;
        assert_eq!(of(&all[0], &all).len(), 1);
        all[2].standing = Standing::Watcher;
        assert!(of(&all[0], &all).is_empty());
        assert_eq!(last_score(&all), None);
    }

    #[test]
    fn of_many_the_latest_are_told_in_their_order() {
        let mut all = vec![case(1, 0)];
        let days = 1..=i64::try_from(TOLD).expect("a few") + 4;
        all.extend(
            days.rev()
                .map(|day| survey(&format!("s{day:02}"), day, SurveyAbout::Case)),
        );
        let told: Vec<_> = of(&all[0], &all).into_iter().map(|scored| scored.id).collect();
        let wanted: Vec<_> = (5..=20).map(|day| format!("s{day:02}")).collect();
        assert_eq!(told, wanted);
    }

    #[test]
    fn the_last_score_is_of_any_survey() {
        let mut of_its_own = case(1, 0);
        of_its_own.summary.scores = [scored("survey", 3), scored("stars", 5)].into_iter().collect();
        let mut all = vec![survey("a", 4, SurveyAbout::Case), of_its_own];
        assert_eq!(last_score(&all), Some(&scored("stars", 5)));
        all.push(survey("b", 6, SurveyAbout::Relationship));
        assert_eq!(last_score(&all), Some(&scored("b", 6)));
    }
}
