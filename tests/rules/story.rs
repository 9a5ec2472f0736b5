//! A small language for stories: who said what, when, in which channel; and what came of it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use heard::app::{App, OutputFormats};
use heard::calendar::{Calendar, Holidays, Week, Zone};
use heard::config::rules::{Agreement, LevelSet, Levels, RuleSettings, Span};
use heard::desk::conversation::who::customer_key;
use heard::desk::forgetting::Forget;
use heard::desk::keys::Keys;
use heard::desk::{Message, Output, Row};
use heard::intake::InputKind;
use heard::model::{
    Case, CaseEvent, CaseId, Complaint, Customer, Identifier, Millis, Person, Response, ResponseKind,
    Sensitive, Signal, Status, Survey, SurveyAbout, SurveyScale, Update, WorkId, WorkItem, WorkState,
};
use heard::processor::sequential::Sequential;
use heard::processor::{ActorKey, Codec, Figure, RowKey};
use heard::wire::Registry;

/// A day in 2023 on which all stories begin.
pub const DAY: Millis = Millis(1_700_000_000_000);

/// The input topics of a story.
pub const INPUTS: [InputKind; 5] = [
    InputKind::Complaints,
    InputKind::Responses,
    InputKind::Updates,
    InputKind::Customers,
    InputKind::Surveys,
];

/// A moment of the story, in minutes.
pub fn at(minute: i64) -> Millis {
    DAY.plus(minute * 60_000)
}

/// An identifier written as `kind:value`.
pub fn identifier(text: &str) -> Identifier {
    let (kind, value) = text.split_once(':').expect("kind:value");
    Identifier {
        kind: kind.into(),
        value: Sensitive(value.into()),
        realm: None,
    }
}

/// A person by identifiers, each written as `kind:value`.
pub fn person(identifiers: &[&str]) -> Person {
    Person {
        display_name: None,
        identifiers: identifiers.iter().map(|text| identifier(text)).collect(),
    }
}

/// A customer's message of conversation `c` in a channel.
pub fn says(minute: i64, id: &str, channel: &str, author: &[&str]) -> Complaint {
    Complaint {
        id: id.into(),
        source: "test".into(),
        channel: channel.into(),
        conversation_id: Some("c".into()),
        author: person(author),
        text: Some(Sensitive(format!("text of {id}"))),
        occurred_at: at(minute),
        ..Complaint::default()
    }
}

/// A person's reply in conversation `c` of a channel.
pub fn replies(minute: i64, id: &str, channel: &str) -> Response {
    Response {
        id: id.into(),
        source: "test".into(),
        channel: channel.into(),
        conversation_id: "c".into(),
        kind: ResponseKind::Human,
        occurred_at: at(minute),
        ..Response::default()
    }
}

/// An update that sets a status in conversation `c` of a channel.
pub fn becomes(minute: i64, id: &str, channel: &str, status: Status) -> Update {
    Update {
        id: id.into(),
        source: "test".into(),
        channel: channel.into(),
        conversation_id: "c".into(),
        occurred_at: at(minute),
        status: Some(status),
        ..Update::default()
    }
}

/// The CRM's record of a customer.
pub fn customer(minute: i64, id: &str, identifiers: &[&str]) -> Customer {
    Customer {
        customer_id: id.into(),
        identifiers: identifiers.iter().map(|text| identifier(text)).collect(),
        updated_at: at(minute),
        ..Customer::default()
    }
}

/// A person's answer to a survey about their matter: how likely they recommend us.
pub fn scores(minute: i64, id: &str, score: f64, customer: &[&str]) -> Survey {
    Survey {
        id: id.into(),
        source: "test".into(),
        customer: Some(person(customer)),
        score,
        scale: SurveyScale::Nps0To10,
        occurred_at: at(minute),
        ..Survey::default()
    }
}

