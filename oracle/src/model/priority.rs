//! Rule 11, priority: a sum of terms, with the weights of heard.example.toml.

use heard::model::{Complaint, Customer, Intent, Millis, PriorityTerm, PromiseState};

use super::Known;
use super::course::Course;
use super::facts::{Said, What};
use super::party::Links;

/// The terms of a case with an open wait; none if nobody waits.
pub fn terms(case: &Known, links: &Links, customer: Option<&Customer>, now: Millis) -> Vec<PriorityTerm> {
    let course = &case.course;
    let Some(wait) = course.waits.last().filter(|wait| wait.end.is_none()) else {
        return Vec::new();
    };
    let if_so = |holds: bool, points: i32| if holds { points } else { 0 };
    // A first star rating is severity.
    let rating = match first_stars(course) {
        Some(stars) if stars < 2.0 => 20,
        Some(stars) if stars < 3.0 => 10,
        _ => 0,
    };
    let value = customer
        .and_then(|customer| customer.lifetime_value)
        .unwrap_or(0.0);
    let promise = course.promise(now).1;
    let terms = [
        ("escalated", if_so(links.escalated_from.is_some(), 100)),
        ("severity.rating", rating),
        (
            "severity.sentiment",
            (-worst_sentiment(course) * 10.0).round() as i32,
        ),
        ("severity.safety", if_so(is_told(course, "in hospital"), 80)),
        ("severity.legal", if_so(is_told(course, "lawyer"), 40)),
        ("severity.churn", if_so(is_told(course, "i am leaving"), 20)),
        (
            "audience",
            5 * tenfolds(super::record::audience(course).unwrap_or(0)),
        ),
        ("lifetime_value", 2 * tenfolds(value as i64)),
        (
            "vulnerable",
            if_so(customer.is_some_and(|customer| customer.vulnerable), 40),
        ),
        ("repeat", if_so(links.came_before, 15)),
        ("chasers", (5 * (wait.messages as i32 - 1)).min(25)),
        ("broken_promise", if_so(promise == PromiseState::Broken, 30)),
        ("at_risk", if_so(course.is_at_risk(case.tier.as_deref(), now), 20)),
    ];
    let counting = terms.into_iter().filter(|(_, points)| *points != 0);
    let named = counting.map(|(name, points)| PriorityTerm {
        name: name.into(),
        points,
    });
    named.collect()
}

/// The stars first given by the first message that has some; or the fewest by an edit that said something else.
pub fn first_stars(course: &Course) -> Option<f64> {
    let first = messages(course).find_map(|said| said.first_stars);
    let news = course.news.iter().filter_map(|(_, stars)| *stars);
    news.chain(first).min_by(f64::total_cmp)
}

/// The worst sentiment, none is neither good nor bad.
pub fn worst_sentiment(course: &Course) -> f64 {
    messages(course)
        .filter_map(|said| said.message.sentiment)
        .fold(0.0, f64::min)
}

/// Whether a message that is not pleased says these words.
pub fn is_told(course: &Course, words: &str) -> bool {
    messages(course).any(|said| !is_pleased(&said.message) && says(&said.message, words))
}

fn messages(course: &Course) -> impl Iterator<Item = &Said> {
    course.facts.iter().filter_map(|fact| match &fact.what {
        What::Said(said) => Some(said),
        _ => None,
    })
}

/// Decision: who is pleased, as the source says, neither threatens nor insults.
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
