//! Reads `[priority]` and `[terms]`: how much each reason for urgency counts, and what words tell of one.

use std::path::Path;
use std::sync::Arc;

use super::rules::{RuleSettings, Weights};
use super::section::Section;
use crate::text::terms::{Category, TermList, Terms};

/// Stands for the list that is built in.
const BUILT_IN: &str = "built-in";

/// Points that one weight may be, at most.
const MOST: u32 = 10_000;

/// Reads both; files are looked for in `base`.
pub(super) fn read(top: &mut Section<'_>, base: &Path, rules: &mut RuleSettings) {
    read_weights(top, &mut rules.priority);
    if let Some(terms) = read_terms(top, base) {
        rules.terms = terms;
    }
}

fn read_weights(top: &mut Section<'_>, weights: &mut Weights) {
    let mut section = top.table(
        "priority",
        "How urgent a work item is: the sum of points for each reason, none of them below 0. Each item tells its \
         reasons, with their points.",
    );
    let mut points = |key: &str, weight: &mut u32, about: &str| {
        *weight = section.setting(key, *weight, about);
        if *weight > MOST {
            section.problem(key, format!("{} must be at most {MOST}.", section.path_of(key)));
        }
    };
    points(
        "escalated",
        &mut weights.escalated,
        "What was unanswered or unsolved in private is said in public now.",
    );
    points(
        "rating",
        &mut weights.rating,
        "A first rating of one star; of two stars, half of it.",
    );
    points(
        "sentiment",
        &mut weights.sentiment,
        "The worst sentiment; of a milder one, in proportion.",
    );
    points(
        "safety",
        &mut weights.safety,
        "Words of danger ([terms] says which).",
    );
    points(
        "legal",
        &mut weights.legal,
        "Words of lawyers, courts, authorities.",
    );
    points("churn", &mut weights.churn, "Words of leaving.");
    points(
        "audience",
        &mut weights.audience,
        "Each tenfold of people who can see it: 10 people once, 100 twice, 1000 three times.",
    );
    points(
        "lifetime_value",
        &mut weights.lifetime_value,
        "Each tenfold of the customer's lifetime value.",
    );
    points(
        "vulnerable",
        &mut weights.vulnerable,
        "The customer needs special care.",
    );
    points(
        "repeat",
        &mut weights.repeat,
        "The customer had to complain of it before.",
    );
    points(
        "chaser",
        &mut weights.chaser,
        "Each message of a customer who waits already.",
    );
    points(
        "chasers_most",
        &mut weights.chasers_most,
        "All of these together, at most.",
    );
    points(
        "broken_promise",
        &mut weights.broken_promise,
        "The company promised something and did not keep it.",
    );
    points(
        "at_risk",
        &mut weights.at_risk,
        "A service level is at risk, or over.",
    );
    let mut tiers = section.table(
        "tiers",
        "And for customers of single tiers: a line for each tier.",
    );
    tiers.example::<u32>("gold", "20", "The tier, as the CRM's customer record says it.");
    for name in tiers.keys() {
        let points = tiers.get_or(&name, 0_u32);
        if points > MOST {
            tiers.problem(&name, format!("{} must be at most {MOST}.", tiers.path_of(&name)));
        }
        weights.tiers.insert(name.into(), points);
    }
    tiers.finish();
    section.finish();
}

fn read_terms(top: &mut Section<'_>, base: &Path) -> Option<Arc<Terms>> {
    let mut section = top.table(
        "terms",
        "Words that tell of a reason for urgency: files with a term a line, relative to this one; \"built-in\" is the \
         list that comes with heard, in English, Spanish, Arabic, Hebrew and Persian. A term is found as whole \
         words, however it is written; * at an end lets the word go on. What follows # is a comment. Not in use \
         yet, as [priority].",
    );
    let mut lists = Some(Vec::new());
    let mut usual = true;
    for category in Category::ALL {
        let key = category.name();
        let about = match category {
            Category::Safety => "Somebody is, or may be, in danger.",
            Category::Legal => "The customer threatens with lawyers, courts, authorities.",
            Category::Churn => "The customer threatens to leave.",
            Category::Abuse => "Insults and threats against people: flagged, and no reason to wait longer.",
        };
        let files = section.setting(key, vec![BUILT_IN.to_owned()], about);
        usual &= files == [BUILT_IN];
        for file in &files {
            let list = read_list(&section, key, category, base, file);
            lists = lists.zip(list).map(|(mut lists, list)| {
                lists.push(list);
                lists
            });
        }
    }
    let all = if usual {
        Some(Terms::built_in())
    } else {
        lists.and_then(|lists| match Terms::new(lists) {
            Ok(terms) => Some(Arc::new(terms)),
            Err(why) => {
                section.problem(
                    "",
                    format!("{}: {why}. Leave out what is rarely said.", section.path()),
                );
                None
            }
        })
    };
    section.finish();
    all
}

fn read_list(
    section: &Section<'_>,
    key: &str,
    category: Category,
    base: &Path,
    file: &str,
) -> Option<TermList> {
    let path = section.path_of(key);
    let text = if file == BUILT_IN {
        category.built_in().to_owned()
    } else {
        match std::fs::read_to_string(base.join(file)) {
            Ok(text) => text,
            Err(error) => {
                let what = format!(
                    "{path} names {file}, which cannot be read: {error}. Name a text file in UTF-8, relative to \
                     this one, or \"{BUILT_IN}\"."
                );
                section.problem(key, what);
                return None;
            }
        }
    };
    match TermList::parse(category, &text) {
        Ok(list) => Some(list),
        Err(bad) => {
            section.problem(key, format!("{path}: {file}, {bad}. Write a term a line."));
            None
        }
    }
}
