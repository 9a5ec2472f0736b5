//! What is counted and measured of a set of cases.

use serde::Serialize;

use super::advocacy::{SurveyFigures, Surveys};
use super::honest::{HonestTime, Waits};
use super::spectators::{SpectatorFigures, Spectators};
use crate::model::{
    AnsweredBy, Case, CaseStatus, EscalationCause, Millis, PromiseState, ReplyLimitState, SlaState,
};

/// The figures of a set of cases.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Cases.
    pub cases: u64,
    /// Of them, cases of others than the conversation's first author.
    pub bystanders: u64,
    /// Messages of customers.
    pub customer_messages: u64,
    /// Replies by people.
    pub human_replies: u64,
    /// Runs of customer messages without a human reply between them.
    pub waits: u64,
    /// Cases with an answer. Mere praise and automatic mail, after which nobody waits, is in no figure of answers.
    pub answered: u64,
    /// Cases without; not those that were closed silently.
    pub never_answered: u64,
    /// Cases that were resolved without a word to the customer: not answered, and nobody waits any more.
    pub closed_silently: u64,
    /// Cases whose open wait is past their channel's patience (status UNANSWERED), answered before or not.
    pub unanswered: u64,
    /// Cases that were UNANSWERED at some time.
    pub was_unanswered: u64,
    /// Waits beyond patience: a case may have several.
    pub unanswered_waits: u64,
    /// From opening to the first answer, of answered cases.
    pub first_response_s: Durations,
    /// Cases whose resolution stands.
    pub resolved: u64,
    /// From opening to that resolution, less frozen time.
    pub resolution_s: Durations,
    /// Service levels.
    pub levels: LevelFigures,
    /// Public replies.
    pub reply_limit: ReplyLimitFigures,
    /// Cases that went on offstage, where the company had invited.
    pub switched: u64,
    /// Cases that went on offstage, uninvited.
    pub chased_elsewhere: u64,
    /// Cases that came onstage because they had not been heard offstage.
    pub escalated: u64,
    /// Customer messages that reopened a resolved case.
    pub reopened: u64,
    /// From opening to the first answer, with the cases that have none (rule 15). Mere praise, for which
    /// no clock runs, is left out.
    pub honest_answer_s: HonestTime,
    /// From opening to the resolution that stands, with the cases that have none. Frozen time counts: it
    /// is the customer's time too, and of what is not resolved nobody knows how much will be frozen.
    pub honest_resolution_s: HonestTime,
    /// Cases answered by a program.
    pub answered_by_bot: u64,
    /// Cases with an answer that all can see.
    pub answered_publicly: u64,
    /// Cases of which all human replies only invite elsewhere.
    pub deflected: u64,
    /// Cases that a person decided to leave unanswered.
    pub let_go: u64,
    /// Messages by which customers asked again while waiting.
    pub chasers: u64,
    /// Human replies by another team, or from another channel, than the one before.
    pub transfers: u64,
    /// Cases that repeat another one of the same complaint.
    pub echoes: u64,
    /// Why cases came onstage.
    pub escalation: EscalationFigures,
    /// Promises, the latest of each case.
    pub promises: PromiseFigures,
    /// Whether one answer was enough.
    pub first_contact: FirstContactFigures,
    /// Spectators of public cases (rule 19).
    pub spectators: SpectatorFigures,
    /// Surveys that belong to cases, by instrument.
    pub surveys: Vec<SurveyFigures>,
}

/// Escalated cases by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EscalationFigures {
    /// Offstage nobody had answered.
    pub unanswered: u64,
    /// Offstage there was an answer, but no solution.
    pub unsolved: u64,
}

/// Cases with a promise, by what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PromiseFigures {
    /// Resolved or answered again in time.
    pub kept: u64,
    /// Not.
    pub broken: u64,
    /// Not yet due.
    pub running: u64,
}

