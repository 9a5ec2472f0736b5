//! Rules 3, 4, 5, 7, 9 and 12 of each wait: patience, spoken answers, silent closings, what waits again. CASES 7, 15, 16, 17,
//! 25 and 29.

use heard::config::rules::{RuleSettings, Span};
use heard::desk::figures::{Counted, Table};
use heard::model::{Case, CaseStatus, EscalationCause, Stage, Survey, WorkFlag, WorkState};
use heard::report::Report;
use smol_str::SmolStr;

use crate::story::{Line, Story, at, says, scores, with_levels};
use crate::told::{cell, check, lines, minute, minutes};

/// The story in words, in this channel: told in order, backwards, and with time going on meanwhile.
fn told_in(settings: &RuleSettings, channel: &str, words: &str, until: i64) -> Story {
    let mut lines = lines(words);
    for line in &mut lines {
        match line {
            Line::Says(said) => said.channel = channel.into(),
            Line::Replies(reply) => reply.channel = channel.into(),
            Line::Becomes(update) => update.channel = channel.into(),
            _ => {}
        }
    }
    let story = Story::told(settings.clone(), lines.clone()).until(until);
    let backwards = Story::told(settings.clone(), lines.iter().rev().cloned()).until(until);
    assert_eq!(story.cases(), backwards.cases(), "{words}, told backwards");
    let mut live = Story::new(settings.clone());
    for line in lines {
        let now = match &line {
            Line::Says(said) => said.occurred_at,
            Line::Replies(reply) => reply.occurred_at,
            Line::Becomes(update) => update.occurred_at,
            _ => at(0),
        };
        live.wait_until(now);
        live.tell(line);
    }
    let live = live.until(until);
    assert_eq!(story.cases(), live.cases(), "{words}, as it happens");
    story
}

fn ann_of(story: &Story) -> Case {
    let cases = story.cases().into_values();
    let mut anns = cases.filter(|case| case.party_key == "handle:ann");
    anns.next().expect("Ann has a case")
}

/// When UNANSWERED was told, less what was taken back.
fn unanswered_at(story: &Story) -> String {
    let of = |kind: &str, what: Option<&str>| -> Vec<i64> {
        let events = story.events().into_iter().filter(|event| {
            let is_what = what.is_none_or(|what| event.details.get("what").is_some_and(|is| is == what));
            event.kind.symbol() == kind && is_what
        });
        events.map(|event| minute(event.at)).collect()
    };
    let mut told = of("UNANSWERED", None);
    for gone in of("CORRECTED", Some("unanswered")) {
        let place = told.iter().position(|at| *at == gone).expect("it was told");
        told.remove(place);
    }
    let told: Vec<_> = told.iter().map(ToString::to_string).collect();
    told.join(" ")
}