/// Anything that may happen in a story.
#[derive(Clone)]
pub enum Line {
    Says(Complaint),
    Replies(Response),
    Becomes(Update),
    Customer(Customer),
    Survey(Survey),
    /// The CRM drops a customer at this time.
    Dropped(&'static str, Millis),
    /// A command says to forget a customer, at this time.
    ForgetsCustomer(&'static str, Millis),
    /// Whoever an identifier, written as `kind:value`, names is forgotten by a command at this time.
    Forgets(&'static str, Millis),
}

impl Line {
    /// When it happened.
    pub fn at(&self) -> Millis {
        match self {
            Self::Says(complaint) => complaint.occurred_at,
            Self::Replies(reply) => reply.occurred_at,
            Self::Becomes(update) => update.occurred_at,
            Self::Customer(record) => record.updated_at,
            Self::Survey(survey) => survey.occurred_at,
            Self::Dropped(_, at) | Self::Forgets(_, at) | Self::ForgetsCustomer(_, at) => *at,
        }
    }
}

/// One line of text, so that a story that failed can be read.
impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minute = |at: Millis| at.since(DAY) / 60_000;
        let named = |identifiers: &[Identifier]| {
            let names = identifiers.iter().map(|i| format!("{}:{}", i.kind, *i.value));
            names.collect::<Vec<_>>().join("+")
        };
        match self {
            Self::Says(Complaint {
                id,
                revision,
                deleted,
                author,
                occurred_at,
                intent,
                automatic,
                ..
            }) => {
                let who = named(&author.identifiers);
                let gone = if *deleted { " gone" } else { "" };
                let auto = if *automatic { " automatic" } else { "" };
                write!(
                    f,
                    "{} {who} says {id}.{revision}{gone}{auto} {intent:?}",
                    minute(*occurred_at)
                )
            }
            Self::Replies(reply) => {
                let Response {
                    id,
                    revision,
                    deleted,
                    kind,
                    status,
                    ..
                } = reply;
                let to = reply.customer.as_ref().map(|person| named(&person.identifiers));
                let gone = if *deleted { " gone" } else { "" };
                let (at, target) = (minute(reply.occurred_at), &reply.in_reply_to);
                write!(
                    f,
                    "{at} {kind:?} {id}.{revision}{gone} to {target:?} {to:?} {status:?}"
                )
            }
            Self::Becomes(Update {
                id,
                occurred_at,
                status,
                ..
            }) => {
                write!(f, "{} {id} {status:?}", minute(*occurred_at))
            }
            Self::Customer(Customer {
                customer_id,
                identifiers,
                merged_into,
                updated_at,
                ..
            }) => {
                let carries = named(identifiers);
                write!(
                    f,
                    "{} {customer_id} carries {carries} into {merged_into:?}",
                    minute(*updated_at)
                )
            }
            Self::Dropped(customer_id, at) => write!(f, "{} {customer_id} is dropped", minute(*at)),
            Self::ForgetsCustomer(customer_id, at) => {
                write!(f, "{} {customer_id} is forgotten", minute(*at))
            }
            Self::Forgets(identifier, at) => write!(f, "{} {identifier} is forgotten", minute(*at)),
            Self::Survey(survey) => {
                let who = survey.customer.as_ref().map(|person| named(&person.identifiers));
                let (about, conversation) = (survey.about, &survey.conversation_id);
                let (id, score) = (&survey.id, survey.score);
                let at = minute(survey.occurred_at);
                write!(
                    f,
                    "{at} {who:?} gives {score} by {id} to {about:?} {conversation:?}"
                )
            }
        }
    }
}

macro_rules! line {
    ($($record:ident => $line:ident),*) => { $(
        impl From<$record> for Line {
            fn from(record: $record) -> Self { Self::$line(record) }
        }
    )* };
}
line!(Complaint => Says, Response => Replies, Update => Becomes, Customer => Customer, Survey => Survey);

/// Settings with levels of an hour to acknowledge and answer, two for each wait, a day to resolve.
pub fn with_levels() -> RuleSettings {
    let mut settings = RuleSettings::default();
    for rules in settings.channels.values_mut() {
        rules.levels.usual.acknowledge = Some(Span::hours(1));
        rules.levels.usual.answer = Some(Span::hours(1));
        rules.levels.usual.next = Some(Span::hours(2));
        rules.levels.usual.resolve = Some(Span::hours(24));
    }
    settings
}

/// The same, with half of the time for gold, in business time of an office from the fourth hour on, and
/// with no level for the waits of silver.
pub fn with_tiers() -> RuleSettings {
    let mut settings = with_levels();
    let week = Week::parse(["mon-sun 00:00-03:00 03:30-24:00"]).expect("a week");
    let office = Calendar::new(Zone::utc(), week, Holidays::default()).expect("it opens");
    for rules in settings.channels.values_mut() {
        let usual = rules.levels.usual.clone();
        let gold = LevelSet {
            answer: Some(Span::minutes(30)),
            next: Some(Span::minutes(45)),
            ..usual.clone()
        };
        let agreed = |tier: Option<&str>, valid_from, set| Agreement {
            tier: tier.map(Into::into),
            valid_from,
            set,
        };
        let agreements = vec![
            agreed(Some("gold"), Millis(0), gold.clone()),
            agreed(
                Some("gold"),
                at(240),
                LevelSet {
                    calendar: Some(Arc::new(office.clone())),
                    ..gold
                },
            ),
            agreed(
                Some("silver"),
                at(0),
                LevelSet {
                    next: None,
                    ..usual.clone()
                },
            ),
        ];
        let levels = Levels::with(usual, agreements).expect("all differ");
        *rules = rules.clone().with_levels(levels);
    }
    settings
}

/// A story being told.
pub struct Story {
    pub(crate) desk: Sequential<App>,
    keys: Keys,
}

impl Story {
    /// A story under these rules, on the event clock: time stands still until [`Self::until`].
    pub fn new(settings: RuleSettings) -> Self {
        Self::with(settings, Registry::built_in())
    }