/// Resolved cases by whether one answer was enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FirstContactFigures {
    /// Solved at the first contact.
    pub solved: u64,
    /// It took more.
    pub not_solved: u64,
    /// Resolved, and not decided yet.
    pub undecided: u64,
}

impl Figures {
    /// Cases in which somebody waited for an answer: those that shares of answers are of.
    pub fn expecting(&self) -> u64 {
        self.answered + self.never_answered + self.closed_silently
    }
}

/// A distribution of durations in whole seconds; percentiles by nearest rank: of `n` sorted
/// ascending the element at `ceil(p * n)`, counted from 1. Null when there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Durations {
    /// How many.
    pub n: u64,
    /// All of them together; parts of a second are cut off of the sum only.
    pub sum: i64,
    /// Half of them took no longer.
    pub p50: Option<i64>,
    /// Nine tenths of them took no longer.
    pub p90: Option<i64>,
    /// The longest.
    pub max: Option<i64>,
}

/// Cases by the state of each service level; those without the level are in none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LevelFigures {
    /// To the first acknowledgement.
    pub acknowledge: LevelCounts,
    /// To the first human answer.
    pub answer: LevelCounts,
    /// To the reply to each wait; the worst of a case's waits.
    pub next: LevelCounts,
    /// To the resolution.
    pub resolve: LevelCounts,
}

/// How many cases met a level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LevelCounts {
    /// In time.
    pub met: u64,
    /// Too late, or too late already.
    pub breached: u64,
    /// Still in time.
    pub running: u64,
}

/// Cases against "reply only twice".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReplyLimitFigures {
    /// At the limit or past it.
    pub reached: u64,
    /// Past it.
    pub exceeded: u64,
}

/// A running count of cases.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    figures: Figures,
    first_response_ms: Vec<i64>,
    resolution_ms: Vec<i64>,
    answers: Waits,
    resolutions: Waits,
    spectators: Spectators,
    surveys: Surveys,
}

impl Tally {
    pub(super) fn add(&mut self, case: &Case) {
        let figures = &mut self.figures;
        figures.cases += 1;
        figures.bystanders += u64::from(case.bystander);
        figures.customer_messages += u64::from(case.customer_messages);
        figures.human_replies += u64::from(case.human_replies);
        figures.waits += u64::from(case.waits);
        figures.unanswered_waits += u64::from(case.unanswered_waits);
        figures.unanswered += u64::from(case.status == CaseStatus::Unanswered);
        figures.was_unanswered += u64::from(case.was_unanswered);
        figures.resolved += u64::from(case.resolved_at.is_some());
        figures.levels.acknowledge.add(case.sla_acknowledge);
        figures.levels.answer.add(case.sla_answer);
        figures.levels.next.add(case.sla_next);
        figures.levels.resolve.add(case.sla_resolve);
        figures.reply_limit.reached += u64::from(case.reply_limit != ReplyLimitState::Ok);
        figures.reply_limit.exceeded += u64::from(case.reply_limit == ReplyLimitState::Exceeded);
        figures.switched += u64::from(case.switched_to.is_some());
        figures.chased_elsewhere += u64::from(case.chased_to.is_some());
        figures.escalated += u64::from(case.escalated_from.is_some());
        figures.reopened += u64::from(case.reopened_count);
        if case.waits > 0 {
            self.add_answer(case);
        }
        self.resolution_ms.extend(case.resolution_ms);
        self.answers.add_answer(case);
        if case.waits > 0 {
            self.resolutions
                .add(case.opened_at, case.resolved_at, case.forgotten_at);
        }
        self.spectators.add(case);
        self.surveys.add(case);
        self.add_ways(case);
    }

