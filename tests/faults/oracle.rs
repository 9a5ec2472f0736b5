//! Whether what the topics hold in the end is what it must be, whatever happened on the way
//! (RELIABILITY.md, O1 to O5, O8, O9).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use heard::model::{
    Case, CaseEvent, CaseEventType, CaseId, EventId, NextStep, Priority, WorkId, WorkItem, WorkState,
};
use heard::wire::{Decoder, Registry, WireRecord};
use smol_str::SmolStr;

use crate::figures;
use crate::installation::Installation;
use crate::watch::{Dump, Seen};

/// What the dialogues came to.
pub struct Outcome {
    /// The last record of each case, without its version: that depends on the way.
    pub cases: BTreeMap<CaseId, Case>,
    /// Every event.
    pub events: BTreeMap<EventId, CaseEvent>,
    /// The last revision of each work item.
    pub work: BTreeMap<WorkId, WorkItem>,
    /// How many dead letters there are.
    pub dead_letters: usize,
}

/// Events that must come to pass on every way, since the final cases say so. Others depend on the
/// order in which messages arrive: a reply that is late may find its case given up.
const CERTAIN: [CaseEventType; 5] = [
    CaseEventType::Opened,
    CaseEventType::CustomerMessage,
    CaseEventType::Acknowledged,
    CaseEventType::Answered,
    CaseEventType::Replied,
];

/// Holds an installation that was drained against everything that must be true of it: in itself,
/// against the published figures and the undisturbed run, and against what was seen meanwhile.
///
/// # Panics
/// With all that is wrong.
pub fn check(installation: &Installation, seen: &Dump, dead_letters: usize) {
    no_transaction_stays_open(installation);
    let dump = installation.outputs();
    let mut wrong = not_a_prefix(seen, &dump);
    let calm = calm().expect("the data are here");
    wrong.extend(violations(&dump, &installation.name, Some(calm), dead_letters));
    assert!(wrong.is_empty(), "{}:\n{}", installation.name, summary(&wrong));
}

/// The outcome of a run that nothing disturbed, made once; `None` where the data are not.
pub fn calm() -> Option<&'static Outcome> {
    static CALM: OnceLock<Option<Outcome>> = OnceLock::new();
    let run = || {
        let installation = Installation::new("calm", 1, "15s")?;
        installation.feed(&installation.slices);
        installation.drain();
        let dump = installation.outputs();
        let wrong = violations(&dump, &installation.name, None, 0);
        assert!(wrong.is_empty(), "a run without faults:\n{}", summary(&wrong));
        planted_faults_are_found(&dump);
        Some(Outcome::read(&dump, "calm", &mut Vec::new()))
    };
    CALM.get_or_init(run).as_ref()
}

/// Everything that is wrong with what the outputs hold.
fn violations(dump: &Dump, name: &str, calm: Option<&Outcome>, dead_letters: usize) -> Vec<String> {
    let mut wrong = Vec::new();
    let outcome = Outcome::read(dump, name, &mut wrong);
    wrong.extend(figures::differences(&outcome));
    if outcome.dead_letters != dead_letters {
        wrong.push(format!(
            "{} dead letters, not {dead_letters}",
            outcome.dead_letters
        ));
    }
    if let Some(calm) = calm {
        wrong.extend(differences(&outcome, calm));
    }
    wrong
}

/// What differs from an undisturbed run.
fn differences(outcome: &Outcome, calm: &Outcome) -> Vec<String> {
    let mut wrong = Vec::new();
    for (id, case) in &calm.cases {
        if outcome.cases.get(id) != Some(case) {
            wrong.push(format!(
                "case {id} is {:?}, undisturbed it is {case:?}",
                outcome.cases.get(id)
            ));
        }
    }
    // Their ids tell how often a case was corrected before, which depends on the way.
    let named = |event: &CaseEvent| {
        let message = event.details.get("message").cloned();
        (event.case_id, event.kind.symbol(), event.at, message)
    };
    let told: BTreeSet<_> = outcome.events.values().map(named).collect();
    // Nor is what even the undisturbed run said too early and took back: it depends on which of two
    // topics was read first. The final state of these cases is compared all the same.
    let taken_back: BTreeSet<_> = calm
        .events
        .values()
        .filter(|event| event.kind == CaseEventType::Corrected)
        .map(|event| event.case_id)
        .collect();
    for event in calm.events.values() {
        let certain = CERTAIN.contains(&event.kind) && !taken_back.contains(&event.case_id);
        if certain && !told.contains(&named(event)) {
            wrong.push(format!(
                "{} of case {} is missing",
                event.kind.symbol(),
                event.case_id
            ));
        }
    }
    // How urgent it is and what to do next is compared of what is open: what is done says how it was then.
    type Open = Option<(Priority, Vec<NextStep>)>;
    let stands = |outcome: &Outcome| -> BTreeMap<WorkId, (WorkState, u32, SmolStr, Open)> {
        let stands = outcome
            .work
            .iter()
            .filter(|(_, item)| item.state != WorkState::Withdrawn);
        stands
            .map(|(id, item)| {
                let open =
                    (item.state == WorkState::Open).then(|| (item.priority.clone(), item.next_steps.clone()));
                let message = item.complaint.id.clone();
                (*id, (item.state, item.messages_waiting, message, open))
            })
            .collect()
    };
    let (ours, theirs) = (stands(outcome), stands(calm));
    for (id, item) in &theirs {
        if ours.get(id) != Some(item) {
            wrong.push(format!(
                "work {id} is {:?}, undisturbed it is {item:?}",
                ours.get(id)
            ));
        }
    }
    wrong
}

