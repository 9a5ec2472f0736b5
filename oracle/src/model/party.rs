//! What only shows across the cases of a party: how they stand to each other (rule 9), which of them a
//! survey is about (12), whether the customer came again (16).

use heard::model::{
    CaseId, EscalationCause, History, LinkedCase, Millis, Relation, Stage, Survey, SurveyAbout,
};

use super::Known;
use super::echo::is_same;
use super::identity::Crm;
use super::record::{Score, latest, opening, own_scores};
use crate::rules::DAY;

/// How many cases a handler is shown of a journey.
const SHOWN: usize = 16;

/// What the party's other cases mean to one.
#[derive(Default)]
pub struct Links {
    pub escalated_from: Option<(CaseId, EscalationCause)>,
    pub switched_to: Option<CaseId>,
    pub chased_to: Option<CaseId>,
    /// Rule 9: invitations to where the customer already waits.
    pub bounces: Vec<(CaseId, Millis)>,
    /// Rule 11, repeat. Decision: a case of theirs opened in the 90 days before.
    pub came_before: bool,
    /// Rule 16: when the customer came again with the matter.
    pub came_again: Option<Millis>,
    /// Rule 10: the earliest case before it, of two days at most, whose first message says the same.
    pub echo_of: Option<CaseId>,
    /// How earlier cases belong to this one, for whoever handles it.
    pub linked: Vec<LinkedCase>,
    pub history: History,
}

impl Links {
    /// Whether an earlier case belongs to it in this way.
    pub fn has(&self, relation: Relation) -> bool {
        self.linked.iter().any(|link| link.relation == relation)
    }
}

impl Known {
    /// Of two cases, the one that opened first is the earlier. Decision: then the one with the smaller id.
    fn place(&self) -> (Millis, CaseId) {
        (self.course.opened_at, self.case_id)
    }

    fn is_onstage(&self) -> bool {
        self.course.stage == Stage::Onstage
    }

    /// Decision: what a person let go is over, as what was resolved.
    fn is_over(&self, t: Millis) -> bool {
        self.course.is_resolved(t) || self.course.is_let_go(t)
    }

    /// Whether the customer waits there.
    fn waits(&self, t: Millis) -> bool {
        let mut waits = self.course.waits.iter();
        waits.any(|wait| wait.from <= t && wait.end.is_none_or(|(end, _)| t < end))
    }

    /// Rule 9: why an onstage case that opens at `t` escalates from this offstage one.
    fn escalates(&self, t: Millis) -> Option<EscalationCause> {
        let course = &self.course;
        if self.is_over(t) {
            return None;
        }
        let late = course
            .answer_deadline(self.tier.as_deref())
            .is_some_and(|deadline| deadline < t);
        if course.is_unanswered(t) || late && !course.is_replied(t) {
            return Some(EscalationCause::Unanswered);
        }
        let spoken = course
            .said
            .iter()
            .map(|(at, _)| *at)
            .chain(course.news.iter().map(|(at, _)| *at))
            .chain(course.visible.iter().copied());
        let silent = spoken.filter(|at| *at <= t).all(|at| t.since(at) >= 7 * DAY);
        (course.is_replied(t) && !silent).then_some(EscalationCause::Unsolved)
    }

    /// Whether the company had asked by `t` to go on in a channel.
    fn invited(&self, channel: &str, t: Millis) -> bool {
        self.course
            .invitations
            .iter()
            .any(|(at, to)| *at <= t && to == channel)
    }
}

/// How the party's other cases stand to this one.
pub fn links(of: &Known, all: &[Known], now: Millis) -> Links {
    let mut others: Vec<&Known> = all
        .iter()
        .filter(|other| !of.course.identifiers().is_empty() && other.party_key == of.party_key)
        .filter(|other| other.case_id != of.case_id)
        .collect();
    others.sort_by_key(|other| other.place());
    let mut links = Links {
        bounces: bounces(of, &others),
        ..Links::default()
    };
    for other in others {
        let (earlier, later) = if of.place() < other.place() {
            (of, other)
        } else {
            (other, of)
        };
        let t = later.course.opened_at;
        if t.since(earlier.course.opened_at) <= 30 * DAY {
            let is_later = later.case_id == of.case_id;
            match (earlier.is_onstage(), later.is_onstage()) {
                // Of several, UNANSWERED before UNSOLVED, then the latest case.
                (false, true) if is_later => {
                    if let Some(cause) = earlier.escalates(t) {
                        links.link(earlier, Relation::EscalatedFrom);
                        let known = links.escalated_from.map(|(_, cause)| cause);
                        if cause == EscalationCause::Unanswered || known != Some(EscalationCause::Unanswered)
                        {
                            links.escalated_from = Some((earlier.case_id, cause));
                        }
                    } else if earlier.waits(t) && !earlier.is_over(t) {
                        links.link(earlier, Relation::Parallel);
                    }
                }
                (true, false) if is_later && !earlier.is_over(t) => {
                    let invited = earlier.invited(later.course.channel.name, t);
                    links.link(
                        earlier,
                        if invited {
                            Relation::SwitchedFrom
                        } else {
                            Relation::ChasedFrom
                        },
                    );
                }
                (true, false) if earlier.case_id == of.case_id && !earlier.is_over(t) => {
                    if earlier.invited(later.course.channel.name, t) {
                        links.switched_to.get_or_insert(later.case_id);
                    } else {
                        links.chased_to.get_or_insert(later.case_id);
                    }
                }
                _ => {}
            }
        }
        let before = of.course.opened_at.since(other.course.opened_at);
        let is_earlier = earlier.case_id == other.case_id;
        if links.echo_of.is_none() && is_earlier && before <= 2 * DAY && says_the_same(of, other) {
            links.echo_of = Some(other.case_id);
            links.link(other, Relation::EchoOf);
        }
        if is_earlier {
            links.history.last_channel = Some(other.course.channel.name.into());
        }
        if is_earlier && before <= 90 * DAY {
            links.came_before = true;
            links.history.complaints_90d += 1;
            links.history.unanswered_90d += u32::from(other.course.was_unanswered(now));
        }
        if let Some(resolved) = of.course.first_resolved()
            && other.course.opened_at > resolved
            && super::record::same_matter(&of.course, &other.course)
        {
            let again = links.came_again.get_or_insert(other.course.opened_at);
            *again = other.course.opened_at.min(*again);
        }
    }
    links.show();
    links
}

