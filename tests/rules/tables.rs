//! Rules 1 to 8 of DESIGN.md as tables: given this story, then that is what its case says. The words
//! of the stories are those of `told`.

use heard::config::rules::RuleSettings;
use heard::model::CaseStatus::Unanswered;

use crate::story::{Story, replies, says, with_levels};
use crate::told::{ann, case_of, cell, check, count, lines, lines_from, minute, minutes, told};

#[test]
fn rule_1_duplicates_revisions_and_deletions() {
    let table = "
        the message is              | given                              | messages | replies | excerpt      | edits | withdrawals
        said once                   | 0 Ann                              | 1        | 0       | text of ann0 | 0     | 0
        sent twice                  | 0 Ann, 0 Ann                       | 1        | 0       | text of ann0 | 0     | 0
        edited                      | 0 Ann, 0 Ann edited                | 1        | 0       | better said  | 1     | 0
        edited, sent twice          | 0 Ann, 0 Ann edited, 0 Ann edited  | 1        | 0       | better said  | 1     | 0
        edited before it came       | 0 Ann edited, 0 Ann                | 1        | 0       | better said  | 0     | 0
        deleted                     | 0 Ann, 0 Ann deleted               | -        | -       | -            | 0     | 1
        deleted before it came      | 0 Ann deleted, 0 Ann               | -        | -       | -            | 0     | 0
        deleted, then an older copy | 0 Ann, 0 Ann deleted, 0 Ann edited | -        | -       | -            | 0     | 1
        one of two, and deleted     | 0 Ann, 5 Ann, 0 Ann deleted        | 1        | 0       | text of ann5 | 0     | 1
        replied to                  | 0 Ann, 9 agent, 9 agent            | 1        | 1       | text of ann0 | 0     | 0
        no more replied to          | 0 Ann, 9 agent, 9 agent deleted    | 1        | 0       | text of ann0 | 0     | 1
    ";
    check(table, 1, |given| {
        let story = told(given[0]);
        let case = case_of(&story, "Ann");
        let excerpt = case.as_ref().map(|case| case.excerpt.as_str().to_owned());
        [
            cell(case.as_ref().map(|case| case.customer_messages)),
            cell(case.as_ref().map(|case| case.human_replies)),
            excerpt.unwrap_or_else(|| "-".into()),
            count(&story, "EDITED"),
            count(&story, "WITHDRAWN"),
        ]
    });
}

#[test]
fn rule_2_a_case_its_opening_and_bystanders() {
    let table = "
        a week after                  | given                           | of  | opened | bystander | waits | status
        a complaint                   | 10 Ann                          | Ann | 10     | false     | 1     | Unanswered
        an earlier one that came late | 10 Ann, 5 Ann                   | Ann | 5      | false     | 1     | Unanswered
        somebody joined in            | 10 Ann, 20 Bob                  | Ann | 10     | false     | 1     | Unanswered
        the same                      | 10 Ann, 20 Bob                  | Bob | 20     | true      | 1     | Unanswered
        who joined in was first       | 10 Ann, 20 Bob, 5 Bob           | Ann | 10     | true      | 1     | Unanswered
        the same                      | 10 Ann, 20 Bob, 5 Bob           | Bob | 5      | false     | 1     | Unanswered
        praise                        | 10 Ann praises                  | Ann | 10     | false     | 0     | Open
        praise, and then a complaint  | 10 Ann praises, 30 Ann          | Ann | 10     | false     | 1     | Unanswered
        thanks for the answer         | 10 Ann, 20 agent, 30 Ann thanks | Ann | 10     | false     | 1     | Answered
        out of office                 | 10 Ann automatically            | Ann | 10     | false     | 0     | Open
    ";
    check(table, 2, |given| {
        let case = case_of(&told(given[0]).until(minutes("7d")), given[1]).expect("they have a case");
        [
            minute(case.opened_at).to_string(),
            case.bystander.to_string(),
            case.waits.to_string(),
            format!("{:?}", case.status),
        ]
    });
}