    /// Whether its customer, who waited, was answered.
    fn add_answer(&mut self, case: &Case) {
        let figures = &mut self.figures;
        let (answered, silent) = (case.answered_at.is_some(), case.closed_silently);
        figures.answered += u64::from(answered);
        figures.never_answered += u64::from(!answered && !silent);
        figures.closed_silently += u64::from(silent);
        figures.answered_by_bot += u64::from(case.answered_by == Some(AnsweredBy::Bot));
        figures.answered_publicly += u64::from(case.answered_publicly_at.is_some());
        figures.deflected += u64::from(case.deflected);
        self.first_response_ms.extend(case.first_response_ms);
    }

    /// How it went on after the first message.
    fn add_ways(&mut self, case: &Case) {
        let figures = &mut self.figures;
        figures.let_go += u64::from(case.status == CaseStatus::LetGo);
        figures.chasers += u64::from(case.chasers);
        figures.transfers += u64::from(case.transfers);
        figures.echoes += u64::from(case.echo_of.is_some());
        match case.escalation_cause {
            Some(EscalationCause::Unanswered) => figures.escalation.unanswered += 1,
            Some(EscalationCause::Unsolved) => figures.escalation.unsolved += 1,
            None => {}
        }
        match case.promise {
            PromiseState::Kept => figures.promises.kept += 1,
            PromiseState::Broken => figures.promises.broken += 1,
            PromiseState::Running => figures.promises.running += 1,
            PromiseState::None => {}
        }
        match case.first_contact_resolution {
            Some(true) => figures.first_contact.solved += 1,
            Some(false) => figures.first_contact.not_solved += 1,
            None => figures.first_contact.undecided += u64::from(case.resolved_at.is_some()),
        }
    }

    pub(super) fn figures(&self, as_of: Millis) -> Figures {
        Figures {
            honest_answer_s: self.answers.honest(as_of),
            honest_resolution_s: self.resolutions.honest(as_of),
            spectators: self.spectators.figures(as_of),
            surveys: self.surveys.figures(),
            first_response_s: Durations::of_ms(&self.first_response_ms),
            resolution_s: Durations::of_ms(&self.resolution_ms),
            ..self.figures.clone()
        }
    }
}

impl LevelCounts {
    pub(super) fn add(&mut self, state: SlaState) {
        match state {
            SlaState::Met => self.met += 1,
            SlaState::Breached => self.breached += 1,
            SlaState::Running => self.running += 1,
            SlaState::None => {}
        }
    }
}

