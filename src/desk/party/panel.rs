//! Rule 20, panel candidates: whom it is worth asking for advice.
//!
//! A party is a candidate for a reason from a moment on, which is a function of what its members say of
//! themselves. It is told once a reason, when the lateness bound has passed since that moment: so a score that
//! comes out of order changes nothing. What is disproved later than that stays told: signals are hints, and
//! are not taken back.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::members::Member;
use crate::config::rules::{PanelRules, Span};
use crate::desk::conversation::who::customer_key;
use crate::desk::keys::Keys;
use crate::desk::message::Standing;
use crate::desk::score::{Scored, latest};
use crate::desk::signal::Details;
use crate::desk::summary::Summary;
use crate::model::{Advocacy, CaseId, Millis, Signal, SignalKind, SurveyScale};

/// Why a party is a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Was a detractor by one instrument, and is a promoter by the same.
    TurnedPromoter,
    /// All scores by one instrument are a promoter's, and there are enough of them.
    ConstantPromoter,
    /// The last score is a detractor's, a case is open, and the lifetime value is high.
    DetractorOfHighValue,
    /// The same, and many can see the case.
    DetractorWithAudience,
}

impl Reason {
    const ALL: [Self; 4] = [
        Self::TurnedPromoter,
        Self::ConstantPromoter,
        Self::DetractorOfHighValue,
        Self::DetractorWithAudience,
    ];

    /// As signals name it.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::TurnedPromoter => "TURNED_PROMOTER",
            Self::ConstantPromoter => "CONSTANT_PROMOTER",
            Self::DetractorOfHighValue => "DETRACTOR_OF_HIGH_VALUE",
            Self::DetractorWithAudience => "DETRACTOR_WITH_AUDIENCE",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// What a party has told of itself, and when it will have more to tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Panel {
    told: u8,
    /// When a candidate is to be told; `None`: there is none.
    pub due: Option<Millis>,
    /// The signals' key, while there is something to tell.
    key: SmolStr,
}

/// The key of signals about a party: `customer:ID` as in cases, or, of somebody whom the CRM does not
/// know, a keyed hash: no identifier stands in a record's key.
pub fn signal_key(party_key: &str, keys: &Keys) -> SmolStr {
    if party_key.starts_with(&*customer_key("")) {
        party_key.into()
    } else {
        format!("party:{:016x}", keys.short(&["party", party_key])).into()
    }
}

/// A party is a candidate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Why.
    pub reason: Reason,
    /// Since when.
    pub at: Millis,
    /// What was seen: the score, the number of scores, the value, the audience.
    pub observed: f64,
    /// Against what: the earlier score, or the least that makes a candidate.
    pub expected: f64,
    /// The latest case by then, or the one that many can see.
    case: Option<CaseId>,
    /// The score that the reason rests on.
    score: f64,
    instrument: &'static str,
}

/// What a party's members and the CRM say of it.
#[derive(Clone, Copy, Debug)]
pub struct Known<'m> {
    /// Its cases and surveys at hand.
    pub members: &'m [Member],
    /// What the CRM says of its value.
    pub lifetime_value: Option<f64>,
}

impl Panel {
    /// Something may have changed: says when there will be a candidate to tell, under this key.
    pub fn look(
        &mut self,
        known: Known<'_>,
        rules: &PanelRules,
        lateness: Span,
        key: impl FnOnce() -> SmolStr,
    ) {
        let candidates = known.candidates(rules);
        let untold = candidates
            .iter()
            .filter(|candidate| !self.has_told(candidate.reason));
        self.due = untold.map(|candidate| candidate.at.plus(lateness.ms())).min();
        self.key = self.due.map(|_| key()).unwrap_or_default();
    }

    /// The signals of those candidates to tell at `now`, each once.
    pub fn tell(&mut self, known: Known<'_>, rules: &PanelRules, lateness: Span, now: Millis) -> Vec<Signal> {
        let mut candidates = known.candidates(rules);
        candidates.retain(|found| !self.has_told(found.reason) && found.at.plus(lateness.ms()) <= now);
        self.told |= candidates.iter().fold(0, |told, found| told | found.reason.bit());
        let key = std::mem::take(&mut self.key);
        let signals = candidates.iter().map(|found| found.signal(&key)).collect();
        self.look(known, rules, lateness, || key);
        signals
    }

