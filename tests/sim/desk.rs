//! Intake and desk under simulation: journeys of a few people, with duplicates, revisions, deletions,
//! late and damaged records, customers who share, drop and merge.

use std::collections::BTreeMap;
use std::sync::Arc;

use heard::app::{App, OutputFormats, OutputTopic};
use heard::config::rules::{RuleSettings, Span};
use heard::desk::figures::{BUCKETS, CUSTOMERS, Counted, LEVELS, RecordKind, SURVEYS, SURVEYS_KNOWN, Table};
use heard::intake::InputKind;
use heard::model::{
    Case, CaseEvent, Complaint, Customer, Identifier, Intent, Millis, Person, Response, ResponseKind,
    Sensitive, Signal, Stage, Status, Survey, SurveyAbout, SurveyScale, Update, WorkItem, WorkState,
};
use heard::processor::Figures;
use heard::wire::{Decoder, Encoder, Format, Registry, WireRecord};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::options::Options;
use super::outcome::{Outcome, OutputRecord};
use super::subject::{Input, Subject};

/// The input topics, in order.
const KINDS: [InputKind; 5] = [
    InputKind::Complaints,
    InputKind::Responses,
    InputKind::Updates,
    InputKind::Customers,
    InputKind::Surveys,
];
/// People, by what they are known with.
const PEOPLE: [&[&str]; 6] = [
    &["handle:ann"],
    &["handle:ann", "email:a@b"],
    &["handle:bob"],
    &["email:a@b"],
    &["phone:1234567"],
    &[],
];
const STATUSES: [Status; 4] = [Status::Pending, Status::Resolved, Status::Reopened, Status::LetGo];
/// How much of the story lies before the present, and after the run the time goes on.
const HOUR: i64 = 3_600_000;

/// What is counted of cases.
fn of_cases() -> Vec<Counted> {
    let mut all = vec![
        Counted::Opened,
        Counted::Answered,
        Counted::Unanswered,
        Counted::Resolved,
        Counted::LimitReached,
        Counted::LimitExceeded,
        Counted::FirstResponseMs,
        Counted::ResolutionMs,
        Counted::Expecting,
        Counted::UnansweredWaits,
        Counted::EscalatedUnanswered,
        Counted::EscalatedUnsolved,
        Counted::Switched,
        Counted::Chased,
        Counted::Bounces,
        Counted::Transfers,
        Counted::Reopenings,
        Counted::SolvedAtFirst,
        Counted::NotSolvedAtFirst,
        Counted::PromisesKept,
        Counted::PromisesBroken,
        Counted::FollowUpsDue,
        Counted::FollowUpsDone,
        Counted::Insulting,
    ];
    all.extend((0..LEVELS.len()).flat_map(|level| [Counted::Met(level), Counted::Breached(level)]));
    all.extend((0..BUCKETS).flat_map(|bucket| [Counted::FirstResponse(bucket), Counted::Resolution(bucket)]));
    all
}

/// Intake and desk.
pub struct Desk {
    settings: Arc<RuleSettings>,
    registry: Arc<Registry>,
}

impl Desk {
    /// With levels in all channels, so that timers have something to do.
    pub fn new() -> Self {
        let mut settings = RuleSettings::default();
        // The sequential run has no log, so no log times to be ahead of.
        settings.limits.max_ahead = Span::days(100_000);
        for rules in settings.channels.values_mut() {
            rules.levels.usual.answer = Some(Span::hours(1));
            rules.levels.usual.next = Some(Span::hours(2));
            rules.levels.usual.resolve = Some(Span::hours(24));
        }
        Self {
            settings: Arc::new(settings),
            registry: Arc::new(Registry::built_in()),
        }
    }
}

impl Subject for Desk {
    type P = App;

    fn processor(&self) -> App {
        App::new(
            &self.settings,
            KINDS.to_vec(),
            &self.registry,
            OutputFormats::default(),
        )
    }

    fn input_topics(&self) -> usize {
        KINDS.len()
    }

    fn output_topics(&self) -> usize {
        5
    }

    fn may_run_live(&self) -> bool {
        true
    }

    fn as_of(&self, _live: bool, start: Millis) -> Option<Millis> {
        Some(start.plus(20 * 24 * HOUR))
    }

