//! Rule 11, priority: a sum of terms, with the weights of heard.example.toml.

use heard::model::{Complaint, Customer, Intent, Millis, PromiseState};

use super::Known;
use super::facts::What;
use super::party::Links;

/// The score of the open wait's work item; zero if nobody waits.
pub fn of(case: &Known, links: &Links, customer: Option<&Customer>, now: Millis) -> i32 {
    let course = &case.course;
    let Some(wait) = course.waits.last().filter(|wait| wait.end.is_none()) else {
        return 0;
    };
    let if_so = |holds: bool, points: i32| if holds { points } else { 0 };
    let messages = || {
        course.facts.iter().filter_map(|fact| match &fact.what {
            What::Said(said) => Some(said),
            _ => None,
        })
    };
    // A first star rating is severity.
    let rating = match messages().find_map(|said| said.first_stars) {
        Some(stars) if stars < 2.0 => 20,
        Some(stars) if stars < 3.0 => 10,
        _ => 0,
    };
    let worst = messages()
        .filter_map(|said| said.message.sentiment)
        .fold(0.0, f64::min);
    let legal = messages().any(|said| !is_pleased(&said.message) && says(&said.message, "lawyer"));
    let value = customer
        .and_then(|customer| customer.lifetime_value)
        .unwrap_or(0.0);
    [
        if_so(links.escalated_from.is_some(), 100),
        rating,
        (-worst * 10.0).round() as i32,
        if_so(legal, 40),
        5 * tenfolds(super::record::audience(course).unwrap_or(0)),
        2 * tenfolds(value as i64),
        if_so(customer.is_some_and(|customer| customer.vulnerable), 40),
        if_so(links.came_before, 15),
        (5 * (wait.messages as i32 - 1)).min(25),
        if_so(course.promise(now).1 == PromiseState::Broken, 30),
        if_so(course.is_at_risk(case.tier.as_deref(), now), 20),
    ]
    .into_iter()
    .sum()
}

/// Decision: who is pleased, as the source says, does not threaten.
fn is_pleased(message: &Complaint) -> bool {
    let thanks = matches!(message.intent, Some(Intent::Praise | Intent::Thanks));
    thanks || message.sentiment.is_some_and(|sentiment| sentiment > 0.0)
}

fn says(message: &Complaint, word: &str) -> bool {
    message.text.as_deref().is_some_and(|text| text.contains(word))
}

/// How often ten goes into a number.
fn tenfolds(number: i64) -> i32 {
    let mut times = 0;
    let mut rest = number / 10;
    while rest > 0 {
        times += 1;
        rest /= 10;
    }
    times
}