#[test]
fn rule_3_to_whom_a_response_was_said() {
    let table = "
        the response goes               | given: 0 Ann, 10 Bob, and             | to Ann | to Bob
        to Ann's message                | 20 agent to ann0                      | 1      | 0
        to Bob's message                | 20 agent to bob10                     | 0      | 1
        to Bob's message, but names Ann | 20 agent to bob10 naming ann          | 0      | 1
        to a reply to Ann               | 20 agent to ann0, 30 agent to agent20 | 2      | 0
        the same, told backwards        | 30 agent to agent20, 20 agent to ann0 | 2      | 0
        nowhere, but names Ann          | 20 agent naming ann                   | 1      | 0
        nowhere known, but names Ann    | 20 agent to bob99 naming ann          | 1      | 0
        nowhere, and names a stranger   | 20 agent naming cid                   | 0      | 1
        nowhere: the latest before it   | 20 agent                              | 0      | 1
        nowhere, before Bob spoke       | 5 agent                               | 1      | 0
        nowhere, before anybody spoke   | -5 agent                              | 0      | 0
    ";
    check(table, 1, |given| {
        let story = told(&format!("0 Ann, 10 Bob, {}", given[0]));
        ["Ann", "Bob"].map(|who| {
            case_of(&story, who)
                .map_or(0, |case| case.human_replies)
                .to_string()
        })
    });
}

#[test]
fn rule_3_what_acknowledges_and_what_answers() {
    let table = "
        from the company comes             | given: 0 Ann, and            | acknowledged | answered | publicly | deflected | status
        nothing                            |                              | -            | -        | -        | false     | Open
        a person's reply                   | 20 agent                     | 20           | 20       | 20       | false     | Answered
        somebody's, a person's most likely | 20 somebody                  | 20           | 20       | 20       | false     | Answered
        a reply at the very moment         | 0 agent                      | 0            | 0        | 0        | false     | Answered
        a word from before                 | -1 agent                     | -            | -        | -        | false     | Open
        a bot's                            | 20 bot                       | 20           | -        | -        | false     | Acknowledged
        a receipt                          | 20 receipt                   | 20           | -        | -        | false     | Acknowledged
        a note among agents                | 20 note                      | -            | -        | -        | false     | Open
        nothing, a bystander helps         | 20 bystander                 | -            | -        | -        | false     | Open
        a receipt, then a person           | 20 receipt, 40 agent         | 20           | 40       | 40       | false     | Answered
        a person, first in private         | 20 agent privately, 40 agent | 20           | 20       | 40       | false     | Answered
        an invitation elsewhere            | 20 agent inviting            | 20           | 20       | 20       | true      | Answered
        one, and then an answer            | 20 agent inviting, 40 agent  | 20           | 20       | 20       | false     | Answered
    ";
    check(table, 1, |given| {
        let case = ann(&told(&format!("0 Ann, {}", given[0])));
        [
            cell(case.acknowledged_at.map(minute)),
            cell(case.answered_at.map(minute)),
            cell(case.answered_publicly_at.map(minute)),
            case.deflected.to_string(),
            format!("{:?}", case.status),
        ]
    });
}

#[test]
fn rule_3_a_bots_solution_is_an_answer_if_nobody_contests_it_for_a_day() {
    let table = "
        a bot's solution          | given                                  | judged at | answered | by
        is young                  | 0 Ann, 9 bot resolving                 | 1d        | -        | -
        stood for a day           | 0 Ann, 9 bot resolving                 | 2d        | 9        | Bot
        was contested             | 0 Ann, 9 bot resolving, 20h Ann        | 9d        | -        | -
        was thanked for           | 0 Ann, 9 bot resolving, 20h Ann thanks | 9d        | 9        | Bot
        was contested too late    | 0 Ann, 9 bot resolving, 2d Ann         | 9d        | 9        | Bot
        was overtaken by a person | 0 Ann, 9 bot resolving, 20 agent       | 9d        | 20       | Human
        is only a bot's reply     | 0 Ann, 9 bot                           | 9d        | -        | -
        is repeated within a day  | 0 Ann, 9 bot resolving, 20h bot resolving | 2d     | 9        | Bot
    ";
    check(table, 2, |given| {
        let case = ann(&told(given[0]).until(minutes(given[1])));
        [cell(case.answered_at.map(minute)), cell(case.answered_by)]
    });
}