/// Patience is 24 hours, 1440 minutes, in social.
#[test]
fn case_7_each_wait_has_its_own_patience() {
    let table = "
        a customer                               | given                                         | at     | status     | unanswered waits | told at    | waits since
        was answered, and waits once more        | 0 Ann, 1 agent, 2 Ann, 10082 Ann              | 263d   | Unanswered | 1                | 1442       | 2
        the same, within patience                | 0 Ann, 1 agent, 2 Ann                         | 1441   | Open       | 0                |            | 2
        the same, at its end                     | 0 Ann, 1 agent, 2 Ann                         | 1442   | Unanswered | 1                | 1442       | 2
        the same, answered at its end            | 0 Ann, 1 agent, 2 Ann, 1442 agent             | 9d     | Answered   | 0                |            | -
        the same, answered after its end         | 0 Ann, 1 agent, 2 Ann, 1443 agent             | 9d     | Answered   | 1                | 1442       | -
        is ignored twice                         | 0 Ann, 2d agent, 3d Ann, 9d agent             | 20d    | Answered   | 2                | 1440 5760  | -
        is ignored twice, and still is           | 0 Ann, 2d agent, 3d Ann                       | 20d    | Unanswered | 2                | 1440 5760  | 4320
        was helped without a word, and comes back | 0 Ann, 10 resolved, 18d Ann                  | 25920  | Open       | 0                |            | 25920
        and is answered within minutes           | 0 Ann, 10 resolved, 18d Ann, 25925 agent      | 40d    | Answered   | 0                |            | -
        and is not                               | 0 Ann, 10 resolved, 18d Ann                   | 40d    | Unanswered | 1                | 27360      | 25920
        was let go, and comes back               | 0 Ann, 10 let-go, 18d Ann, 25925 agent        | 40d    | Answered   | 0                |            | -
        was let go too late, and comes back      | 0 Ann, 2d let-go, 18d Ann, 25925 agent        | 40d    | Answered   | 1                | 1440       | -
        was helped by a bot, and comes back      | 0 Ann, 9 bot resolving, 20h Ann               | 2639   | Acknowledged | 0              |            | 1200
        the same, at the end of that patience    | 0 Ann, 9 bot resolving, 20h Ann               | 2640   | Unanswered | 1                | 2640       | 1200
        heard a bot only, which ends no wait     | 0 Ann, 9 bot                                  | 9d     | Unanswered | 1                | 1440       | 0
        waits while the company waits for them   | 0 Ann, 5 agent, 9 Ann, 10 pending             | 9d     | Pending    | 1                | 1449       | 9
        praises                                  | 0 Ann praises                                 | 9d     | Open       | 0                |            | -
        wrote by a machine                       | 0 Ann automatically                           | 9d     | Open       | 0                |            | -
    ";
    check(table, 2, |given| {
        let story = told_in(&RuleSettings::default(), "social", given[0], minutes(given[1]));
        let case = ann_of(&story);
        assert_eq!(case.was_unanswered, case.unanswered_waits > 0);
        [
            format!("{:?}", case.status),
            case.unanswered_waits.to_string(),
            unanswered_at(&story),
            cell(case.waiting_since.map(minute)),
        ]
    });
}

#[test]
fn a_late_reply_takes_back_what_was_told_of_its_wait_alone() {
    let mut story = told_in(
        &RuleSettings::default(),
        "social",
        "0 Ann, 2d agent, 3d Ann",
        minutes("9d"),
    );
    assert_eq!(unanswered_at(&story), "1440 5760");
    lines("74h agent").into_iter().for_each(|line| story.tell(line));
    assert_eq!(unanswered_at(&story), "1440");
    assert_eq!(ann_of(&story).unanswered_waits, 1);
}