    /// Whether there is nothing left to tell.
    pub fn has_told_all(&self) -> bool {
        Reason::ALL.into_iter().all(|reason| self.has_told(reason))
    }

    fn has_told(&self, reason: Reason) -> bool {
        self.told & reason.bit() != 0
    }
}

impl Known<'_> {
    /// For each reason, the first moment from which it held.
    pub(super) fn candidates(&self, rules: &PanelRules) -> Vec<Candidate> {
        let mut scores: Vec<&Scored> = self.scores().collect();
        if scores.is_empty() {
            return Vec::new();
        }
        scores.sort_by(|a, b| a.order(b));
        let mut moments: Vec<Millis> = scores.iter().map(|scored| scored.at).collect();
        moments.extend(self.cases().map(|case| case.opened_at));
        moments.extend(self.cases().flat_map(Summary::reopened));
        moments.sort_unstable();
        moments.dedup();
        let first = |reason| {
            moments
                .iter()
                .find_map(|at| self.holds(reason, &scores, *at, rules))
        };
        Reason::ALL.into_iter().filter_map(first).collect()
    }

    /// Whether a reason holds at a moment, of what had happened by then.
    fn holds(&self, reason: Reason, scores: &[&Scored], at: Millis, rules: &PanelRules) -> Option<Candidate> {
        let known = &scores[..scores.partition_point(|scored| scored.at <= at)];
        let last = latest(known.iter().copied())?;
        let place = |case: &&Summary| (case.opened_at, case.case_id);
        let begun = self.cases().filter(|case| case.opened_at <= at);
        let latest_case = begun.max_by_key(place).map(|case| case.case_id);
        let candidate = |last: &Scored, observed, expected| Candidate {
            reason,
            at,
            observed,
            expected,
            case: latest_case,
            score: last.score.value,
            instrument: last.score.scale.symbol(),
        };
        // Instruments are never pooled: each has its own last score.
        let by_instrument = [
            SurveyScale::Nps0To10,
            SurveyScale::Stars1To5,
            SurveyScale::Csat1To5,
        ]
        .map(|scale| {
            let same: SmallVec<[&Scored; 4]> = known
                .iter()
                .copied()
                .filter(|of| of.score.scale == scale)
                .collect();
            same
        });
        let is = |advocacy| move |scored: &&Scored| scored.score.advocacy() == advocacy;
        let mut promoters = by_instrument.iter().filter_map(|same| {
            let last = same.last().copied().filter(is(Advocacy::Promoter))?;
            Some((last, same))
        });
        let is_detractor = is_detractor(last);
        let open = || self.cases().filter(|case| is_open(case, at));
        match reason {
            Reason::TurnedPromoter => promoters.find_map(|(last, same)| {
                let before = same.iter().copied().rfind(is(Advocacy::Detractor))?;
                Some(candidate(last, last.score.value, before.score.value))
            }),
            Reason::ConstantPromoter => promoters.find_map(|(last, same)| {
                let (least, number) = (rules.constant_scores.get(), same.len());
                let enough = number >= least as usize && same.iter().all(is(Advocacy::Promoter));
                enough.then(|| candidate(last, number as f64, f64::from(least)))
            }),
            Reason::DetractorOfHighValue if is_detractor => {
                let least = f64::from(rules.lifetime_value);
                let value = self.lifetime_value.filter(|value| *value >= least)?;
                open().next().map(|_| candidate(last, value, least))
            }
            Reason::DetractorWithAudience if is_detractor => {
                let widest = open().max_by_key(|case| (case.audience, place(case)))?;
                let (people, least) = (widest.audience?, i64::from(rules.audience));
                (people >= least).then(|| Candidate {
                    case: Some(widest.case_id),
                    ..candidate(last, people as f64, least as f64)
                })
            }
            _ => None,
        }
    }

    fn present(&self) -> impl Iterator<Item = &Member> {
        let members = self.members.iter();
        members.filter(|member| member.standing == Standing::Member)
    }

    fn cases(&self) -> impl Iterator<Item = &Summary> {
        let cases = self.present().filter(|member| member.survey.is_none());
        let cases = cases.map(|member| &member.summary);
        cases.filter(|case| case.opened_at > Millis(i64::MIN)) // of which something is left
    }

    fn scores(&self) -> impl Iterator<Item = &Scored> {
        self.present().flat_map(scores_of)
    }
}