#[test]
fn rule_4_waits_reopening_and_time_that_is_not_the_companys() {
    let table = "
        the customer                  | given                                                 | waits | chasers | reopened | resolved in | status
        asks                          | 0 Ann                                                 | 1     | 0       | 0        | -           | Open
        asks again                    | 0 Ann, 5 Ann                                          | 1     | 1       | 0        | -           | Open
        is answered                   | 0 Ann, 5 agent                                        | 1     | 0       | 0        | -           | Answered
        asks further                  | 0 Ann, 5 agent, 9 Ann                                 | 2     | 0       | 0        | -           | Open
        asks again, unaware of a note | 0 Ann, 5 note, 9 Ann                                  | 1     | 1       | 0        | -           | Open
        is helped                     | 0 Ann, 5 agent, 100 resolved                          | 1     | 0       | 0        | 100         | Resolved
        is let go                     | 0 Ann, 9 let-go                                       | 1     | 0       | 0        | -           | LetGo
        is let go, and helped         | 0 Ann, 9 let-go, 100 resolved                         | 1     | 0       | 0        | 100         | Resolved
        is helped, and then let go    | 0 Ann, 9 resolved, 100 let-go                         | 1     | 0       | 0        | 9           | LetGo
        is helped, and says thanks    | 0 Ann, 5 agent, 100 resolved, 110 Ann thanks          | 1     | 0       | 0        | 100         | Resolved
        is helped, and out of office  | 0 Ann, 5 agent, 100 resolved, 110 Ann automatically   | 1     | 0       | 0        | 100         | Resolved
        is not helped after all       | 0 Ann, 5 agent, 100 resolved, 110 Ann                 | 2     | 0       | 1        | -           | Open
        is then                       | 0 Ann, 5 agent, 100 resolved, 110 Ann, 150 resolved   | 2     | 0       | 1        | 140         | Resolved
        hears that it is open again   | 0 Ann, 5 agent, 100 resolved, 110 reopened            | 1     | 0       | 1        | -           | Answered
        is asked for something        | 0 Ann, 5 agent, 10 pending                            | 1     | 0       | 0        | -           | Pending
        gives it 50 minutes later     | 0 Ann, 5 agent, 10 pending, 60 Ann, 100 resolved      | 2     | 0       | 0        | 50          | Resolved
        is away, says a machine       | 0 Ann, 10 pending, 60 Ann automatically, 100 resolved | 1     | 0       | 0        | 10          | Resolved
    ";
    check(table, 1, |given| {
        let case = ann(&told(given[0]));
        let first = case.answered_at.map(minute);
        assert!(
            [None, Some(5)].contains(&first),
            "nothing rewrites the first response"
        );
        [
            case.waits.to_string(),
            case.chasers.to_string(),
            case.reopened_count.to_string(),
            cell(case.resolution_ms.map(|ms| ms / 60_000)),
            format!("{:?}", case.status),
        ]
    });
}