#[test]
fn case_15_a_spoken_answer_is_one_though_nothing_was_written() {
    let table = "
        by            | given                                                | channel | answered | first response | replies | waits | unanswered | status   | silently
        phone         | 0 Ann, 10 resolved                                   | phone   | 10       | 600000         | 1       | 1     | 0          | Resolved | false
        and again     | 0 Ann, 10 resolved, 18d Ann, 25925 agent resolving   | phone   | 10       | 600000         | 2       | 2     | 0          | Resolved | false
        the same      | 0 Ann, 10 resolved, 18d Ann, 25925 resolved          | phone   | 10       | 600000         | 2       | 2     | 0          | Resolved | false
        after an hour | 0 Ann, 61 resolved                                   | phone   | 61       | 3660000        | 1       | 1     | 1          | Resolved | false
        said twice    | 0 Ann, 10 resolved, 20 resolved                      | phone   | 10       | 600000         | 1       | 1     | 0          | Resolved | false
        a note        | 0 Ann, 10 note resolving                             | phone   | 10       | 600000         | 1       | 1     | 0          | Resolved | false
        a person      | 0 Ann, 10 agent resolving                            | phone   | 10       | 600000         | 1       | 1     | 0          | Resolved | false
        a bot, young  | 0 Ann, 9d bot resolving                              | phone   | -        | -              | 0       | 1     | 1          | Resolved | false
        a receipt     | 0 Ann, 10 receipt resolving                          | phone   | -        | -              | 0       | 1     | 0          | Resolved | true
        a bystander   | 0 Ann, 10 bystander resolving                        | phone   | -        | -              | 0       | 1     | 0          | Resolved | true
        before it     | -5 resolved, 0 Ann                                   | phone   | -        | -              | 0       | 1     | 1          | Unanswered | false
        let go        | 0 Ann, 10 let-go                                     | phone   | -        | -              | 0       | 1     | 0          | LetGo    | false
        pending       | 0 Ann, 10 pending                                    | phone   | -        | -              | 0       | 1     | 1          | Pending  | false
        email         | 0 Ann, 10 resolved                                   | email   | -        | -              | 0       | 1     | 0          | Resolved | true
        social        | 0 Ann, 10 note resolving                             | social  | -        | -              | 0       | 1     | 0          | Resolved | true
    ";
    check(table, 2, |given| {
        let story = told_in(
            &RuleSettings::default(),
            given[1],
            given[0],
            minutes("9d").max(25_990),
        );
        let case = ann_of(&story);
        let is_bot = given[0].contains("bot ");
        if case.answered_at.is_some() && !is_bot {
            assert_eq!(case.acknowledged_at, case.answered_at);
            assert_eq!(case.answered_publicly_at, None);
            assert!(!case.deflected);
        }
        [
            cell(case.answered_at.map(minute).filter(|_| !is_bot)),
            cell(case.first_response_ms.filter(|_| !is_bot)),
            case.human_replies.to_string(),
            case.waits.to_string(),
            case.unanswered_waits.to_string(),
            format!("{:?}", case.status),
            case.closed_silently.to_string(),
        ]
    });
}

#[test]
fn where_answers_are_spoken_is_a_setting() {
    let mut settings = RuleSettings::default();
    for (channel, spoken) in [("phone", false), ("email", true)] {
        settings.channels.get_mut(channel).expect("it is built in").spoken = spoken;
    }
    for (channel, answered) in [("phone", None), ("email", Some(at(10)))] {
        let story = told_in(&settings, channel, "0 Ann, 10 resolved", 100);
        let case = ann_of(&story);
        assert_eq!(
            (case.answered_at, case.closed_silently),
            (answered, answered.is_none())
        );
        // Heard at the first contact: an answer, and a week of quiet.
        let story = told_in(&settings, channel, "0 Ann, 10 resolved", minutes("9d"));
        assert_eq!(ann_of(&story).first_contact_resolution, Some(answered.is_some()));
    }
}

#[test]
fn case_16_who_was_resolved_without_a_word_is_closed_silently() {
    let table = "
        by email                                    | given                                  | at | status   | silently | answered
        RESOLVED, and nothing else                  | 0 Ann, 10 resolved                     | 90d | Resolved | true    | -
        a reply before                              | 0 Ann, 5 agent, 10 resolved            | 90d | Resolved | false   | 5
        a reply after                               | 0 Ann, 10 resolved, 20 agent           | 90d | Resolved | false   | 20
        a reply that resolves                       | 0 Ann, 10 agent resolving              | 90d | Resolved | false   | 10
        an answer to the first of two               | 0 Ann, 5 agent, 9 Ann, 10 resolved     | 90d | Resolved | false   | 5
        a receipt                                   | 0 Ann, 5 receipt, 10 resolved          | 90d | Resolved | true    | -
        a bot that may be contested yet             | 0 Ann, 10 bot resolving                | 11  | Resolved | false   | -
        a bot that nobody contested                 | 0 Ann, 10 bot resolving                | 90d | Resolved | false   | 10
        opened again                                | 0 Ann, 10 resolved, 20 Ann             | 21  | Open     | false   | -
        praise, for which nobody waits              | 0 Ann praises, 10 resolved             | 90d | Resolved | false   | -
        let go                                      | 0 Ann, 10 let-go                       | 90d | LetGo    | false   | -
        RESOLVED, and thanks for it                 | 0 Ann, 10 resolved, 20 Ann thanks      | 90d | Resolved | true    | -
    ";
    check(table, 2, |given| {
        let story = told_in(&RuleSettings::default(), "email", given[0], minutes(given[1]));
        let case = ann_of(&story);
        assert_eq!(
            case.waiting_since.is_some(),
            case.status == CaseStatus::Open && case.waits > 0
        );
        [
            format!("{:?}", case.status),
            case.closed_silently.to_string(),
            cell(case.answered_at.map(minute)),
        ]
    });
}