impl Outcome {
    /// Reads the outputs of the installation of this name, and tells what is wrong with them whatever
    /// was fed: numbers that do not rise by one, events told twice, records of one key in two places.
    pub fn read(dump: &Dump, name: &str, wrong: &mut Vec<String>) -> Self {
        let topic = |topic: &str| {
            let topic = format!("{name}.{topic}");
            dump.iter()
                .filter(move |((t, _), _)| *t == topic)
                .flat_map(|(_, seen)| seen)
        };
        let mut outcome = Self {
            cases: BTreeMap::new(),
            events: BTreeMap::new(),
            work: BTreeMap::new(),
            dead_letters: topic("dead-letters").count(),
        };
        let mut versions = BTreeMap::new();
        for mut case in decoded::<Case>(topic("cases")) {
            rises("version", case.case_id, case.version, &mut versions, wrong);
            case.version = 0;
            outcome.cases.insert(case.case_id, case);
        }
        for event in decoded::<CaseEvent>(topic("case-events")) {
            let (id, kind, case) = (event.event_id, event.kind.symbol(), event.case_id);
            if outcome.events.insert(id, event).is_some() {
                wrong.push(format!("event {id}, {kind} of case {case}, is told twice"));
            }
        }
        let mut revisions = BTreeMap::new();
        for item in decoded::<WorkItem>(topic("handling.onstage").chain(topic("handling.offstage"))) {
            rises("revision", item.work_id, item.revision, &mut revisions, wrong);
            outcome.work.insert(item.work_id, item);
        }
        outcome
    }
}

fn decoded<'a, T: WireRecord>(seen: impl Iterator<Item = &'a Seen>) -> impl Iterator<Item = T> {
    let decoder = Decoder::<T>::new(Arc::new(Registry::built_in()));
    seen.filter_map(move |seen| {
        let value = seen.value.as_deref()?;
        Some(decoder.decode(value).expect("outputs can be decoded"))
    })
}

/// Numbers begin with 1 and rise by one.
fn rises<K: Ord + Copy + std::fmt::Display>(
    what: &str,
    key: K,
    number: i64,
    last: &mut BTreeMap<K, i64>,
    wrong: &mut Vec<String>,
) {
    let before = last.insert(key, number).unwrap_or(0);
    if number != before + 1 {
        wrong.push(format!("{what} {number} of {key} comes after {before}"));
    }
}

/// Where what was seen during the faults is not how what is there now begins.
fn not_a_prefix(seen: &Dump, now: &Dump) -> Vec<String> {
    let mut wrong = Vec::new();
    for (place, seen) in seen {
        let now = now.get(place).map_or(&[][..], Vec::as_slice);
        let same = seen.iter().zip(now).take_while(|(a, b)| a == b).count();
        if same < seen.len() {
            wrong.push(format!(
                "{place:?}: record {same} of {} that were seen is not there now",
                seen.len()
            ));
        }
    }
    wrong
}

/// A transaction that was left open ends by its time-out at the latest.
fn no_transaction_stays_open(installation: &Installation) {
    let deadline = Instant::now() + Duration::from_secs(45);
    loop {
        let open = installation.open_transactions();
        if open.is_empty() {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "{}: transactions stay open: {open:?}",
            installation.name
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// An oracle that cannot fail proves nothing: one record dropped, or one doubled, is found.
fn planted_faults_are_found(dump: &Dump) {
    let calm = Outcome::read(dump, "calm", &mut Vec::new());
    let found = |spoilt: &Dump| !violations(spoilt, "calm", Some(&calm), 0).is_empty();
    assert!(!found(dump), "nothing is planted yet");
    for (place, seen) in dump {
        for index in [0, seen.len() / 2, seen.len() - 1] {
            let mut spoilt = dump.clone();
            let dropped = spoilt.get_mut(place).expect("it is there").remove(index);
            assert!(
                found(&spoilt) || is_uncertain(&dropped),
                "{place:?} lacks record {index}"
            );
            assert!(
                !not_a_prefix(dump, &spoilt).is_empty(),
                "{place:?} lacks record {index}"
            );
            let mut spoilt = dump.clone();
            let records = spoilt.get_mut(place).expect("it is there");
            records.insert(index, seen[index].clone());
            assert!(found(&spoilt), "{place:?} has record {index} twice");
        }
    }
}

/// Events that depend on the way, and so may be missing.
fn is_uncertain(seen: &Seen) -> bool {
    let decoder = Decoder::<CaseEvent>::new(Arc::new(Registry::built_in()));
    let event = seen.value.as_deref().and_then(|value| decoder.decode(value).ok());
    event.is_some_and(|event| !CERTAIN.contains(&event.kind))
}

fn summary(wrong: &[String]) -> String {
    let more = wrong.len().saturating_sub(20);
    let shown = wrong.iter().take(20).map(|line| format!("  {line}\n"));
    shown
        .chain((more > 0).then(|| format!("  and {more} more\n")))
        .collect()
}
