//! How often each rule of DESIGN.md 5 was seen at work in a story.

use std::fmt;

use super::overview::Overview;
use crate::model::{CaseEventType as Event, CaseStatus, SignalKind, Stage};
use crate::report::Shown;

/// What was seen of a rule: the most telling count first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The rule's number.
    pub number: u8,
    /// What was counted.
    pub counts: Vec<Count>,
}

/// So many of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub count: u64,
    /// Of what, in a service manager's words that go with the number.
    pub what: &'static str,
}

impl Count {
    /// The number, by thousands.
    pub fn number(&self) -> String {
        let digits = self.count.to_string();
        let mut grouped = String::new();
        for (n, digit) in digits.chars().enumerate() {
            if n > 0 && (digits.len() - n).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        grouped
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number(), self.what)
    }
}

/// So many, of one or of any other number.
fn of(count: u64, one: &'static str, many: &'static str) -> Count {
    let what = if count == 1 { one } else { many };
    Count { count, what }
}

/// What was seen of rules 1 to 22, in their order. `shown` is the report of the same overview.
pub fn seen(overview: &Overview, shown: &Shown) -> Vec<Seen> {
    let rules = one_case(overview, shown)
        .into_iter()
        .chain(many_cases(overview, shown))
        .chain(what_follows(overview, shown));
    let numbered = rules.zip(1..);
    numbered.map(|(counts, number)| Seen { number, counts }).collect()
}

/// Rules 1 to 8: what a case says by itself.
fn one_case(overview: &Overview, shown: &Shown) -> [Vec<Count>; 8] {
    let (told, total) = (overview.counts(), &shown.total);
    let cases = |holds: &dyn Fn(&crate::model::Case) -> bool| {
        overview.cases().filter(|case| holds(case)).count() as u64
    };
    let aside = cases(&|case| {
        case.stage == Stage::Onstage && case.answered_at.is_some() && case.answered_publicly_at.is_none()
    });
    let edited = told.cases_with(Event::Edited);
    let withdrawn = told.cases_with(Event::Withdrawn);
    let pending = told.cases_with(Event::Pending);
    let retracted = told.cases_with(Event::SlaRetracted);
    let unanswered = cases(&|case| case.status == CaseStatus::Unanswered);
    let limit = total.reply_limit;
    [
        vec![
            of(edited, "customer edited a message", "customers edited a message"),
            of(withdrawn, "took one back", "took one back"),
        ],
        vec![of(
            told.to_thank(),
            "work item said to thank for praise or thanks",
            "work items said to thank for praise or thanks",
        )],
        vec![
            of(total.answered, "case was answered", "cases were answered"),
            of(total.answered_by_bot, "by a program", "by a program"),
            of(aside, "public one in private", "public ones in private"),
        ],
        vec![
            of(total.reopened, "case was reopened", "cases were reopened"),
            of(pending, "waited for the customer", "waited for the customer"),
        ],
        vec![
            of(
                total.levels.answer.breached,
                "case was answered too late, or never",
                "cases were answered too late, or never",
            ),
            of(
                retracted,
                "took that back: the reply was known late",
                "took that back: the reply was known late",
            ),
        ],
        vec![of(
            total.cases,
            "case was judged as of the story's end",
            "cases were judged as of the story's end",
        )],
        vec![
            of(
                total.was_unanswered,
                "case was without an answer for too long",
                "cases were without an answer for too long",
            ),
            of(unanswered, "still is", "still are"),
        ],
        vec![
            of(
                limit.reached,
                "public thread had two replies or more",
                "public threads had two replies or more",
            ),
            of(limit.exceeded, "had more than two", "had more than two"),
        ],
    ]
}