/// CASES 16 in the report: who was closed silently is censored at that moment, and waits no more.
#[test]
fn case_16_nobody_knows_how_long_who_was_closed_silently_would_have_waited() {
    //   the first                    then so many wait, and half are answered after (two others: 20 and 30 minutes)
    for (words, waiting, median) in [
        ("0 Ann, 10 resolved", 0, 20),
        ("0 Ann, 19 resolved", 0, 20),
        ("0 Ann, 25 resolved", 0, 30),
        ("0 Ann, 10 let-go", 0, 20),
        ("0 Ann", 1, 30),
    ] {
        for channel in ["email", "social", "chat"] {
            let threads = [words, "0 Ann, 20 agent", "0 Ann, 30 agent"]
                .into_iter()
                .enumerate();
            let all = threads.flat_map(|(n, words)| {
                lines(words).into_iter().map(move |mut line| {
                    let thread: SmolStr = format!("t{n}").into();
                    match &mut line {
                        Line::Says(said) => {
                            (said.channel, said.conversation_id) = (channel.into(), Some(thread))
                        }
                        Line::Replies(reply) => {
                            (reply.channel, reply.conversation_id) = (channel.into(), thread)
                        }
                        Line::Becomes(update) => {
                            (update.channel, update.conversation_id) = (channel.into(), thread)
                        }
                        _ => {}
                    }
                    line
                })
            });
            let story = Story::told(RuleSettings::default(), all).until(minutes("9d"));
            let mut report = Report::default();
            story.cases().values().for_each(|case| report.add(case));
            let honest = report.total(at(minutes("9d"))).honest_answer_s;
            assert_eq!(
                (honest.n, honest.waiting, honest.p50),
                (3, waiting, Some(median * 60)),
                "{words}, by {channel}"
            );
        }
    }
}

#[test]
fn case_17_the_time_that_a_case_was_resolved_is_credited() {
    let mut settings = RuleSettings::default();
    for rules in settings.channels.values_mut() {
        rules.levels.usual.resolve = Some(Span::hours(48));
    }
    let table = "
        48 hours to resolve                       | given                                                       | at          | level    | until hour | resolved in
        RESOLVED after 1, and back on day 18      | 0 Ann, 1h resolved, 18d Ann                                 | 432h        | Running  | 479        | -
        the same, 47 hours later                  | 0 Ann, 1h resolved, 18d Ann                                 | 479h        | Running  | 479        | -
        the same, a minute later                  | 0 Ann, 1h resolved, 18d Ann                                 | 28741       | Breached | 479        | -
        and resolved within them                  | 0 Ann, 1h resolved, 18d Ann, 440h resolved                  | 90d         | Met      | -          | 540
        opened by the company                     | 0 Ann, 1h resolved, 18d reopened                            | 432h        | Running  | 479        | -
        frozen before that, too                   | 0 Ann, 1h pending, 2h Ann, 3h resolved, 13h Ann             | 13h         | Running  | 59         | -
        RESOLVED too late, and back               | 0 Ann, 60h resolved, 100h Ann                               | 100h        | Breached | 88         | -
        RESOLVED twice                            | 0 Ann, 1h resolved, 11h Ann, 12h resolved, 22h Ann          | 22h         | Running  | 68         | -
        thanked for                               | 0 Ann, 1h resolved, 11h Ann thanks                          | 90d         | Met      | -          | 60
        praise that was RESOLVED, then complaint  | 0 Ann praises, 1h resolved, 10h Ann                         | 10h         | Running  | 58         | -
    ";
    check(table, 2, |given| {
        let story = told_in(&settings, "email", given[0], minutes(given[1]));
        let case = ann_of(&story);
        let work = story.work().into_values();
        let open = work.filter(|item| item.state == WorkState::Open);
        let until = { open }.next_back().and_then(|item| item.resolve_by);
        [
            format!("{:?}", case.sla_resolve),
            cell(until.map(|at| minute(at) / 60)),
            cell(case.resolution_ms.map(|ms| ms / 60_000)),
        ]
    });
}

