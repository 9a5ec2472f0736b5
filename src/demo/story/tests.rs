use std::collections::BTreeSet;

use super::{Line, Record, START, WEEK, begin_of, situations::SITUATIONS, week};
use crate::config::RuleSettings;
use crate::demo::settings;

fn rules() -> RuleSettings {
    settings().rules
}

#[test]
fn the_same_seed_tells_the_same_story_and_another_one_another() {
    let rules = rules();
    assert_eq!(week(7, 0, &rules), week(7, 0, &rules));
    assert_ne!(week(7, 0, &rules), week(8, 0, &rules));
    assert_ne!(week(7, 0, &rules).len(), 0);
}

#[test]
fn every_situation_is_told_as_often_as_it_should_be() {
    let lines = week(7, 0, &rules());
    for situation in SITUATIONS {
        let told: BTreeSet<_> = lines
            .iter()
            .filter_map(|line| match &line.record {
                Record::Complaint(said) => said.conversation_id.clone(),
                _ => None,
            })
            .filter(|id| {
                id.rsplit_once('-')
                    .is_some_and(|(name, _)| name == format!("w0-{}", situation.name))
            })
            .collect();
        assert_eq!(told.len(), situation.times as usize, "{}", situation.name);
    }
}

#[test]
fn every_week_speaks_all_languages_in_all_channels_of_both_brands() {
    for seed in 0..20 {
        let lines = week(seed, 3, &rules());
        let said: Vec<_> = lines
            .iter()
            .filter_map(|line| match &line.record {
                Record::Complaint(said) => Some(said),
                _ => None,
            })
            .collect();
        let languages: BTreeSet<_> = said.iter().filter_map(|said| said.language.as_deref()).collect();
        let channels: BTreeSet<_> = said.iter().map(|said| said.channel.as_str()).collect();
        let brands: BTreeSet<_> = said.iter().filter_map(|said| said.brand.as_deref()).collect();
        assert_eq!(
            (languages.len(), channels.len(), brands.len()),
            (5, 8, 2),
            "seed {seed}"
        );
    }
}

#[test]
fn a_week_is_told_in_order_and_within_itself() {
    for seed in 0..20 {
        for number in [0, 1] {
            let lines = week(seed, number, &rules());
            assert!(lines.is_sorted_by_key(|line: &Line| line.arrives));
            let begin = begin_of(number);
            for Line { arrives, record } in &lines {
                assert!(
                    begin <= *arrives && *arrives < begin.plus(WEEK),
                    "seed {seed}: {record:?}"
                );
            }
        }
    }
    assert_eq!(begin_of(0), START);
}