/// An hour to acknowledge and to answer, two to reply to each wait, a day to resolve.
#[test]
fn rule_5_service_levels() {
    let table = "
        the case                  | given                                                        | judged at | then known  | acknowledge | answer   | next     | resolve  | at risk | breached | retracted
        is young                  | 0 Ann                                                        | 47        |             | Running     | Running  | Running  | Running  | 0       | 0        | 0
        has a fifth of it left    | 0 Ann                                                        | 48        |             | Running     | Running  | Running  | Running  | 2       | 0        | 0
        is at its last moment     | 0 Ann                                                        | 60        |             | Running     | Running  | Running  | Running  | 2       | 0        | 0
        is past it                | 0 Ann                                                        | 61        |             | Breached    | Breached | Running  | Running  | 2       | 2        | 0
        is answered just in time  | 0 Ann, 60 agent                                              | 61        |             | Met         | Met      | Met      | Running  | 0       | 0        | 0
        is answered too late      | 0 Ann, 61 agent                                              | 62        |             | Breached    | Breached | Met      | Running  | 2       | 2        | 0
        got a receipt only        | 0 Ann, 5 receipt                                             | 61        |             | Met         | Breached | Running  | Running  | 1       | 1        | 0
        was answered, as we learn | 0 Ann                                                        | 61        | 60 agent    | Met         | Met      | Met      | Running  | 2       | 2        | 2
        waited too long once      | 0 Ann, 10 agent, 20 Ann, 141 agent                           | 142       |             | Met         | Met      | Breached | Running  | 0       | 1        | 0
        is resolved within a day  | 0 Ann, 10 agent, 1d resolved                                 | 2d        |             | Met         | Met      | Met      | Met      | 0       | 0        | 0
        is not                    | 0 Ann, 10 agent                                              | 2d        |             | Met         | Met      | Met      | Breached | 1       | 1        | 0
        waits for the customer    | 0 Ann, 10 agent, 10 pending                                  | 2d        |             | Met         | Met      | Met      | Running  | 0       | 0        | 0
        is past it, then waits    | 0 Ann, 10 agent                                              | 30h       | 30h pending | Met         | Met      | Met      | Breached | 1       | 1        | 0
        is credited that          | 0 Ann, 10 agent, 10 pending, 2d Ann, 49h agent, 60h resolved | 3d        |             | Met         | Met      | Met      | Met      | 0       | 0        | 0
        is praise                 | 0 Ann praises                                                | 9d        |             | None        | None     | None     | None     | 0       | 0        | 0
        is let go in time         | 0 Ann, 10 let-go                                             | 9d        |             | None        | None     | None     | None     | 0       | 0        | 0
        is let go later           | 0 Ann, 10 agent, 20 Ann, 30 let-go                           | 9d        |             | Met         | Met      | Met      | None     | 0       | 0        | 0
        is let go too late        | 0 Ann, 3h let-go                                             | 9d        |             | Breached    | Breached | Breached | None     | 2       | 3        | 0
    ";
    check(table, 3, |given| {
        let mut story = Story::told(with_levels(), lines(given[0])).until(minutes(given[1]));
        lines(given[2]).into_iter().for_each(|line| story.tell(line));
        let case = ann(&story);
        let [acknowledge, answer, next, resolve] = [
            case.sla_acknowledge,
            case.sla_answer,
            case.sla_next,
            case.sla_resolve,
        ]
        .map(|state| format!("{state:?}"));
        let [at_risk, breached, retracted] =
            ["SLA_AT_RISK", "SLA_BREACHED", "SLA_RETRACTED"].map(|kind| count(&story, kind));
        [acknowledge, answer, next, resolve, at_risk, breached, retracted]
    });
}

/// The archive begins six years before the stories' day; levels as above.
#[test]
fn rule_6_an_archive_is_judged_by_its_own_time() {
    let table = "
        the archive                      | given                             | time moves to | status     | unanswered | breached | retracted
        is taken in, time stands         | 0 Ann, 90d Bob                    |               | Open       | 0          | 0        | 0
        ends with the answer             | 0 Ann, 30 agent                   | 30            | Answered   | 0          | 0        | 0
        comes in another order           | 30 agent, 0 Ann                   | 30            | Answered   | 0          | 0        | 0
        has the answer a year further on | 0 Ann, 365d Bob, 30 agent to ann0 | 30            | Answered   | 0          | 0        | 0
        is looked at years later         | 0 Ann, 30 agent, 40 resolved      | 2000d         | Resolved   | 0          | 0        | 0
        has no answer in the first hour  | 0 Ann                             | 61            | Open       | 0          | 2        | 0
        has none in a year               | 0 Ann                             | 365d          | Unanswered | 1          | 4        | 0
    ";
    let in_2017 = -6 * minutes("365d");
    check(table, 2, |given| {
        let mut story = Story::told(with_levels(), lines_from(in_2017, given[0]));
        if !given[1].is_empty() {
            story = story.until(in_2017 + minutes(given[1]));
        }
        let [unanswered, breached, retracted] =
            ["UNANSWERED", "SLA_BREACHED", "SLA_RETRACTED"].map(|kind| count(&story, kind));
        [
            format!("{:?}", ann(&story).status),
            unanswered,
            breached,
            retracted,
        ]
    });
}