#[test]
fn what_the_company_opens_again_waits_again() {
    let table = "
        a case was                       | given                                                 | at   | waits | waits since | status     | unanswered | reopened | work
        closed without a word            | 0 Ann, 5 resolved, 90 reopened                        | 91   | 2     | 90          | Open       | 0          | 1        | Open
        the same, patience gone          | 0 Ann, 5 resolved, 90 reopened                        | 1530 | 2     | 90          | Unanswered | 1          | 1        | Open
        the same, answered               | 0 Ann, 5 resolved, 90 reopened, 95 agent              | 9d   | 2     | -           | Answered   | 0          | 1        | Done
        the same, once more              | 0 Ann, 5 resolved, 90 reopened, 95 resolved, 99 reopened | 100 | 3  | 99          | Open       | 0          | 2        | Open
        let go                           | 0 Ann, 5 let-go, 90 reopened                          | 91   | 2     | 90          | Open       | 0          | 0        | Open
        let go, and asked again meanwhile | 0 Ann, 5 let-go, 50 Ann, 90 reopened                 | 91   | 2     | 50          | Open       | 0          | 0        | Open
        answered, and closed             | 0 Ann, 5 agent, 9 resolved, 90 reopened               | 91   | 1     | -           | Answered   | 0          | 1        | Done
        answered in closing              | 0 Ann, 5 agent resolving, 90 reopened                 | 91   | 1     | -           | Answered   | 0          | 1        | Done
        never closed                     | 0 Ann, 90 reopened                                    | 91   | 1     | 0           | Open       | 0          | 0        | Open
        left too long before             | 0 Ann, 2d resolved, 3d reopened                       | 9d   | 2     | 4320        | Unanswered | 2          | 1        | Open
        praise                           | 0 Ann praises, 5 resolved, 90 reopened                | 91   | 0     | -           | Open       | 0          | 1        | Done
    ";
    check(table, 2, |given| {
        let story = told_in(&with_levels(), "social", given[0], minutes(given[1]));
        let case = ann_of(&story);
        let work = story.work();
        let last = work
            .values()
            .max_by_key(|item| item.first_heard_at)
            .expect("there is work");
        [
            case.waits.to_string(),
            cell(case.waiting_since.map(minute)),
            format!("{:?}", case.status),
            case.unanswered_waits.to_string(),
            case.reopened_count.to_string(),
            format!("{:?}", last.state),
        ]
    });
    // One item, which goes on where it was; and each wait has its own time to be answered: two hours here.
    let story = told_in(&with_levels(), "social", "0 Ann, 5 resolved, 90 reopened", 91);
    assert_eq!(story.work().len(), 1);
    let item = story.work().into_values().next().expect("there is work");
    assert!(item.revision >= 3, "open, done, and open again");
    assert_eq!(item.respond_by, at(90 + 120));
    assert_eq!(ann_of(&story).answer_by, Some(at(90 + 120)));
    let later = told_in(
        &with_levels(),
        "social",
        "0 Ann, 5 resolved, 90 reopened, 211 agent",
        300,
    );
    assert_eq!(format!("{:?}", ann_of(&later).sla_next), "Breached");
}