    fn counted(&self, figures: &Figures) -> BTreeMap<String, i64> {
        let table = Table::new(&self.settings);
        let mut counted: BTreeMap<_, _> = [
            ("CUSTOMERS", CUSTOMERS),
            ("SURVEYS", SURVEYS),
            ("SURVEYS KNOWN", SURVEYS_KNOWN),
        ]
        .map(|(name, figure)| (name.to_owned(), figures.get(figure)))
        .into();
        for name in self.settings.channels.keys() {
            let channel = table.channel(name).expect("it is configured");
            for kind in RecordKind::ALL {
                // What is a conflict depends on what was there before.
                let all = [
                    Counted::Taken(kind),
                    Counted::Duplicate(kind),
                    Counted::Conflict(kind),
                ];
                let sum = all.map(|c| figures.get(channel.records(c))).iter().sum();
                counted.insert(format!("RECORDS {name} {kind:?}"), sum);
            }
            for stage in [Stage::Onstage, Stage::Offstage] {
                for what in of_cases() {
                    let sum = figures.get(channel.of(stage, what));
                    counted.insert(format!("{name} {stage:?} {what:?}").to_lowercase(), sum);
                }
            }
        }
        counted.retain(|_, sum| *sum != 0);
        counted
    }

    fn inputs(&self, rng: &mut ChaCha8Rng, start: Millis) -> Vec<Input> {
        let mut teller = Teller {
            rng,
            start,
            revisions: BTreeMap::new(),
        };
        let count = teller.rng.random_range(5..40);
        let mut inputs: Vec<Input> = (0..count).map(|n| teller.input(n)).collect();
        for _ in 0..teller.rng.random_range(0..10) {
            let again = teller.rng.random_range(0..inputs.len());
            let at = teller.rng.random_range(0..=inputs.len());
            inputs.insert(at, inputs[again].clone());
        }
        inputs
    }

    fn check(&self, expected: &Outcome, found: &Outcome, _options: &Options) -> Result<(), String> {
        let (was, is) = (Read::of(self, expected)?, Read::of(self, found)?);
        same_cases(&was.cases, &is.cases)?;
        same("work", &was.work, &is.work)?;
        let dead = |outcome: &Outcome| {
            let mut dead = outcome.dead.clone();
            dead.sort();
            dead
        };
        same("dead letters", &dead(expected), &dead(found))
    }

