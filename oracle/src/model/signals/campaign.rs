//! Rule 10: ten people whom the CRM does not know begin with the same words, about one brand. What is told depends on the
//! order in which they are heard of, and is promised for none: this is what it is in the order of time.

use std::collections::{BTreeMap, BTreeSet};

use heard::model::{CaseId, Millis, Signal, SignalKind};

use crate::model::echo::{is_long, normalised};
use crate::model::record::{brand, opening};
use crate::model::{Known, World};
use crate::rules::DAY;

/// How many people.
const MANY: usize = 10;

/// The same words, as long as nobody is silent about them for two days.
#[derive(Default)]
struct Wave<'w> {
    first: Option<(Millis, CaseId)>,
    last: Option<Millis>,
    people: BTreeSet<&'w str>,
}

/// All that is told.
pub fn of(world: &World<'_>) -> Vec<Signal> {
    let mut unknown: Vec<&Known> = world.known.iter().filter(|case| is_unknown(case)).collect();
    unknown.sort_by_key(|case| (case.course.opened_at, case.case_id));
    let mut waves = BTreeMap::<(Option<String>, String), Wave<'_>>::new();
    let mut told = Vec::new();
    for case in unknown {
        let Some(words) = words(case) else { continue };
        let (at, brand) = (case.course.opened_at, brand_then(case));
        let wave = waves.entry((brand.clone(), words)).or_default();
        // Decision: each is said within two days of the one before; after a longer silence it is another matter.
        if wave.last.is_some_and(|last| at.since(last) > 2 * DAY) {
            *wave = Wave::default();
        }
        wave.last = Some(at);
        let (since, first) = *wave.first.get_or_insert((at, case.case_id));
        if wave.people.insert(&case.party_key) && wave.people.len() == MANY {
            let details = brand.clone().map(|brand| ("brand".to_owned(), brand));
            let details = details.into_iter().chain([
                ("since".to_owned(), since.0.to_string()),
                ("case_id".to_owned(), first.to_string()),
            ]);
            told.push(Signal {
                kind: SignalKind::Campaign,
                key: brand.as_deref().unwrap_or("-").into(),
                at,
                window: at.since(since),
                observed: MANY as f64,
                expected: 1.0,
                details: details.collect(),
            });
        }
    }
    told
}

/// Brands about which ten people say the same, whenever they do: of others no campaign may be told, in whatever order
/// people, what the CRM knows of them, and other brands are heard of.
pub fn possible(world: &World<'_>) -> BTreeSet<String> {
    let mut people = BTreeMap::<(Option<String>, String), BTreeSet<&str>>::new();
    for case in &world.known {
        let now = brand(&case.course).map(|brand| brand.to_string());
        let brands = [brand_then(case), now];
        for (brand, words) in brands.into_iter().zip(words(case).into_iter().cycle()) {
            let who = people.entry((brand, words)).or_default();
            who.insert(&case.party_key);
        }
    }
    let many = people.into_iter().filter(|(_, people)| people.len() >= MANY);
    many.map(|((brand, _), _)| brand.unwrap_or_else(|| "-".to_owned()))
        .collect()
}

/// Decision: who gave no identifier is nobody, and cannot be told from others.
fn is_unknown(case: &Known) -> bool {
    case.customer_id.is_none() && !case.course.identifiers().is_empty()
}

fn words(case: &Known) -> Option<String> {
    let text = opening(&case.course)
        .text
        .as_deref()
        .filter(|text| is_long(text))?;
    Some(normalised(text).into_iter().collect())
}

/// The brand when it began: in the order of time, another is not known yet.
fn brand_then(case: &Known) -> Option<String> {
    opening(&case.course).brand.as_ref().map(ToString::to_string)
}