/// The scores that a member gave, if it is the party's: the one of a survey, or those given in a case.
pub fn scores_of(member: &Member) -> impl Iterator<Item = &Scored> {
    let survey = member.survey.as_ref().map(|survey| &survey.scored);
    let own = member.summary.scores.iter();
    let all = survey.into_iter().chain(own);
    all.filter(|_| member.standing == Standing::Member)
}

/// Whether a score is a detractor's.
pub fn is_detractor(scored: &Scored) -> bool {
    scored.score.advocacy() == Advocacy::Detractor
}

/// Whether a case had opened by `at`, and was neither resolved nor let go.
pub fn is_open(case: &Summary, at: Millis) -> bool {
    case.opened_at <= at && !case.was_resolved(at) && !case.was_let_go(at)
}

impl Candidate {
    /// The signal under this key.
    fn signal(&self, party_key: &str) -> Signal {
        let details = Details::default()
            .with("reason", self.reason.symbol())
            .with("score", self.score)
            .with("instrument", self.instrument)
            .maybe("case_id", self.case);
        Signal {
            kind: SignalKind::PanelCandidate,
            key: party_key.into(),
            at: self.at,
            window: 0,
            observed: self.observed,
            expected: self.expected,
            details: details.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Known, Member, Panel, Reason, signal_key};
    use crate::config::rules::{HashSecret, PanelRules, Span};
    use crate::desk::keys::Keys;
    use crate::desk::message::{CaseRef, Standing};
    use crate::desk::score::{Score, Scored};
    use crate::desk::summary::Summary;
    use crate::desk::survey::Answer;
    use crate::model::{CaseId, Millis, SurveyAbout, SurveyScale};

    const DAY: i64 = 24 * 3600 * 1000;
    const LATENESS: Span = Span::minutes(10);

    fn member(n: u64, summary: Summary, survey: Option<Answer>) -> Member {
        Member {
            case: CaseRef {
                conversation: n.into(),
                author: u64::from(survey.is_none()),
            },
            membership: 1,
            number: 1,
            standing: Standing::Member,
            settled: false,
            summary,
            survey,
            told: 0,
            told_history: 0,
        }
    }

    fn nothing() -> Summary {
        Summary::nothing(CaseId::default(), "social".into())
    }

    /// A score on a day.
    fn score(day: i64, value: f64, scale: SurveyScale) -> Member {
        let scored = Scored {
            at: Millis(day * DAY),
            id: format!("{day} {value} {scale:?}").into(),
            revision: 0,
            score: Score { value, scale },
        };
        let about = SurveyAbout::Relationship;
        member(day.cast_unsigned(), nothing(), Some(Answer { scored, about }))
    }

    fn nps(day: i64, value: f64) -> Member {
        score(day, value, SurveyScale::Nps0To10)
    }

    fn csat(day: i64, value: f64) -> Member {
        score(day, value, SurveyScale::Csat1To5)
    }

    /// A case that opens on a day and is resolved on another.
    fn case(opened: i64, resolved: Option<i64>, audience: Option<i64>) -> Member {
        let summary = Summary {
            opened_at: Millis(opened * DAY),
            resolved_at: resolved.map(|day| Millis(day * DAY)),
            audience,
            ..nothing()
        };
        member(1000, summary, None)
    }

    /// A case that opens on a day, is resolved on another, and is opened again on a third.
    fn reopened(opened: i64, resolved: i64, again: i64) -> Member {
        let mut member = case(opened, None, None);
        let journey = &mut member.summary.journey;
        journey.was_resolved(Millis(resolved * DAY), Millis(again * DAY));
        member
    }

    /// A case in which both scores were given.
    fn two_scores(first: Member, second: Member) -> Member {
        let mut member = case(0, None, None);
        let scores = [first, second].into_iter().filter_map(|survey| survey.survey);
        member.summary.scores = scores.map(|answer| answer.scored).collect();
        member
    }

    #[test]
    fn who_is_worth_asking_and_since_when() {
        use Reason::{ConstantPromoter, DetractorOfHighValue, DetractorWithAudience, TurnedPromoter};
        let wide = Some(20_000);
        //   given members, value                                     then for these reasons, since day
        for (members, value, reasons) in [
            (vec![], None, vec![]),
            (vec![nps(1, 2.0)], None, vec![]),
            (vec![nps(1, 2.0), nps(5, 9.0)], None, vec![(TurnedPromoter, 5)]),
            (
                vec![nps(1, 2.0), nps(3, 7.0), nps(5, 9.0)],
                None,
                vec![(TurnedPromoter, 5)],
            ),
            (vec![nps(1, 9.0), nps(5, 2.0)], None, vec![]),
            (vec![nps(1, 2.0), csat(5, 5.0)], None, vec![]), // another instrument
            (
                vec![nps(1, 2.0), nps(5, 9.0), csat(5, 3.0)],
                None,
                vec![(TurnedPromoter, 5)],
            ),
            (vec![nps(1, 2.0), nps(5, 9.0), nps(5, 2.0)], None, vec![]), // of one moment the lower is the last
            (
                vec![nps(1, 9.0), nps(2, 10.0), nps(3, 9.0)],
                None,
                vec![(ConstantPromoter, 3)],
            ),
            (
                vec![nps(1, 9.0), nps(2, 8.0), nps(3, 9.0), nps(4, 9.0)],
                None,
                vec![],
            ),
            (vec![nps(1, 9.0), nps(2, 9.0), csat(3, 5.0)], None, vec![]),
            (
                vec![nps(1, 2.0), case(3, None, None)],
                Some(10_000.0),
                vec![(DetractorOfHighValue, 3)],
            ),
            (
                vec![nps(4, 2.0), case(3, None, None)],
                Some(10_000.0),
                vec![(DetractorOfHighValue, 4)],
            ),
            (vec![nps(4, 2.0), case(2, Some(3), None)], Some(10_000.0), vec![]),
            (
                vec![nps(4, 2.0), reopened(2, 3, 6)],
                Some(10_000.0),
                vec![(DetractorOfHighValue, 6)],
            ),
            (
                vec![two_scores(nps(1, 2.0), nps(5, 9.0))],
                None,
                vec![(TurnedPromoter, 5)],
            ),
            (vec![nps(4, 2.0), case(3, None, None)], Some(9_999.0), vec![]),
            (vec![nps(4, 8.0), case(3, None, wide)], Some(10_000.0), vec![]),
            (
                vec![nps(4, 2.0), case(3, None, wide)],
                None,
                vec![(DetractorWithAudience, 4)],
            ),
        ] {
            let mut order = members.clone();
            for _ in 0..order.len().max(1) {
                let known = Known {
                    members: &order,
                    lifetime_value: value,
                };
                let found = known.candidates(&PanelRules::default());
                let found: Vec<_> = found
                    .iter()
                    .map(|found| (found.reason, found.at.0 / DAY))
                    .collect();
                assert_eq!(found, reasons, "{members:?}");
                let step = order.len().min(1);
                order.rotate_left(step);
            }
        }
    }

    #[test]
    fn no_identifier_stands_in_a_key() {
        let keys = Keys::new(HashSecret::TRIAL);
        assert_eq!(signal_key("customer:A", &keys), "customer:A");
        let key = signal_key("email:a@b", &keys);
        assert!(key.starts_with("party:") && !key.contains("a@b"), "{key}");
    }

    #[test]
    fn a_reason_is_told_once_when_the_bound_has_passed() {
        let rules = PanelRules::default();
        let mut panel = Panel::default();
        let members = [nps(1, 2.0), nps(5, 9.0)];
        let known = Known {
            members: &members,
            lifetime_value: None,
        };
        panel.look(known, &rules, LATENESS, || "customer:A".into());
        let due = Millis(5 * DAY).plus(LATENESS.ms());
        assert_eq!(panel.due, Some(due));
        assert_eq!(panel.tell(known, &rules, LATENESS, due.plus(-1)), []);
        let told = panel.tell(known, &rules, LATENESS, due);
        assert_eq!(
            told.iter().map(|signal| &*signal.key).collect::<Vec<_>>(),
            ["customer:A"]
        );
        assert_eq!(
            (panel.tell(known, &rules, LATENESS, due).len(), panel.due),
            (0, None)
        );
        // Up and down once more is no news.
        let members = [nps(1, 2.0), nps(5, 9.0), nps(6, 1.0), nps(7, 10.0)];
        let again = Known {
            members: &members,
            lifetime_value: None,
        };
        panel.look(again, &rules, LATENESS, || "customer:A".into());
        assert_eq!(panel.due, None);
    }
}
