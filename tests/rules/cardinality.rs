//! CASES 31, of what is counted over many cases: any number of brands and issues leaves rows of a bounded size,
//! and none once nothing has happened for long.

use heard::config::rules::RuleSettings;
use heard::desk::Row;
use heard::desk::keys::kind;
use heard::model::{Complaint, Intent, Millis};
use heard::processor::Codec;

use crate::story::{DAY, Line, Story, says};

const HOUR: i64 = 3_600_000;

/// A case of its own that nobody waits in, so many milliseconds into the story.
fn case(n: i64, brand: &str, issue: Option<&str>, after: i64) -> Line {
    let id = format!("{n}.{after}");
    Complaint {
        conversation_id: Some(id.as_str().into()),
        brand: Some(brand.into()),
        issue: issue.map(Into::into),
        intent: Some(Intent::Praise),
        occurred_at: DAY.plus(after),
        ..says(0, &id, "chat", &[])
    }
    .into()
}

/// How many rows tallies and shards have, and the bytes of the largest.
fn rows(story: &Story) -> (usize, usize) {
    let rows = story
        .rows()
        .iter()
        .filter(|(key, _)| key.actor.kind == kind::TALLY);
    let sizes = rows.map(|(_, row): (_, &Row)| {
        let mut bytes = Vec::new();
        row.encode(&mut bytes);
        bytes.len()
    });
    sizes.fold((0, 0), |(number, largest), size| (number + 1, largest.max(size)))
}

fn live() -> Story {
    let mut story = Story::new(RuleSettings::default());
    story.wait_until(DAY);
    story
}

fn wait(story: &mut Story, after: i64) {
    story.wait_until(Millis(DAY.0 + after));
}

#[test]
fn brands_that_nobody_names_again_leave_nothing() {
    let mut story = live();
    (0..300).for_each(|n| story.tell(case(n, &format!("brand {n}"), Some("one"), 0)));
    wait(&mut story, 24 * HOUR);
    let (number, largest) = rows(&story);
    assert_eq!(
        number,
        300 * 3,
        "of each: what is usual, of an issue too, and the tally"
    );
    assert!(largest < 5_000, "{largest} bytes, however many there are");
    wait(&mut story, 34 * 24 * HOUR);
    assert_eq!(rows(&story).0, number);
    wait(&mut story, 36 * 24 * HOUR);
    assert_eq!(rows(&story).0, 0, "after five weeks");
}

#[test]
fn a_brand_that_is_named_goes_on() {
    let mut story = live();
    for week in 0..12 {
        wait(&mut story, week * 7 * 24 * HOUR);
        story.tell(case(
            week,
            "acme",
            Some(if week == 0 { "once" } else { "often" }),
            week * 7 * 24 * HOUR,
        ));
    }
    wait(&mut story, 12 * 7 * 24 * HOUR);
    assert_eq!(
        rows(&story).0,
        3,
        "the issue of the first week is watched no more"
    );
}

/// By any number of issues, an hour and a tally are of a bounded size, and so is the number of their rows.
#[test]
fn issues_without_number_leave_rows_of_a_bounded_size() {
    let told = |issues: i64| {
        let mut story = live();
        for n in 0..issues {
            story.tell(case(n, "acme", Some(&format!("issue {n}")), 0));
        }
        let before = rows(&story);
        wait(&mut story, 24 * HOUR);
        (before, rows(&story))
    };
    let ((few_before, _), (few_after, _)) = told(700);
    let ((before, largest_before), (after, largest)) = told(2100);
    assert!(before <= few_before && after <= few_after, "{before} {after}");
    assert_eq!(after, 64 + 2, "64 issues are watched, and all together");
    assert!(
        largest_before < 5_000 && largest < 5_000,
        "{largest_before} {largest}"
    );
}

/// While time stands, what a complaint changes is of a bounded size, however full its hour is.
#[test]
fn a_full_hour_is_kept_in_small_rows_but_one() {
    let mut story = Story::new(RuleSettings::default());
    let mut largest = Vec::new();
    for n in 0..3000 {
        story.tell(case(n, "acme", Some(&format!("issue {}", n % 50)), n * 1200));
    }
    for (key, row) in story
        .rows()
        .iter()
        .filter(|(key, _)| key.actor.kind == kind::TALLY)
    {
        let mut bytes = Vec::new();
        row.encode(&mut bytes);
        largest.push((bytes.len(), key.part));
    }
    largest.sort_unstable_by(|a, b| b.cmp(a));
    let small = largest
        .iter()
        .filter(|(_, part)| *part != heard::desk::keys::part::SEALED);
    assert!(small.clone().all(|(size, _)| *size < 4_000), "{largest:?}");
}