/// Rules 9 to 15: what shows over several cases.
fn many_cases(overview: &Overview, shown: &Shown) -> [Vec<Count>; 7] {
    let (told, total) = (overview.counts(), &shown.total);
    let surveyed = total.surveys.iter().map(|of| of.surveyed).sum();
    let promoters = total.surveys.iter().map(|of| of.promoters).sum();
    let compared = shown.hatrix.iter().filter(|row| row.interval.is_some());
    let ranked = overview.cases().filter(|case| case.priority > 0).count() as u64;
    let honest = shown.groups.iter();
    let honest = honest.filter(|group| group.figures.honest_answer_s.p50.is_some());
    [
        vec![
            of(
                total.escalated,
                "customer went public unheard",
                "customers went public unheard",
            ),
            of(total.switched, "went private as asked", "went private as asked"),
            of(total.chased_elsewhere, "tried elsewhere", "tried elsewhere"),
            of(told.cases_with(Event::Bounced), "was sent back", "were sent back"),
        ],
        vec![
            of(
                total.echoes,
                "case repeated another one's words",
                "cases repeated another one's words",
            ),
            of(
                told.suspected_echoes(),
                "seemed to repeat a stranger's",
                "seemed to repeat a stranger's",
            ),
            of(told.signals(SignalKind::Campaign), "campaign", "campaigns"),
        ],
        vec![
            of(
                ranked,
                "case has what makes it urgent",
                "cases have what makes them urgent",
            ),
            of(
                told.ranked_anew(),
                "time it changed while somebody waited",
                "times it changed while somebody waited",
            ),
        ],
        vec![
            of(surveyed, "survey belongs to a case", "surveys belong to a case"),
            of(promoters, "is a promoter's", "are a promoter's"),
        ],
        vec![of(
            compared.count() as u64,
            "channel shows whether answers go with promoters (Hatrix)",
            "channels show whether answers go with promoters (Hatrix)",
        )],
        vec![of(
            told.signals(SignalKind::Surge),
            "surge of cases was noticed",
            "surges of cases were noticed",
        )],
        vec![of(
            honest.count() as u64,
            "channel has an honest median of the time to an answer",
            "channels have an honest median of the time to an answer",
        )],
    ]
}

/// Rules 16 to 22: what comes after an answer, and who else saw it.
fn what_follows(overview: &Overview, shown: &Shown) -> [Vec<Count>; 7] {
    let (told, total) = (overview.counts(), &shown.total);
    let spectators = total.spectators;
    [
        vec![
            of(
                total.first_contact.solved,
                "case was solved at the first contact",
                "cases were solved at the first contact",
            ),
            of(total.first_contact.not_solved, "took more", "took more"),
        ],
        vec![of(
            total.transfers,
            "time a customer was passed on",
            "times a customer was passed on",
        )],
        vec![
            of(
                told.cases_with(Event::FollowUpDue),
                "solved case was due to be looked after",
                "solved cases were due to be looked after",
            ),
            of(told.cases_with(Event::FollowUpDone), "was", "were"),
        ],
        vec![
            of(
                u64::try_from(spectators.audience_h).unwrap_or(0),
                "hour of spectators until a public answer",
                "hours of spectators until a public answer",
            ),
            of(
                spectators.waiting,
                "post still is without one",
                "posts still are without one",
            ),
        ],
        vec![of(
            told.signals(SignalKind::PanelCandidate),
            "person is worth asking for advice",
            "people are worth asking for advice",
        )],
        vec![
            of(total.promises.kept, "promise was kept", "promises were kept"),
            of(total.promises.broken, "was broken", "were broken"),
        ],
        vec![of(
            told.signals(SignalKind::DeafChannel),
            "channel of a brand heard customers and did not answer for days",
            "channels of a brand heard customers and did not answer for days",
        )],
    ]
}

#[cfg(test)]
mod tests {
    use super::{of, seen};
    use crate::demo::Overview;
    use crate::model::Millis;

    #[test]
    fn rules_are_numbered_in_their_order() {
        let overview = Overview::default();
        let seen = seen(&overview, &overview.report().show(Millis(0)));
        let numbers: Vec<_> = seen.iter().map(|rule| rule.number).collect();
        assert_eq!(numbers, (1..=22).collect::<Vec<_>>());
        assert!(seen.iter().flat_map(|rule| &rule.counts).all(|of| of.count == 0));
    }

    #[test]
    fn numbers_go_with_their_words() {
        for (count, told) in [
            (0, "0 cases"),
            (1, "1 case"),
            (999, "999 cases"),
            (1_000, "1,000 cases"),
            (78_182_030, "78,182,030 cases"),
        ] {
            assert_eq!(of(count, "case", "cases").to_string(), told);
        }
    }
}