/// By phone, where the closing was an answer.
#[test]
fn who_was_answered_by_word_does_not_wait_again_when_the_company_reopens() {
    let story = told_in(
        &RuleSettings::default(),
        "phone",
        "0 Ann, 5 resolved, 90 reopened",
        minutes("9d"),
    );
    let case = ann_of(&story);
    assert_eq!(
        (case.status, case.waits, case.waiting_since),
        (CaseStatus::Answered, 1, None)
    );
}

#[test]
fn case_25_a_machines_mail_is_in_no_figure_of_answers() {
    //   given                                              answered  never  silently
    for (words, answered, never, silently) in [
        ("0 Ann automatically", 0, 0, 0),
        ("0 Ann automatically, 5 agent", 0, 0, 0),
        ("0 Ann praises, 5 agent", 0, 0, 0),
        ("0 Ann praises, 5 resolved", 0, 0, 0),
        ("0 Ann", 0, 1, 0),
        ("0 Ann, 5 agent", 1, 0, 0),
        ("0 Ann, 5 resolved", 0, 0, 1),
        ("0 Ann, 5 let-go", 0, 1, 0),
    ] {
        let settings = RuleSettings::default();
        let story = told_in(&settings, "email", words, minutes("9d"));
        let mut report = Report::default();
        story.cases().values().for_each(|case| report.add(case));
        let total = report.total(at(minutes("9d")));
        assert_eq!(
            (total.answered, total.never_answered, total.closed_silently),
            (answered, never, silently),
            "{words}"
        );
        assert_eq!(total.first_response_s.n, answered, "{words}");
        assert_eq!(total.honest_answer_s.n, answered + never + silently, "{words}");
        let still = total.honest_answer_s.waiting;
        assert_eq!(still, u64::from(words == "0 Ann"), "{words}");
        // The desk counts the same.
        let figures = Table::new(&settings).channel("email").expect("it is there");
        let counted = |counted| story.counted(figures.of(Stage::Offstage, counted));
        let found = [Counted::Answered, Counted::ClosedSilently].map(counted);
        assert_eq!(found, [answered as i64, silently as i64], "{words}");
    }
}

#[test]
fn case_29_who_is_alone_in_a_thread_is_no_bystander_of_themselves() {
    //   given                                          then Bob's, who took back what he said, has the flag
    for (words, flagged) in [
        ("0 Bob, 0 Bob deleted", false),
        ("0 Bob, 5 Bob, 5 Bob deleted, 0 Bob deleted", false),
        ("0 Ann, 5 Bob, 5 Bob deleted", true),
        ("0 Bob, 5 Bob, 3 agent, 0 Bob deleted, 5 Bob deleted", false),
    ] {
        let story = Story::told(RuleSettings::default(), lines(words));
        let withdrawn = story
            .work()
            .into_values()
            .filter(|item| item.state == WorkState::Withdrawn)
            .collect::<Vec<_>>();
        assert!(!withdrawn.is_empty(), "{words}");
        for item in withdrawn {
            assert_eq!(
                item.flags.contains(&WorkFlag::Bystander),
                flagged,
                "{words}: {item:?}"
            );
        }
    }
}

/// Rule 12: a survey asks of that moment.
#[test]
fn answered_when_surveyed_means_by_a_person_and_not_left_waiting() {
    let table = "
        the customer                     | given                                           | asked at | answered then
        was answered                     | 0 Ann, 5 agent                                  | 60       | true
        was not                          | 0 Ann                                           | 60       | false
        was, later                       | 0 Ann, 90 agent                                 | 60       | false
        was by a bot only                | 0 Ann, 5 bot resolving                          | 3d       | false
        was, and waits since             | 0 Ann, 5 agent, 9 Ann                           | 60       | true
        was, and lost patience since     | 0 Ann, 5 agent, 9 Ann                           | 1449     | false
        the same, a minute before        | 0 Ann, 5 agent, 9 Ann                           | 1448     | true
        the same, but answered by then   | 0 Ann, 5 agent, 9 Ann, 1500 agent               | 1500     | true
        the same, answered after that    | 0 Ann, 5 agent, 9 Ann, 1500 agent               | 1499     | false
        had lost patience before         | 0 Ann, 2d agent                                 | 3d       | true
        was let go after an answer       | 0 Ann, 5 agent, 9 Ann, 10 let-go                | 3d       | true
    ";
    check(table, 2, |given| {
        let mut story = Story::told(RuleSettings::default(), lines(given[0]));
        story.tell(Survey {
            channel: Some("social".into()),
            conversation_id: Some("c".into()),
            ..scores(minutes(given[1]), "s", 9.0, &["handle:ann"])
        });
        let case = ann_of(&story.until(minutes("20d")));
        [format!("{}", case.answered_when_surveyed.expect("she was asked"))]
    });
}

