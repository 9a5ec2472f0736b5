//! The reference figures of the real data: from files through a real broker to cases and work items.
//!
//! The expected numbers were computed from the files by other means than `heard`; [`Outcome::of`]
//! compares each run's `heard report` with a count of its own.

use std::fs;

use crate::dsl::{Heard, data, repository};
use crate::outcome::{AS_OF, Outcome, expect, plain_dialogues};

/// What does not depend on service levels.
const DIALOGUES: [(&str, u64); 13] = [
    ("/cases", 1057),
    ("/bystanders", 32),
    ("/answered", 1030),
    ("/never_answered", 27),
    ("/customer_messages", 1211),
    ("/human_replies", 1139),
    ("/waits", 1166),
    ("/first_response_s/n", 1030),
    ("/first_response_s/p50", 6635),
    ("/first_response_s/p90", 184_807),
    ("/first_response_s/max", 4_978_273),
    ("/reply_limit/reached", 84),
    ("/reply_limit/exceeded", 15),
];

fn are_the_dialogues(outcome: &Outcome) {
    expect(&outcome.figures(), &DIALOGUES);
    assert_eq!(outcome.work.len(), 1166);
    assert_eq!(outcome.work_items("handling.onstage", "DONE"), 1139);
    assert_eq!(outcome.work_items("handling.onstage", "OPEN"), 27);
}

#[test]
fn the_dialogues_from_csv_with_an_hour_to_answer() {
    let Some(outcome) = plain_dialogues() else {
        return;
    };
    are_the_dialogues(outcome);
    // 580 were answered later than within an hour, 27 never.
    expect(&outcome.figures(), &[("/levels/answer/breached", 607)]);
}

#[test]
fn the_dialogues_from_ndjson_with_a_day_to_answer() {
    let Some(file) = data("events/social_ibm_care.ndjson") else {
        return;
    };
    let config = "[topics]\npartitions = 3\n[channels.social]\nanswer = \"24h\"";
    let heard = Heard::new("figures-ndjson").application(config).topics();
    heard.ingest("social_ibm_care_ndjson.toml", &file, &[]).succeeds();
    heard.drain(&AS_OF);
    let outcome = Outcome::of(&heard);
    are_the_dialogues(&outcome);
    expect(&outcome.figures(), &[("/levels/answer/breached", 201)]);
}

#[test]
fn a_citys_night_by_phone_mobile_and_online() {
    let Some(file) = data("city_nyc311_924.csv") else {
        return;
    };
    let heard = offstage("figures-city", "city_nyc311");
    heard.ingest("city_nyc311.toml", &file, &[]).succeeds();
    heard.drain(&[]);
    let outcome = Outcome::of(&heard);
    let expected = [
        ("/cases", 924),
        ("/resolved", 480),
        ("/resolution_s/p50", 1941),
        ("/resolution_s/p90", 4354),
    ];
    expect(&outcome.figures(), &expected);
    //  channel   cases  resolved  resolution p50, s
    for (channel, cases, resolved, p50) in [
        ("phone", 139, 54, 1554),
        ("mobile", 280, 147, 1613),
        ("online", 501, 279, 2047),
    ] {
        let expected = [
            ("/cases", cases),
            ("/resolved", resolved),
            ("/resolution_s/n", resolved),
            ("/resolution_s/p50", p50),
        ];
        expect(&outcome.figures_of(channel, "OFFSTAGE"), &expected);
    }
    // Four did not say how they came.
    expect(&outcome.figures_of("other", "OFFSTAGE"), &[("/cases", 4)]);
    assert_eq!(outcome.work_items("handling.offstage", "DONE"), 480);
    assert_eq!(outcome.work_items("handling.offstage", "OPEN"), 444);
}

#[test]
fn a_regulators_cases_by_way_of_submission() {
    let Some(file) = data("regulator_cfpb_268.csv") else {
        return;
    };
    let heard = offstage("figures-regulator", "regulator_cfpb");
    heard.ingest("regulator_cfpb.toml", &file, &[]).succeeds();
    heard.drain(&[]);
    let outcome = Outcome::of(&heard);
    expect(&outcome.figures(), &[("/cases", 268)]);
    for (channel, cases) in [
        ("web", 211),
        ("referral", 25),
        ("phone", 17),
        ("post", 10),
        ("fax", 4),
        ("email", 1),
    ] {
        expect(&outcome.figures_of(channel, "OFFSTAGE"), &[("/cases", cases)]);
    }
    assert_eq!(outcome.work_items("handling.offstage", "OPEN"), 268);
}

/// An installation with the channels of a map.
pub fn offstage(name: &str, map: &str) -> Heard {
    let channels = repository().join(format!("maps/{map}.heard.toml"));
    let channels = fs::read_to_string(channels).expect("it is in the repository");
    let config = format!("[topics]\npartitions = 2\n{channels}");
    Heard::new(name).application(&config).topics()
}