    /// The same, where these writer schemas are known.
    pub fn with(settings: RuleSettings, registry: Registry) -> Self {
        let settings = Arc::new(settings);
        let registry = Arc::new(registry);
        let app = App::new(&settings, INPUTS.to_vec(), &registry, OutputFormats::default());
        Self {
            desk: Sequential::new(app, Millis(i64::MIN)),
            keys: Keys::new(settings.secret),
        }
    }

    /// Tells lines in this order.
    pub fn told(settings: RuleSettings, lines: impl IntoIterator<Item = Line>) -> Self {
        let mut story = Self::new(settings);
        lines.into_iter().for_each(|line| story.tell(line));
        story
    }

    /// Tells a line.
    pub fn tell(&mut self, line: impl Into<Line>) {
        self.hear(line, Millis(0));
    }

    /// Tells a line that the log has had since then.
    pub fn hear(&mut self, line: impl Into<Line>, logged: Millis) {
        let (to, message) = addressed(&self.keys, line.into(), logged);
        self.desk.tell(to, message);
        assert_eq!(self.desk.rejected(), [], "nothing in a story is refused");
    }

    /// An actor gets a message that no line of a story stands for.
    pub fn deliver(&mut self, to: ActorKey, message: Message) {
        self.desk.tell(to, message);
        assert_eq!(self.desk.rejected(), [], "nothing in a story is refused");
    }

    /// Everything that went out, in order.
    pub fn outputs(&self) -> &[Output] {
        self.desk.outputs()
    }

    /// All rows are read from their bytes, as over a restart.
    pub fn restart(&mut self) {
        assert_eq!(self.desk.restart(), Ok(()));
    }

    /// Tells lines of which everything is read at once.
    pub fn tell_all(&mut self, lines: impl IntoIterator<Item = Line>) {
        let keys = self.keys;
        self.desk
            .tell_all(lines.into_iter().map(|line| addressed(&keys, line, Millis(0))));
        assert_eq!(self.desk.rejected(), [], "nothing in a story is refused");
    }

    /// Another drain begins: time stands before everything again.
    pub fn begin_again(&mut self) {
        self.desk.set_clock(Millis(i64::MIN));
    }

    /// Time goes on until then.
    pub fn until(mut self, minute: i64) -> Self {
        self.desk.advance(at(minute));
        self
    }

    /// Time goes on until then, and the story with it.
    pub fn wait_until(&mut self, at: Millis) {
        self.desk.advance(at);
        assert_eq!(self.desk.rejected(), [], "nothing in a story is refused");
    }

    /// All signals, in order.
    pub fn signals(&self) -> Vec<&Signal> {
        let outputs = self.desk.outputs().iter();
        let signals = outputs.filter_map(|output| match output {
            Output::Signal(signal) => Some(&**signal),
            _ => None,
        });
        signals.collect()
    }

    /// All rows of the desk's state.
    pub fn rows(&self) -> &BTreeMap<RowKey, Row> {
        self.desk.rows()
    }

    /// What was counted.
    pub fn counted(&self, figure: Figure) -> i64 {
        self.desk.figures().get(figure)
    }

    /// The state's bytes and the last state of every case, as text: whatever may still name somebody.
    pub fn all_that_is_kept(&self) -> String {
        let mut bytes = Vec::new();
        self.rows().values().for_each(|row| row.encode(&mut bytes));
        let cases = serde_json::to_string(&self.cases().values().collect::<Vec<_>>());
        String::from_utf8_lossy(&bytes).into_owned() + &cases.expect("cases are data")
    }