    /// On which machine what was counted, and in what order machines let time move, makes no difference.
    fn check_drain(&self, expected: &Outcome, found: &Outcome) -> Result<(), String> {
        let signals = |outcome: &Outcome| {
            let records = outcome.outputs[OutputTopic::Signals as usize].iter();
            let signals = records.map(|record| read::<Signal>(self, record));
            let mut signals: Vec<_> = signals.map(|signal| format!("{signal:?}")).collect();
            signals.sort();
            signals
        };
        same("signals", &signals(expected), &signals(found))
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, expected: &T, found: &T) -> Result<(), String> {
    if expected == found {
        Ok(())
    } else {
        Err(format!(
            "{what} differ\n  expected {expected:?}\n  found    {found:?}"
        ))
    }
}

/// Tells only the fields that differ.
fn same_cases(expected: &Cases, found: &Cases) -> Result<(), String> {
    let fields = |case: Option<&Case>| match case.map(serde_json::to_value) {
        Some(Ok(serde_json::Value::Object(fields))) => fields,
        _ => serde_json::Map::new(),
    };
    let mut told = Vec::new();
    for key in expected.keys().chain(found.keys()) {
        let (was, is) = (fields(expected.get(key)), fields(found.get(key)));
        for name in was.keys().chain(is.keys()) {
            if was.get(name) != is.get(name) {
                let key = String::from_utf8_lossy(key);
                told.push(format!(
                    "{key} {name}: expected {:?}, found {:?}",
                    was.get(name),
                    is.get(name)
                ));
            }
        }
    }
    told.sort();
    told.dedup();
    if told.is_empty() {
        Ok(())
    } else {
        Err(format!("cases differ\n{}", told.join("\n")))
    }
}

/// The last state of each case, by key.
type Cases = BTreeMap<Vec<u8>, Case>;

/// What readers make of the outputs.
struct Read {
    /// The last state of each case, its version zeroed.
    cases: Cases,
    /// Work that was not taken back: its state and how many messages wait.
    work: BTreeMap<String, (WorkState, u32)>,
}

impl Read {
    /// Reads the outputs; an error where versions or revisions do not rise by one.
    fn of(desk: &Desk, outcome: &Outcome) -> Result<Self, String> {
        let outputs = |topic: OutputTopic| &outcome.outputs[topic as usize];
        let mut versions = BTreeMap::new();
        let mut cases = BTreeMap::new();
        for record in outputs(OutputTopic::Cases) {
            let Some(value) = &record.value else {
                // A tombstone has a version too, which nobody sees.
                *versions.entry(record.key.clone()).or_insert(0) += 1;
                cases.remove(&record.key);
                continue;
            };
            let case: Case = decode(desk, value);
            let version = versions.entry(record.key.clone()).or_insert(0);
            if case.version != *version + 1 {
                return Err(format!(
                    "case {} goes from version {version} to {}",
                    case.case_id, case.version
                ));
            }
            *version = case.version;
            cases.insert(record.key.clone(), Case { version: 0, ..case });
        }
        let mut work = BTreeMap::<String, WorkItem>::new();
        let topics = [OutputTopic::HandlingOnstage, OutputTopic::HandlingOffstage];
        for record in topics.into_iter().flat_map(outputs) {
            let item: WorkItem = read(desk, record);
            let before = work
                .get(&item.work_id.to_string())
                .map_or(0, |before| before.revision);
            if item.revision != before + 1 {
                return Err(format!(
                    "work {} goes from revision {before} to {}",
                    item.work_id, item.revision
                ));
            }
            work.insert(item.work_id.to_string(), item);
        }
        let standing = work
            .into_iter()
            .filter(|(_, item)| item.state != WorkState::Withdrawn);
        for record in outputs(OutputTopic::CaseEvents) {
            let _: CaseEvent = read(desk, record);
        }
        Ok(Self {
            cases,
            work: standing
                .map(|(id, item)| (id, (item.state, item.messages_waiting)))
                .collect(),
        })
    }
}

fn read<T: WireRecord>(desk: &Desk, record: &OutputRecord) -> T {
    decode(desk, record.value.as_deref().expect("only cases have tombstones"))
}

fn decode<T: WireRecord>(desk: &Desk, value: &[u8]) -> T {
    Decoder::new(Arc::clone(&desk.registry))
        .decode(value)
        .expect("an output that was encoded")
}

/// Makes up records.
struct Teller<'r> {
    rng: &'r mut ChaCha8Rng,
    start: Millis,
    revisions: BTreeMap<String, i64>,
}