#[test]
fn rule_7_how_long_a_customer_waits_in_each_channel() {
    let table = "
        by               | channel   | patience | a minute before | at its end | answered at its end | answered a minute after
        a chat           | chat      | 15       | Open            | Unanswered | Answered            | Answered, was unanswered
        a call           | phone     | 1h       | Open            | Unanswered | Answered            | Answered, was unanswered
        a message        | messaging | 4h       | Open            | Unanswered | Answered            | Answered, was unanswered
        a direct message | direct    | 4h       | Open            | Unanswered | Answered            | Answered, was unanswered
        a post           | social    | 24h      | Open            | Unanswered | Answered            | Answered, was unanswered
        an email         | email     | 48h      | Open            | Unanswered | Answered            | Answered, was unanswered
        a thread         | forum     | 72h      | Open            | Unanswered | Answered            | Answered, was unanswered
        a review         | review    | 7d       | Open            | Unanswered | Answered            | Answered, was unanswered
    ";
    for channel in RuleSettings::default().channels.keys() {
        assert!(
            table.contains(&format!("| {channel} ")),
            "{channel} is not in the table"
        );
    }
    check(table, 2, |given| {
        let end = minutes(given[1]);
        let then = |answered: Option<i64>, until: i64| {
            let mut story = Story::new(RuleSettings::default());
            story.tell(says(0, "m", given[0], &["handle:ann"]));
            answered
                .into_iter()
                .for_each(|at| story.tell(replies(at, "r", given[0])));
            let case = story.until(until).case();
            let late = if case.was_unanswered && case.status != Unanswered {
                ", was unanswered"
            } else {
                ""
            };
            format!("{:?}{late}", case.status)
        };
        [
            then(None, end - 1),
            then(None, end),
            then(Some(end), end + 9),
            then(Some(end + 1), end + 9),
        ]
    });
}

#[test]
fn rule_7_what_is_silence() {
    let table = "
        the company's                 | given: 0 Ann, and | a week later | was unanswered
        silence                       |                   | Unanswered   | true
        receipt                       | 5 receipt         | Unanswered   | true
        bot                           | 5 bot             | Unanswered   | true
        note                          | 5 note            | Unanswered   | true
        silence, a bystander helps    | 5 bystander       | Unanswered   | true
        solution without a word       | 5 resolved        | Resolved     | false
        decision to let it go         | 5 let-go          | LetGo        | false
        decision, too late            | 2d let-go         | LetGo        | true
        decision, until Ann goes on   | 5 let-go, 2d Ann, 2d somebody | Answered | false
        answer to one of two messages | 5 agent, 9 Ann    | Unanswered   | true
        private answer                | 5 agent privately | Answered     | false
    ";
    check(table, 1, |given| {
        let case = ann(&told(&format!("0 Ann, {}", given[0])).until(minutes("7d")));
        [format!("{:?}", case.status), case.was_unanswered.to_string()]
    });
}

#[test]
fn rule_8_reply_only_twice() {
    let table = "
        there were                     | given: 0 Ann, and                                           | the limit is
        no replies                     |                                                             | Ok
        one                            | 10 agent                                                    | Ok
        two                            | 10 agent, 20 agent                                          | Reached
        three                          | 10 agent, 20 agent, 30 agent                                | Exceeded
        three, told in another order   | 30 agent, 10 agent, 20 agent                                | Exceeded
        one, split within two minutes  | 10 agent, 11 agent, 12 agent                                | Ok
        two, the customer between them | 10 agent, 11 Ann, 12 agent                                  | Reached
        one, and a bot's and notes     | 10 bot, 20 note, 30 agent, 40 bystander, 50 receipt         | Ok
        one, the others in private     | 10 agent, 20 agent privately, 30 agent privately            | Ok
        two, then it opened again      | 10 agent, 20 agent, 30 resolved, 40 Ann, 50 agent           | Ok
        two, and two after that        | 10 agent, 20 agent, 30 resolved, 40 Ann, 50 agent, 60 agent | Reached
        three: thanks open nothing     | 10 agent, 20 agent, 30 resolved, 40 Ann thanks, 50 agent    | Exceeded
    ";
    check(table, 1, |given| {
        [format!(
            "{:?}",
            ann(&told(&format!("0 Ann, {}", given[0]))).reply_limit
        )]
    });
    let mut offstage = Story::new(RuleSettings::default());
    offstage.tell(says(0, "m", "email", &["email:a@b"]));
    (1..9).for_each(|n| offstage.tell(replies(n * 10, &format!("r{n}"), "email")));
    let limit = offstage.case().reply_limit;
    assert_eq!(format!("{limit:?}"), "Ok", "offstage nobody looks on");
}