impl Durations {
    /// The distribution of durations given in milliseconds; parts of a second are cut off.
    pub fn of_ms(durations: &[i64]) -> Self {
        let mut seconds: Vec<i64> = durations.iter().map(|ms| ms.div_euclid(1000)).collect();
        seconds.sort_unstable();
        let percentile = |percent: usize| {
            let rank = (seconds.len() * percent).div_ceil(100);
            seconds.get(rank.checked_sub(1)?).copied()
        };
        Self {
            n: seconds.len() as u64,
            sum: durations.iter().sum::<i64>().div_euclid(1000),
            p50: percentile(50),
            p90: percentile(90),
            max: seconds.last().copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Durations, Figures, Tally};
    use crate::model::{
        AnsweredBy, Case, CaseId, CaseStatus, EscalationCause, Millis, PromiseState, ReplyLimitState,
        SlaState,
    };

    #[test]
    fn percentiles_by_nearest_rank() {
        let seconds = |n: i64| (1..=n).rev().map(|s| s * 1000 + 999).collect::<Vec<_>>();
        //  of 1..=n seconds  p50      p90      max
        for (n, p50, p90, max) in [
            (0, None, None, None),
            (1, Some(1), Some(1), Some(1)),
            (2, Some(1), Some(2), Some(2)),
            (10, Some(5), Some(9), Some(10)),
            (11, Some(6), Some(10), Some(11)),
        ] {
            let durations = Durations::of_ms(&seconds(n));
            assert_eq!(
                (durations.p50, durations.p90, durations.max),
                (p50, p90, max),
                "{n}"
            );
        }
    }

    #[test]
    fn what_a_case_counts_as() {
        let answered = Case {
            answered_at: Some(Millis(5_500)),
            first_response_ms: Some(5_500),
            customer_messages: 3,
            human_replies: 2,
            waits: 2,
            reply_limit: ReplyLimitState::Reached,

            sla_answer: SlaState::Met,
            sla_next: SlaState::Breached,
            ..Case::default()
        };
        let unheard = Case {
            bystander: true,
            status: CaseStatus::Unanswered,
            was_unanswered: true,
            customer_messages: 1,
            waits: 1,

            sla_answer: SlaState::Breached,
            sla_next: SlaState::Running,
            ..Case::default()
        };
        let too_often = Case {
            reply_limit: ReplyLimitState::Exceeded,
            ..answered.clone()
        };
        let mut tally = Tally::default();
        for case in [&answered, &unheard, &too_often] {
            tally.add(case);
        }
        let Figures {
            levels,
            reply_limit,
            first_response_s,
            ..
        } = tally.figures(Millis(10_000));
        let counted = &tally.figures;
        assert_eq!((counted.cases, counted.bystanders, counted.waits), (3, 1, 5));
        assert_eq!(
            (counted.answered, counted.never_answered, counted.unanswered),
            (2, 1, 1)
        );
        assert_eq!((first_response_s.n, first_response_s.max), (2, Some(5)));
        assert_eq!((reply_limit.reached, reply_limit.exceeded), (2, 1));
        assert_eq!((levels.answer.met, levels.answer.breached), (2, 1));
        assert_eq!((levels.next.breached, levels.next.running), (2, 1));
        assert_eq!(levels.resolve, super::LevelCounts::default());
    }
    #[test]
    fn how_it_went_on() {
        let resolved = Case {
            waits: 1,
            resolved_at: Some(Millis(3_000)),
            ..Case::default()
        };
        let cases = [
            Case {
                answered_by: Some(AnsweredBy::Bot),
                answered_publicly_at: Some(Millis(1)),
                deflected: true,
                chasers: 2,
                transfers: 3,
                echo_of: Some(CaseId::default()),
                escalation_cause: Some(EscalationCause::Unanswered),
                promise: PromiseState::Kept,
                first_contact_resolution: Some(true),
                ..resolved.clone()
            },
            Case {
                escalation_cause: Some(EscalationCause::Unsolved),
                promise: PromiseState::Broken,
                first_contact_resolution: Some(false),
                ..resolved.clone()
            },
            Case {
                promise: PromiseState::Running,
                ..resolved
            },
            Case {
                status: CaseStatus::LetGo,
                waits: 1,
                ..Case::default()
            },
            // Praise, for which no clock runs.
            Case::default(),
        ];
        let mut tally = Tally::default();
        cases.iter().for_each(|case| tally.add(case));
        let figures = tally.figures(Millis(10_000));
        let shown = serde_json::to_value(&figures).expect("JSON");
        for (pointer, count) in [
            ("/answered_by_bot", 1),
            ("/answered_publicly", 1),
            ("/deflected", 1),
            ("/let_go", 1),
            ("/chasers", 2),
            ("/transfers", 3),
            ("/echoes", 1),
            ("/escalation/unanswered", 1),
            ("/escalation/unsolved", 1),
            ("/promises/kept", 1),
            ("/promises/broken", 1),
            ("/promises/running", 1),
            ("/first_contact/solved", 1),
            ("/first_contact/not_solved", 1),
            ("/first_contact/undecided", 1),
            ("/honest_answer_s/n", 4),
            ("/honest_answer_s/waiting", 4),
            ("/honest_resolution_s/n", 4),
            ("/honest_resolution_s/waiting", 1),
            ("/honest_resolution_s/p50", 3),
        ] {
            assert_eq!(shown.pointer(pointer), Some(&count.into()), "{pointer}");
        }
    }
}