impl Links {
    /// Decision: of how they belong together a handler is shown sixteen cases, the earliest, and always the escalation
    /// that counts. An echo is shown beside them.
    fn show(&mut self) {
        let (echoes, mut others): (Vec<_>, Vec<_>) = { std::mem::take(&mut self.linked).into_iter() }
            .partition(|link| link.relation == Relation::EchoOf);
        let counting = self.escalated_from.map(|(case_id, _)| case_id);
        let place = others.iter().position(|link| Some(link.case_id) == counting);
        if let Some(place) = place.filter(|place| *place >= SHOWN) {
            others.swap(place, SHOWN - 1);
        }
        others.truncate(SHOWN);
        self.linked = others.into_iter().chain(echoes).collect();
    }

    fn link(&mut self, other: &Known, relation: Relation) {
        self.linked.push(LinkedCase {
            case_id: other.case_id,
            relation,
        });
    }
}

fn says_the_same(a: &Known, b: &Known) -> bool {
    let [a, b] = [a, b].map(|case| opening(&case.course).text.as_deref().map_or("", String::as_str));
    is_same(a, b)
}

/// Rule 9: the company invites to a channel where the party already waits. Decision: of several cases there,
/// the earliest.
fn bounces(of: &Known, others: &[&Known]) -> Vec<(CaseId, Millis)> {
    let invitations = of.course.invitations.iter();
    let bounces = invitations.filter_map(|(at, channel)| {
        let is_near = |other: &Known| other.course.opened_at.since(of.course.opened_at).abs() <= 30 * DAY;
        let mut there = others
            .iter()
            .filter(|other| other.course.channel.name == channel && is_near(other));
        let waits = there.find(|other| other.waits(*at))?;
        Some((waits.case_id, *at))
    });
    bounces.collect()
}

/// Rule 12: to which case each survey belongs that names no conversation: the party's case with the
/// greatest opened_at at most 90 days before it.
pub fn surveys<'f>(given: &[&'f Survey], crm: &Crm, all: &[Known]) -> Vec<(CaseId, &'f Survey)> {
    let given = given.iter().copied();
    let of_cases = given.filter(|survey| survey.about == SurveyAbout::Case);
    let found = of_cases.filter_map(|survey| {
        let party = crm.party(&survey.customer.as_ref()?.identifiers);
        let theirs = all.iter().filter(|case| case.party_key == party.key);
        let recent = theirs.filter(|case| {
            let before = survey.occurred_at.since(case.course.opened_at);
            (0..=90 * DAY).contains(&before)
        });
        let latest = recent.max_by_key(|case| case.place())?;
        Some((latest.case_id, survey))
    });
    found.collect()
}

/// The last score that a case's party gave: in their cases, or of the company as such.
pub fn last_score(of: &Known, all: &[Known], given: &[&Survey], crm: &Crm) -> Option<Score> {
    if of.course.identifiers().is_empty() {
        return latest(own_scores(of));
    }
    let cases: Vec<_> = all.iter().filter(|case| case.party_key == of.party_key).collect();
    scores(&of.party_key, &cases, given, crm).pop()
}

/// All scores that a party gave, in the order of time.
pub fn scores(key: &str, cases: &[&Known], given: &[&Survey], crm: &Crm) -> Vec<Score> {
    let of_party = given.iter().filter(|survey| {
        let person = survey.customer.as_ref();
        person.is_some_and(|person| crm.party(&person.identifiers).key == key)
    });
    let of_party = of_party.map(|survey| Score::from(*survey));
    let mut scores: Vec<_> = cases
        .iter()
        .flat_map(|case| own_scores(case))
        .chain(of_party)
        .collect();
    scores.sort_by(Score::place);
    scores
}