/// Rule 9: who was answered once, and then ignored, comes onstage because of that.
#[test]
fn a_second_wait_without_a_reply_escalates_as_the_first() {
    let post = |minute: i64| -> Line {
        let mut post = says(minute, "post", "social", &["handle:ann"]);
        post.conversation_id = Some("post".into());
        post.into()
    };
    //   the email (48 h)                             the post at     cause
    for (words, posted, cause) in [
        ("0 Ann", "47h", None),
        ("0 Ann", "48h", Some(EscalationCause::Unanswered)),
        (
            "0 Ann, 5 agent, 10h Ann",
            "58h",
            Some(EscalationCause::Unanswered),
        ),
        ("0 Ann, 5 agent, 10h Ann", "57h", Some(EscalationCause::Unsolved)),
        ("0 Ann, 5 resolved, 10h Ann", "57h", None),
        (
            "0 Ann, 5 resolved, 10h Ann",
            "58h",
            Some(EscalationCause::Unanswered),
        ),
        (
            "0 Ann, 5 let-go, 10h Ann",
            "58h",
            Some(EscalationCause::Unanswered),
        ),
        ("0 Ann, 5 resolved, 10h reopened", "57h", None),
        (
            "0 Ann, 5 resolved, 10h reopened",
            "58h",
            Some(EscalationCause::Unanswered),
        ),
        ("0 Ann, 5 resolved, 10h Ann, 11h resolved", "58h", None),
    ] {
        let mut lines = lines(words);
        for line in &mut lines {
            match line {
                Line::Says(said) => said.channel = "email".into(),
                Line::Replies(reply) => reply.channel = "email".into(),
                Line::Becomes(update) => update.channel = "email".into(),
                _ => {}
            }
        }
        lines.push(post(minutes(posted)));
        let backwards: Vec<_> = lines.iter().rev().cloned().collect();
        for lines in [lines, backwards] {
            let story = Story::told(RuleSettings::default(), lines).until(minutes("9d"));
            let mut cases = story.cases().into_values();
            let post = cases.find(|case| case.channel == "social").expect("it is there");
            assert_eq!(post.escalation_cause, cause, "{words}, and a post at {posted}");
        }
    }
}

/// All of one wait after another, across the dropping of facts.
#[test]
fn waits_are_counted_on_after_facts_were_dropped() {
    let settings = RuleSettings {
        retire_after: Span::days(30),
        ..RuleSettings::default()
    };
    let mut story = Story::told(settings, lines("0 Ann, 2d agent, 3d resolved"));
    story.wait_until(at(minutes("60d")));
    lines("61d Ann").into_iter().for_each(|line| story.tell(line));
    story.wait_until(at(minutes("70d")));
    let case = ann_of(&story);
    assert_eq!(
        (case.waits, case.unanswered_waits, case.status),
        (2, 2, CaseStatus::Unanswered)
    );
    assert_eq!(unanswered_at(&story), format!("1440 {}", minutes("62d")));
    lines("71d reopened, 72d agent")
        .into_iter()
        .for_each(|line| story.tell(line));
    let case = ann_of(&story);
    assert_eq!(
        (case.waits, case.unanswered_waits, case.status),
        (2, 2, CaseStatus::Answered)
    );
}