impl Teller<'_> {
    fn input(&mut self, n: u64) -> Input {
        let topic = match self.rng.random_range(0..20) {
            0..9 => 0,
            9..14 => 1,
            14..16 => 2,
            16..18 => 4,
            _ => 3,
        };
        let mut value = match topic {
            0 => self.complaint(),
            1 => self.response(),
            2 => self.update(n),
            4 => self.survey(n),
            _ => self.customer(n),
        };
        if self.rng.random_ratio(1, 25) {
            value.truncate(value.len() - 1);
        }
        let key = self.rng.random_range(0..8_u8); // any key will do: inputs need no order
        Input {
            topic,
            key: vec![key],
            value,
        }
    }

    fn at(&mut self) -> Millis {
        self.start.plus(-self.rng.random_range(0..48 * HOUR))
    }

    fn conversation(&mut self) -> (String, String) {
        let channel = ["social", "email"][self.rng.random_range(0..2)];
        (channel.to_owned(), format!("c{}", self.rng.random_range(0..3)))
    }

    fn person(&mut self) -> Person {
        person(PEOPLE[self.rng.random_range(0..PEOPLE.len())])
    }

    /// The next revision of a message; every third takes it out.
    fn revision(&mut self, id: &str) -> (i64, bool) {
        let revision = self.revisions.entry(id.to_owned()).or_insert(-1);
        *revision += 1;
        (*revision, *revision % 3 == 2)
    }

    fn complaint(&mut self) -> Vec<u8> {
        let (channel, conversation) = self.conversation();
        let id = format!("{channel}-{conversation}-m{}", self.rng.random_range(0..12));
        let (revision, deleted) = self.revision(&id);
        encode(&Complaint {
            text: Some(Sensitive(format!("text of {id}"))),
            id: id.into(),
            revision,
            source: "sim".into(),
            channel: channel.into(),
            conversation_id: Some(conversation.into()),
            author: self.person(),
            occurred_at: self.at(),
            deleted,
            rating: [None, None, Some(1.0), Some(5.0)][self.rng.random_range(0..4)],
            intent: [None, None, None, Some(Intent::Thanks)][self.rng.random_range(0..4)],
            automatic: self.rng.random_ratio(1, 10),
            ..Complaint::default()
        })
    }

    fn response(&mut self) -> Vec<u8> {
        let (channel, conversation_id) = self.conversation();
        let id = format!("{channel}-{conversation_id}-r{}", self.rng.random_range(0..12));
        let (revision, deleted) = self.revision(&id);
        let target = format!("{channel}-{conversation_id}-m{}", self.rng.random_range(0..12));
        encode(&Response {
            id: id.into(),
            revision,
            source: "sim".into(),
            channel: channel.into(),
            conversation_id: conversation_id.into(),
            in_reply_to: self.rng.random_bool(0.5).then_some(target.into()),
            customer: if self.rng.random_bool(0.3) {
                Some(self.person())
            } else {
                None
            },
            kind: [
                ResponseKind::Human,
                ResponseKind::Human,
                ResponseKind::Bot,
                ResponseKind::Note,
            ][self.rng.random_range(0..4)],
            status: self.rng.random_bool(0.3).then_some(Status::Resolved),
            occurred_at: self.at(),
            deleted,
            ..Response::default()
        })
    }

    fn update(&mut self, n: u64) -> Vec<u8> {
        let (channel, conversation_id) = self.conversation();
        encode(&Update {
            id: format!("u{n}").into(),
            source: "sim".into(),
            channel: channel.into(),
            conversation_id: conversation_id.into(),
            occurred_at: self.at(),
            status: Some(STATUSES[self.rng.random_range(0..STATUSES.len())]),
            ..Update::default()
        })
    }

    fn survey(&mut self, n: u64) -> Vec<u8> {
        let named = self.rng.random_bool(0.5).then(|| self.conversation());
        let (channel, conversation_id) = named.unzip();
        encode(&Survey {
            id: format!("s{n}").into(),
            source: "sim".into(),
            customer: Some(self.person()),
            channel: channel.map(Into::into),
            conversation_id: conversation_id.map(Into::into),
            about: if self.rng.random_ratio(1, 5) {
                SurveyAbout::Relationship
            } else {
                SurveyAbout::Case
            },
            score: f64::from(self.rng.random_range(1..=5_u8)),
            scale: [SurveyScale::Nps0To10, SurveyScale::Csat1To5][self.rng.random_range(0..2)],
            occurred_at: self.at(),
            ..Survey::default()
        })
    }

    fn customer(&mut self, n: u64) -> Vec<u8> {
        let customer_id = format!("C{}", self.rng.random_range(0..3));
        let target = format!("C{}", self.rng.random_range(0..3));
        let mut identifiers = self.person().identifiers;
        identifiers.extend(self.person().identifiers);
        encode(&Customer {
            customer_id: customer_id.into(),
            identifiers,
            tier: Some(format!("tier {n}").into()),
            merged_into: self.rng.random_bool(0.4).then_some(target.into()),
            updated_at: self.start.plus(-(n as i64)),
            ..Customer::default()
        })
    }
}

fn person(identifiers: &[&str]) -> Person {
    let identifier = |text: &&str| {
        let (kind, value) = text.split_once(':').expect("kind:value");
        Identifier {
            kind: kind.into(),
            value: Sensitive(value.into()),
            realm: None,
        }
    };
    Person {
        display_name: None,
        identifiers: identifiers.iter().map(identifier).collect(),
    }
}

fn encode<T: WireRecord>(record: &T) -> Vec<u8> {
    let mut value = Vec::new();
    Encoder::new(Format::SingleObject)
        .encode(record, &mut value)
        .expect("the record is of its schema");
    value
}