    /// The last state of every case, its version zeroed.
    pub fn cases(&self) -> BTreeMap<CaseId, Case> {
        let mut cases = BTreeMap::new();
        for output in self.desk.outputs() {
            match output {
                Output::Case(case) => {
                    _ = cases.insert(
                        case.case_id,
                        Case {
                            version: 0,
                            ..(**case).clone()
                        },
                    );
                }
                Output::NoCase(case_id) => _ = cases.remove(case_id),
                _ => {}
            }
        }
        cases
    }

    /// The versions of all cases, as they were published.
    pub fn versions(&self) -> Vec<i64> {
        let outputs = self.desk.outputs().iter();
        let versions = outputs.filter_map(|output| match output {
            Output::Case(case) => Some(case.version),
            _ => None,
        });
        versions.collect()
    }

    /// The one case of the story.
    pub fn case(&self) -> Case {
        let cases = self.cases();
        assert_eq!(cases.len(), 1, "the story has one case");
        cases.into_values().next().expect("it has one")
    }

    /// All events, in order.
    pub fn events(&self) -> Vec<&CaseEvent> {
        let outputs = self.desk.outputs().iter();
        let events = outputs.filter_map(|output| match output {
            Output::Event(event) => Some(&**event),
            _ => None,
        });
        events.collect()
    }

    /// The events' types, in order.
    pub fn happened(&self) -> Vec<&'static str> {
        self.events().iter().map(|event| event.kind.symbol()).collect()
    }

    /// How often an event of this type was told.
    pub fn times(&self, kind: &str) -> usize {
        self.happened()
            .iter()
            .filter(|happened| **happened == kind)
            .count()
    }

    /// The last revision of every work item. Revisions must have risen by one.
    pub fn work(&self) -> BTreeMap<WorkId, WorkItem> {
        let mut items = BTreeMap::<WorkId, WorkItem>::new();
        for output in self.desk.outputs() {
            if let Output::Work(item) = output {
                let before = items.insert(item.work_id, (**item).clone());
                assert_eq!(item.revision, before.map_or(1, |before| before.revision + 1));
            }
        }
        items
    }

    /// How many work items are in a state.
    pub fn count(&self, state: WorkState) -> usize {
        self.work().values().filter(|item| item.state == state).count()
    }
}

fn addressed(keys: &Keys, line: Line, logged: Millis) -> (ActorKey, Message) {
    match line {
        Line::Says(record) => {
            let conversation = record.conversation_id.as_deref().expect("it has one");
            let to = keys.conversation(&record.source, &record.channel, conversation);
            (
                to,
                Message::Said {
                    complaint: Arc::new(record),
                    written: None,
                    logged,
                },
            )
        }
        Line::Replies(record) => {
            let to = keys.conversation(&record.source, &record.channel, &record.conversation_id);
            (
                to,
                Message::Replied {
                    response: Box::new(record),
                    logged,
                },
            )
        }
        Line::Becomes(record) => {
            let to = keys.conversation(&record.source, &record.channel, &record.conversation_id);
            (
                to,
                Message::Updated {
                    update: Box::new(record),
                    logged,
                },
            )
        }
        Line::Customer(record) => (
            keys.party(&customer_key(&record.customer_id)),
            Message::Known(Box::new(record)),
        ),
        Line::Dropped(customer_id, at) => (
            keys.party(&customer_key(customer_id)),
            Message::Dropped {
                customer_id: customer_id.into(),
                at,
            },
        ),
        Line::ForgetsCustomer(customer_id, at) => (
            keys.party(&customer_key(customer_id)),
            Message::Forget(Box::new(Forget::Customer { at })),
        ),
        Line::Forgets(name, at) => (
            keys.identifier(&identifier(name)),
            Message::Forget(Box::new(Forget::Identifier { at })),
        ),
        Line::Survey(record) => {
            let to = match (&record.channel, &record.conversation_id) {
                (Some(channel), Some(conversation)) if record.about == SurveyAbout::Case => {
                    keys.conversation(&record.source, channel, conversation)
                }
                _ => keys.survey(&record.source, &record.id),
            };
            (
                to,
                Message::Surveyed {
                    survey: Box::new(record),
                    logged,
                },
            )
        }
    }
}

/// All orders of the items.
pub fn permutations<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for i in 0..items.len() {
        let mut rest = items.to_vec();
        let first = rest.remove(i);
        for mut tail in permutations(&rest) {
            tail.insert(0, first.clone());
            all.push(tail);
        }
    }
    all
}
