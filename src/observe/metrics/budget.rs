//! The number of series is bounded by the configuration, whatever comes in.

use std::sync::Arc;

use super::tests::{NOW, Told, complaint, inputs, person, value};
use super::*;
use crate::config::rules::{ChannelRules, RuleSettings, Span};
use crate::desk::figures::ChannelTag;
use crate::engine::ManualClock;
use crate::intake::InputKind;
use crate::model::{Complaint, Stage};
use crate::processor::totals::AMOUNTS;
use crate::processor::{Addend, Totals};

#[test]
fn ten_thousand_hostile_names_make_no_series() {
    const NAMES: usize = 10_000;
    let hostile = |n: usize| format!("{n}\"}} 1\nheard_evil{{x=\"\\ \u{202e}");
    // Channels that were configured once, with cases open; and shown after they were taken out.
    let mut rules = RuleSettings::default();
    for n in 0..NAMES {
        let channel = ChannelRules::new(Stage::Onstage, Span::hours(1), &["handle"]);
        rules.channels.insert(hostile(n).into(), channel);
    }
    let mut told = Told::new(rules);
    for n in 0..NAMES {
        let named = Complaint {
            author: person(&format!("p{n}")),
            brand: Some(hostile(n).into()),
            product: Some(hostile(n).into()),
            issue: Some(hostile(n).into()),
            ..complaint(&format!("m{n}"), &hostile(n), &format!("c{n}"), NOW)
        };
        told.take(0, &named);
    }
    assert_eq!(told.run.rejected().first(), None);
    let plan = Plan::new(&RuleSettings::default(), inputs(), "interactions".into());
    let later = Metrics::new(plan, Arc::new(ManualClock::new(NOW)));
    told.metrics = later;
    told.tell_rows();
    // Channels that nobody ever configured, and brands of one that is.
    let mut unknown = Told::new(RuleSettings::default());
    for n in 0..NAMES {
        unknown.take(0, &complaint(&format!("m{n}"), &hostile(n), "c", NOW));
        let named = Complaint {
            author: person(&format!("p{n}")),
            brand: Some(hostile(n).into()),
            ..complaint(&format!("n{n}"), "social", &format!("c{n}"), NOW)
        };
        unknown.take(0, &named);
    }
    assert_eq!(unknown.run.rejected().len(), NAMES);
    let channels = RuleSettings::default().channels.len();
    let budget = 500 + 420 * channels + 2;
    let scrapes = [told.metrics.scrape(), unknown.scrape()];
    for scrape in &scrapes {
        let series = scrape.lines().filter(|line| !line.starts_with('#')).count();
        assert!(series <= budget, "{series} series, where {budget} are budgeted");
        assert!(!scrape.contains("evil"), "{scrape}");
    }
    let [scrape, of_unknown] = scrapes;
    let open = value(&scrape, "heard_cases_open{channel=\"other\",stage=\"onstage\"}");
    assert_eq!(open, NAMES as f64);
    let dead = "heard_events_total{channel=\"social\",kind=\"complaint\",outcome=\"dead_letter\"}";
    assert_eq!(value(&of_unknown, dead), NAMES as f64);
}

/// The most there can be: every figure of every channel in both stages, every reason in every topic.
#[test]
fn the_budget_holds_at_the_most_there_can_be() {
    let mut rules = RuleSettings::default();
    for rules in rules.channels.values_mut() {
        let day = Some(Span::hours(24));
        let levels = &mut rules.levels.usual;
        (levels.acknowledge, levels.answer, levels.next, levels.resolve) = (day, day, day, day);
    }
    let mut all = inputs();
    all.push((InputKind::Updates, None, "updates".into()));
    let plan = Plan::new(&rules, all.clone(), "interactions".into());
    let metrics = Metrics::new(plan, Arc::new(ManualClock::new(NOW)));
    let mut figures = crate::processor::Figures::default();
    for number in 0..crate::desk::figures::Table::new(&rules).size() {
        figures.add(crate::processor::Figure(u32::try_from(number).expect("few")), 1);
    }
    let figured = Figured {
        figures: &figures,
        delivered: &[],
        at: NOW,
    };
    metrics.figured(0, &figured);
    let everything = |channel: &str, stage| Addend {
        group: ChannelTag::of(channel).group(stage),
        ones: u128::MAX,
        amounts: [1; AMOUNTS],
    };
    let mut totals = Totals::default();
    for channel in rules.channels.keys() {
        for stage in [Stage::Onstage, Stage::Offstage] {
            totals.change(&Addend::default(), &everything(channel, stage));
        }
    }
    let held = Held {
        number: 0,
        rows: 0,
        bytes: 0,
        queues: Vec::new(),
        totals,
    };
    let status = Status {
        held: vec![held],
        ..Status::default()
    };
    metrics.stands(0, status);
    let topics = all
        .into_iter()
        .map(|(.., topic)| topic)
        .chain(["interactions".into(), "x".into()]);
    let partitions: Vec<_> = topics.map(|topic| TopicPartition::new(topic, 0)).collect();
    for partition in &partitions {
        for code in reasons::all() {
            let reason = crate::processor::Rejection::new(code, "");
            let partition = partition.clone();
            let event = Event::DeadLettered {
                partition,
                offset: 0,
                timestamp: NOW,
                reason,
            };
            metrics.event(0, &event);
        }
    }
    let positions: Vec<_> = partitions
        .iter()
        .map(|partition| (partition.clone(), 0))
        .collect();
    metrics.lags(&positions, &vec![Ends::default(); positions.len()]);
    let scrape = metrics.scrape();
    let series = scrape.lines().filter(|line| !line.starts_with('#')).count();
    let budget = 500 + 420 * rules.channels.len();
    assert!(series <= budget, "{series} series, where {budget} are budgeted");
    assert!(
        series > budget / 2,
        "{series} series of {budget}: the budget is too generous"
    );
}
