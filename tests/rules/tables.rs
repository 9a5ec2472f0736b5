//! Rules 1 to 8 of DESIGN.md as tables: given this story, then that is what the case says.
//!
//! Times are minutes. Unless a row says otherwise, Ann complains on social media.

use std::fmt::Debug;

use heard::config::rules::RuleSettings;
use heard::model::{
    Case, CaseStatus, Complaint, Intent, Millis, ReplyLimitState, Response, ResponseKind, SlaState, Status,
    Update, Visibility,
};

use crate::story::{DAY, Line, Story, becomes, person, replies, says, with_levels};

const DAYS: i64 = 24 * 60;

macro_rules! told {
    ($($record:expr),* $(,)?) => { vec![$(Line::from($record)),*] };
}

/// Every row of a table: its name, what is given, and what must come of it.
fn check<G: Clone + Debug, T: PartialEq + Debug>(rows: Vec<(&str, G, T)>, comes_of: impl Fn(G) -> T) {
    let wrong = rows.into_iter().filter_map(|(name, given, then)| {
        let found = comes_of(given.clone());
        let differs = found != then;
        differs.then(|| format!("{name}\n  given {given:?}\n  then  {then:?}\n  but   {found:?}"))
    });
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn with<T>(mut record: T, change: impl FnOnce(&mut T)) -> T {
    change(&mut record);
    record
}

fn ann(minute: i64, id: &str) -> Complaint {
    says(minute, id, "social", &["handle:ann"])
}

fn bob(minute: i64, id: &str) -> Complaint {
    says(minute, id, "social", &["handle:bob"])
}

fn tone(said: Complaint, intent: Intent) -> Complaint {
    with(said, |said| said.intent = Some(intent))
}

fn automatic(said: Complaint) -> Complaint {
    with(said, |said| said.automatic = true)
}

fn agent(minute: i64, id: &str) -> Response {
    replies(minute, id, "social")
}

fn of_kind(minute: i64, kind: ResponseKind) -> Response {
    with(agent(minute, "r"), |reply| reply.kind = kind)
}

fn set(minute: i64, status: Status) -> Update {
    becomes(minute, &format!("u{minute}"), "social", status)
}

fn told(lines: Vec<Line>) -> Story {
    Story::told(RuleSettings::default(), lines)
}

/// The case of Ann, or of Bob, if there is one.
fn case_of(story: &Story, who: &str) -> Option<Case> {
    let of = |case: &Case| case.party_key == format!("handle:{who}");
    story.cases().into_values().find(of)
}

fn ann_case(story: &Story) -> Case {
    case_of(story, "ann").expect("Ann has a case")
}

fn minute(at: Millis) -> i64 {
    at.since(DAY) / 60_000
}

fn count(story: &Story, kind: &str) -> usize {
    story.happened().iter().filter(|happened| **happened == kind).count()
}

#[test]
fn rule_1_duplicates_revisions_and_deletions() {
    let edited = || {
        with(ann(0, "m1"), |said| {
            said.revision = 1;
            said.text = Some(heard::model::Sensitive("better said".into()));
        })
    };
    let gone = || with(ann(0, "m1"), |said| (said.revision, said.deleted) = (2, true));
    let reply_gone = || with(agent(9, "r1"), |reply| (reply.revision, reply.deleted) = (1, true));
    let (m1, m2) = (|| ann(0, "m1"), || ann(5, "m2"));
    check(
        vec![
            //                            given                          then: messages, replies, excerpt; edits, withdrawals
            ("said once", told![m1()], (Some((1, 0, "text of m1")), 0, 0)),
            ("said twice", told![m1(), m1()], (Some((1, 0, "text of m1")), 0, 0)),
            ("edited", told![m1(), edited()], (Some((1, 0, "better said")), 1, 0)),
            ("edited, sent twice", told![m1(), edited(), edited()], (Some((1, 0, "better said")), 1, 0)),
            ("the edit first", told![edited(), m1()], (Some((1, 0, "better said")), 0, 0)),
            ("taken back", told![m1(), gone()], (None, 0, 1)),
            ("taken back, then an old copy", told![m1(), gone(), edited()], (None, 0, 1)),
            ("taken back before it came", told![gone(), m1()], (None, 0, 0)),
            ("one of two taken back", told![m1(), m2(), gone()], (Some((1, 0, "text of m2")), 0, 1)),
            ("replied", told![m1(), agent(9, "r1")], (Some((1, 1, "text of m1")), 0, 0)),
            ("replied twice over", told![m1(), agent(9, "r1"), agent(9, "r1")], (Some((1, 1, "text of m1")), 0, 0)),
            ("the reply taken back", told![m1(), agent(9, "r1"), reply_gone()], (Some((1, 0, "text of m1")), 0, 1)),
        ],
        |lines| {
            let story = told(lines);
            let counts = (count(&story, "EDITED"), count(&story, "WITHDRAWN"));
            let case = case_of(&story, "ann");
            let excerpt = |case: &Case| match case.excerpt.as_str() {
                "better said" => "better said",
                "text of m1" => "text of m1",
                "text of m2" => "text of m2",
                other => panic!("nobody said {other}"),
            };
            let case = case.map(|case| (case.customer_messages, case.human_replies, excerpt(&case)));
            (case, counts.0, counts.1)
        },
    );
}

#[test]
fn rule_2_a_case_its_opening_and_bystanders() {
    use CaseStatus::{Answered, Open, Unanswered};
    let praise = |minute| tone(ann(minute, "praise"), Intent::Praise);
    check(
        vec![
            //                           given                                       then, a week later: (opened, bystander, waits, status) of Ann, of Bob
            ("a complaint", told![ann(10, "a")], (Some((10, false, 1, Unanswered)), None)),
            ("an earlier one comes late", told![ann(10, "a"), ann(5, "b")], (Some((5, false, 1, Unanswered)), None)),
            (
                "somebody joins in",
                told![ann(10, "a"), bob(20, "b")],
                (Some((10, false, 1, Unanswered)), Some((20, true, 1, Unanswered))),
            ),
            (
                "who joined in was first, as a late message shows",
                told![ann(10, "a"), bob(20, "b"), bob(5, "c")],
                (Some((10, true, 1, Unanswered)), Some((5, false, 1, Unanswered))),
            ),
            ("praise waits for nothing", told![praise(10)], (Some((10, false, 0, Open)), None)),
            ("praise, then a complaint", told![praise(10), ann(30, "a")], (Some((10, false, 1, Unanswered)), None)),
            (
                "thanks for the answer",
                told![ann(10, "a"), agent(20, "r"), tone(ann(30, "t"), Intent::Thanks)],
                (Some((10, false, 1, Answered)), None),
            ),
            ("out of office", told![automatic(ann(10, "a"))], (Some((10, false, 0, Open)), None)),
        ],
        |lines| {
            let story = told(lines).until(7 * DAYS);
            let brief = |case: Case| (minute(case.opened_at), case.bystander, case.waits, case.status);
            (case_of(&story, "ann").map(brief), case_of(&story, "bob").map(brief))
        },
    );
}

#[test]
fn rule_3_to_whom_a_response_was_said() {
    let to = |target: &str| with(agent(20, "r"), |reply| reply.in_reply_to = Some(target.into()));
    let naming = |reply: Response, name: &str| with(reply, |reply| reply.customer = Some(person(&[name])));
    check(
        vec![
            //                        given: Ann at 0, Bob at 10, and         then: replies to Ann, to Bob
            ("to Ann's message", told![to("a")], (1, 0)),
            ("to Bob's message", told![to("b")], (0, 1)),
            ("to a reply to Ann", told![to("a"), with(agent(30, "r2"), |reply| reply.in_reply_to = Some("r".into()))], (2, 0)),
            ("to Bob's message, naming Ann", told![naming(to("b"), "handle:ann")], (0, 1)),
            ("naming Ann", told![naming(agent(20, "r"), "handle:ann")], (1, 0)),
            ("naming a stranger", told![naming(agent(20, "r"), "handle:cid")], (0, 1)),
            ("to a message nobody knows, naming Ann", told![naming(to("?"), "handle:ann")], (1, 0)),
            ("to nobody: the latest before it", told![agent(20, "r")], (0, 1)),
            ("to nobody, before Bob spoke", told![agent(5, "r")], (1, 0)),
            ("to nobody, before anybody spoke", told![agent(-5, "r")], (0, 0)),
        ],
        |lines| {
            let story = told([told![ann(0, "a"), bob(10, "b")], lines].concat());
            let replies = |who| case_of(&story, who).map_or(0, |case| case.human_replies);
            (replies("ann"), replies("bob"))
        },
    );
}

#[test]
fn rule_3_what_acknowledges_and_what_answers() {
    use CaseStatus::{Acknowledged, Answered, Open};
    use ResponseKind::{AutoAck, Bot, Community, Human, Note, Unknown};
    let privately = |reply: Response| with(reply, |reply| reply.visibility = Some(Visibility::Private));
    let inviting = |reply: Response| with(reply, |reply| reply.invites_to = Some("direct".into()));
    let all = |minute| (Some(minute), Some(minute), Some(minute));
    check(
        vec![
            //                    given: a complaint at 0, and       then: (acknowledged, answered, answered publicly), deflected, status
            ("silence", told![], ((None, None, None), false, Open)),
            ("a person", told![of_kind(20, Human)], (all(20), false, Answered)),
            ("a person, most likely", told![of_kind(20, Unknown)], (all(20), false, Answered)),
            ("at the same moment", told![of_kind(0, Human)], (all(0), false, Answered)),
            ("before it was said", told![of_kind(-1, Human)], ((None, None, None), false, Open)),
            ("a bot", told![of_kind(20, Bot)], ((Some(20), None, None), false, Acknowledged)),
            ("a receipt", told![of_kind(20, AutoAck)], ((Some(20), None, None), false, Acknowledged)),
            ("an internal note", told![of_kind(20, Note)], ((None, None, None), false, Open)),
            ("another customer", told![of_kind(20, Community)], ((None, None, None), false, Open)),
            (
                "a receipt, then a person",
                told![of_kind(20, AutoAck), agent(40, "r2")],
                ((Some(20), Some(40), Some(40)), false, Answered),
            ),
            (
                "a person in private, then in public",
                told![privately(agent(20, "r1")), agent(40, "r2")],
                ((Some(20), Some(20), Some(40)), false, Answered),
            ),
            ("write to us", told![inviting(agent(20, "r1"))], (all(20), true, Answered)),
            (
                "write to us, and then an answer",
                told![inviting(agent(20, "r1")), agent(40, "r2")],
                (all(20), false, Answered),
            ),
        ],
        |lines| {
            let case = ann_case(&told([told![ann(0, "a")], lines].concat()));
            let times = [case.acknowledged_at, case.answered_at, case.answered_publicly_at];
            let [acknowledged, answered, publicly] = times.map(|at| at.map(minute));
            ((acknowledged, answered, publicly), case.deflected, case.status)
        },
    );
}

#[test]
fn rule_4_waits_reopening_and_time_that_is_not_the_companys() {
    use CaseStatus::{Answered, LetGo, Open, Pending, Resolved};
    use Status::{self as To};
    let (m, r) = (|minute| ann(minute, &format!("m{minute}")), |minute| agent(minute, &format!("r{minute}")));
    let thanks = |minute| tone(m(minute), Intent::Thanks);
    let resolved = |minute| set(minute, To::Resolved);
    check(
        vec![
            //                   given                                           then: waits, chasers, reopened, minutes to resolve, status
            ("asked", told![m(0)], (1, 0, 0, None, Open)),
            ("asked again", told![m(0), m(5)], (1, 1, 0, None, Open)),
            ("answered", told![m(0), r(5)], (1, 0, 0, None, Answered)),
            ("asked further", told![m(0), r(5), m(9)], (2, 0, 0, None, Open)),
            ("a note is no reply", told![m(0), of_kind(5, ResponseKind::Note), m(9)], (1, 1, 0, None, Open)),
            ("resolved", told![m(0), r(5), resolved(100)], (1, 0, 0, Some(100), Resolved)),
            ("resolved without a word", told![m(0), resolved(100), m(200)], (2, 0, 1, None, Open)),
            ("let go", told![m(0), set(9, To::LetGo)], (1, 0, 0, None, LetGo)),
            ("resolved, thanked", told![m(0), resolved(100), thanks(110)], (1, 0, 0, Some(100), Resolved)),
            ("resolved, out of office", told![m(0), resolved(100), automatic(m(110))], (1, 0, 0, Some(100), Resolved)),
            ("resolved, not for the customer", told![m(0), r(5), resolved(100), m(110)], (2, 0, 1, None, Open)),
            ("and resolved once more", told![m(0), resolved(100), m(110), resolved(150)], (2, 0, 1, Some(150), Resolved)),
            ("opened again by an agent", told![m(0), r(5), resolved(100), set(110, To::Reopened)], (1, 0, 1, None, Answered)),
            ("waits for the customer", told![m(0), r(5), set(10, To::Pending)], (1, 0, 0, None, Pending)),
            (
                "waited 50 minutes for the customer",
                told![m(0), set(10, To::Pending), m(60), resolved(100)],
                (1, 1, 0, Some(50), Resolved),
            ),
            (
                "an automatic reply does not end that",
                told![m(0), set(10, To::Pending), automatic(m(60)), resolved(100)],
                (1, 0, 0, Some(10), Resolved),
            ),
        ],
        |lines| {
            let case = ann_case(&told(lines));
            let took = case.resolution_ms.map(|ms| ms / 60_000);
            (case.waits, case.chasers, case.reopened_count, took, case.status)
        },
    );
}

#[test]
fn rule_5_service_levels() {
    use SlaState::{Breached as B, Met as M, None as N, Running as R};
    let (m, r) = (|minute| ann(minute, &format!("m{minute}")), |minute| agent(minute, &format!("r{minute}")));
    let none: fn() -> Vec<Line> = Vec::new;
    check(
        vec![
            // An hour to acknowledge and to answer, two to reply to each wait, a day to resolve.
            //                 given          judged at  heard after that   then: levels; at risk, breached, retracted
            ("young", (told![m(0)], 47, none()), ([R, R, R, R], 0, 0, 0)),
            ("at four fifths of the hour", (told![m(0)], 48, none()), ([R, R, R, R], 2, 0, 0)),
            ("at the hour", (told![m(0)], 60, none()), ([R, R, R, R], 2, 0, 0)),
            ("after it", (told![m(0)], 61, none()), ([B, B, R, R], 2, 2, 0)),
            ("answered on the hour", (told![m(0), r(60)], 61, none()), ([M, M, M, R], 0, 0, 0)),
            ("answered after it", (told![m(0), r(61)], 62, none()), ([B, B, M, R], 0, 2, 0)),
            ("a receipt only", (told![m(0), of_kind(5, ResponseKind::AutoAck)], 61, none()), ([M, B, R, R], 1, 1, 0)),
            ("the answer came late to us", (told![m(0)], 61, told![r(60)]), ([M, M, M, R], 2, 2, 2)),
            ("the second wait too long", (told![m(0), r(10), m(20), r(141)], 142, none()), ([M, M, B, R], 0, 1, 0)),
            ("resolved within a day", (told![m(0), r(10), set(DAYS, Status::Resolved)], DAYS + 1, none()), ([M, M, M, M], 0, 0, 0)),
            ("a day is over", (told![m(0), r(10)], DAYS + 1, none()), ([M, M, M, B], 1, 1, 0)),
            ("it waits for the customer", (told![m(0), r(10), set(10, Status::Pending)], 9 * DAYS, none()), ([M, M, M, R], 0, 0, 0)),
            ("praise", (told![tone(m(0), Intent::Praise)], 9 * DAYS, none()), ([N, N, N, N], 0, 0, 0)),
        ],
        |(lines, until, late): (Vec<Line>, i64, Vec<Line>)| {
            let mut story = Story::told(with_levels(), lines).until(until);
            late.into_iter().for_each(|line| story.tell(line));
            let sla = ann_case(&story).sla;
            let count = |kind| count(&story, kind);
            let states = [sla.acknowledge, sla.answer, sla.next, sla.resolve];
            (states, count("SLA_AT_RISK"), count("SLA_BREACHED"), count("SLA_RETRACTED"))
        },
    );
}

#[test]
fn rule_6_an_archive_is_judged_by_its_own_time() {
    use CaseStatus::{Answered, Open, Unanswered};
    const IN_2017: i64 = -6 * 365 * DAYS;
    let (ann, bob) = (|minute| ann(IN_2017 + minute, "a"), |minute| bob(IN_2017 + minute, "b"));
    let reply = |minute| {
        with(agent(IN_2017 + minute, "r"), |reply| reply.in_reply_to = Some("a".into()))
    };
    check(
        vec![
            //                            given                  as of (None: time stands)    then: Ann's status; levels ever breached, ever retracted
            ("taken in, whatever comes later", (told![ann(0), bob(90 * DAYS)], None), (Open, 0, 0)),
            ("the end of the archive", (told![ann(0), reply(30)], Some(30)), (Answered, 0, 0)),
            ("its records in the other order", (told![reply(30), ann(0)], Some(30)), (Answered, 0, 0)),
            ("much later", (told![ann(0), reply(30), set(IN_2017 + 40, Status::Resolved)], Some(2000 * DAYS)), (CaseStatus::Resolved, 0, 0)),
            ("the answer after a year of others", (told![ann(0), bob(365 * DAYS), reply(30)], Some(30)), (Answered, 0, 0)),
            ("nobody ever answered", (told![ann(0)], Some(61)), (Open, 2, 0)),
            ("nobody ever answered, a year on", (told![ann(0)], Some(365 * DAYS)), (Unanswered, 4, 0)),
        ],
        |(lines, as_of): (Vec<Line>, Option<i64>)| {
            let story = Story::told(with_levels(), lines);
            let story = as_of.into_iter().fold(story, |story, minute| story.until(IN_2017 + minute));
            let count = |kind| count(&story, kind);
            (ann_case(&story).status, count("SLA_BREACHED"), count("SLA_RETRACTED"))
        },
    );
}

#[test]
fn rule_7_how_long_a_customer_waits_in_each_channel() {
    use CaseStatus::{Answered, Open, Unanswered};
    let hours = |hours: i64| hours * 60;
    for (channel, patience) in [
        ("chat", 15),
        ("phone", hours(1)),
        ("messaging", hours(4)),
        ("direct", hours(4)),
        ("social", hours(24)),
        ("email", hours(48)),
        ("forum", hours(72)),
        ("review", 7 * DAYS),
    ] {
        let after = |answered: Option<i64>, until: i64| {
            let reply = answered.map(|minute| Line::from(replies(patience + minute, "r", channel)));
            let lines = told![says(0, "m", channel, &["handle:ann"])].into_iter().chain(reply);
            let case = Story::told(RuleSettings::default(), lines).until(patience + until).case();
            (case.status, case.was_unanswered)
        };
        //   answered (minutes after patience), judged at     then: status, was unanswered
        for (answered, until, then) in [
            (None, -1, (Open, false)),
            (None, 0, (Unanswered, true)),
            (Some(-1), 9, (Answered, false)),
            (Some(0), 9, (Answered, false)),
            (Some(1), 9, (Answered, true)),
        ] {
            assert_eq!(after(answered, until), then, "{channel}, answered at {answered:?}, judged at {until}");
        }
    }
}

#[test]
fn rule_7_what_counts_as_silence() {
    use CaseStatus::{LetGo, Open, Resolved, Unanswered};
    use ResponseKind::{AutoAck, Bot, Community, Note};
    check(
        vec![
            //                given: a complaint at 0, and       then, a week later: status, was unanswered
            ("nothing", told![], (Unanswered, true)),
            ("a receipt", told![of_kind(5, AutoAck)], (Unanswered, true)),
            ("a bot", told![of_kind(5, Bot)], (Unanswered, true)),
            ("a note", told![of_kind(5, Note)], (Unanswered, true)),
            ("another customer", told![of_kind(5, Community)], (Unanswered, true)),
            ("resolved without a word", told![set(5, Status::Resolved)], (Resolved, false)),
            ("let go", told![set(5, Status::LetGo)], (LetGo, false)),
            ("let go too late", told![set(2 * DAYS, Status::LetGo)], (LetGo, true)),
            ("answered, asked further", told![agent(5, "r"), ann(9, "m9")], (Open, false)),
        ],
        |lines| {
            let case = ann_case(&told([told![ann(0, "m0")], lines].concat()).until(7 * DAYS));
            (case.status, case.was_unanswered)
        },
    );
}

#[test]
fn rule_8_reply_only_twice() {
    use ReplyLimitState::{Exceeded, Ok, Reached};
    let (m, r) = (|minute| ann(minute, &format!("m{minute}")), |minute| agent(minute, &format!("r{minute}")));
    let kind = |minute, kind| with(r(minute), |reply: &mut Response| reply.kind = kind);
    let privately = |minute| with(r(minute), |reply: &mut Response| reply.visibility = Some(Visibility::Private));
    let resolved = |minute| set(minute, Status::Resolved);
    check(
        vec![
            //                 given: a complaint at 0, and           then the limit is
            ("no reply", told![], Ok),
            ("one", told![r(10)], Ok),
            ("two", told![r(10), r(20)], Reached),
            ("three", told![r(10), r(20), r(30)], Exceeded),
            ("three, told in another order", told![r(30), r(10), r(20)], Exceeded),
            ("one, split over posts within two minutes", told![r(10), r(11), r(12)], Ok),
            ("the customer spoke in between", told![r(10), m(11), r(12)], Reached),
            ("bots and notes", told![kind(10, ResponseKind::Bot), kind(20, ResponseKind::Note), r(30)], Ok),
            ("the rest in private", told![r(10), privately(20), privately(30)], Ok),
            ("opened again: begins anew", told![r(10), r(20), resolved(30), m(40), r(50)], Ok),
            ("and is reached anew", told![r(10), r(20), resolved(30), m(40), r(50), r(60)], Reached),
            ("thanks open nothing again", told![r(10), r(20), resolved(30), tone(m(40), Intent::Thanks), r(50)], Exceeded),
        ],
        |lines| ann_case(&told([told![m(0)], lines].concat())).reply_limit,
    );
    let lines = told![says(0, "m", "email", &["email:a@b"])];
    let answers = (1..9).map(|n| replies(n * 10, &format!("r{n}"), "email").into());
    let story = told(lines.into_iter().chain(answers).collect());
    assert_eq!(story.case().reply_limit, Ok, "offstage nobody looks on");
}
