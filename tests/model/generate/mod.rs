//! Journeys: a few people, conversations and customers, and what happens between them. Times stand where
//! rules turn: at the ends of patience, deadlines, days; a millisecond before, and after.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use heard::model::{
    Complaint, ConversationRef, Customer, Identifier, Intent, Millis, Person, Response, ResponseKind,
    Sensitive, Status, Survey, SurveyAbout, SurveyScale, Update, Visibility,
};
use proptest::prelude::*;
use proptest::sample::select;

use crate::records::Record;
use crate::rules::{BEGIN, DAY, HOUR, MINUTE, MS, SECOND};

/// A journey, and how it is told.
#[derive(Clone)]
pub struct Journey {
    /// Each record once, in the order in which they were thought of.
    pub records: Vec<Record>,
    /// Which of them arrives when, again or late.
    pub arrivals: Vec<usize>,
    /// On the wall clock: with the time going by between arrivals. Else as a drain: it stands until all are
    /// there.
    pub on_the_wall: Option<Vec<Millis>>,
    /// When it is judged.
    pub now: Millis,
}

impl fmt::Debug for Journey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f)?;
        for (n, record) in self.records.iter().enumerate() {
            writeln!(f, "  {n}: {record:?}")?;
        }
        let since = self.now.since(BEGIN);
        write!(
            f,
            "  told {:?}, judged at {}.{:03}s",
            self.arrivals,
            since / 1000,
            since % 1000
        )?;
        match &self.on_the_wall {
            None => Ok(()),
            Some(times) => {
                let times = times.iter().map(|at| at.since(BEGIN) as f64 / 1000.0);
                write!(f, ", heard at {:?}", times.collect::<Vec<_>>())
            }
        }
    }
}

/// A moment, by its distance from that of an earlier step.
#[derive(Clone, Copy, Debug)]
struct When {
    back: usize,
    gap: Gap,
}

/// A distance in time: one of the journey's spans, or just below or above it, forwards or backwards.
#[derive(Clone, Copy, Debug)]
struct Gap {
    span: usize,
    edge: i64,
    way: i64,
}

/// What a step is, before it has a place, a time and an id.
#[derive(Clone, Debug)]
enum Deed {
    Say(Say),
    Reply(Reply),
    Change(Change),
    Know(Know),
    Ask(Ask),
}

#[derive(Clone, Debug)]
struct Step {
    /// Always, until a failing journey is shrunk: then what it does without goes, and the others stay where
    /// they are.
    is_told: bool,
    when: When,
    place: usize,
    who: usize,
    deed: Deed,
    arrival: u8,
    again: Option<u8>,
}

#[derive(Clone, Debug)]
struct Say {
    id: usize,
    own_conversation: bool,
    intent: Option<Intent>,
    automatic: bool,
    visibility: Option<Visibility>,
    rating: Option<f64>,
    sentiment: Option<f64>,
    words: &'static str,
    about: About,
    revised: Revised,
}

/// What a record is about.
#[derive(Clone, Debug)]
struct About {
    brand: Option<&'static str>,
    issue: Option<&'static str>,
    audience: Option<i64>,
}

/// What a further step with the same id is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Revised {
    Edited,
    SaidAtAnotherTime,
    Deleted,
}

#[derive(Clone, Debug)]
struct Reply {
    id: usize,
    kind: ResponseKind,
    status: Option<Status>,
    to: Option<(bool, usize)>,
    names: bool,
    answers: Option<usize>,
    visibility: Option<Visibility>,
    invites_to: Option<usize>,
    promises: Option<Gap>,
    team: Option<&'static str>,
    revised: Revised,
}

#[derive(Clone, Debug)]
struct Change {
    id: usize,
    names: bool,
    status: Option<Status>,
    owner: Option<&'static str>,
    team: Option<&'static str>,
    confirmed: Option<bool>,
    cause: Option<&'static str>,
    about: About,
}

#[derive(Clone, Debug)]
struct Know {
    customer: usize,
    carries: Vec<usize>,
    merged_into: Option<usize>,
    tier: Option<&'static str>,
    vulnerable: bool,
    value: Option<f64>,
}

#[derive(Clone, Debug)]
struct Ask {
    id: usize,
    conversation: bool,
    names: bool,
    relationship: bool,
    scale: SurveyScale,
    score: usize,
}

/// Where things are said: source, channel, conversation, and what ids there end in: they are unique within a
/// source.
type Spot = (&'static str, &'static str, &'static str, char);

const PLACES: [Spot; 12] = [
    ("s", "social", "c", 'a'),
    ("s", "email", "c", 'b'),
    ("s", "phone", "c", 'c'),
    ("s", "chat", "c", 'd'),
    ("s", "forum", "c", 'e'),
    ("s", "review", "c", 'f'),
    ("s", "messaging", "c", 'g'),
    ("s", "direct", "c", 'h'),
    ("s", "email", "m0b", 'i'),
    ("t", "social", "c", 'j'),
    ("t", "phone", "d", 'k'),
    ("s", "social", "m1a", 'l'),
];

/// What several messages say in nearly the same words; and what begins like it, and goes on otherwise.
const MATTER: &str =
    " the parcel lies in your depot for ten days now and nobody of you answers any of my letters";
const SAME_MATTER: &str =
    " The PARCEL lies in your depot for ten days now, and nobody of you answers any of my letters!";
const LONG_MATTER: &str = " the parcel lies in your depot for ten days now and nobody of you answers any of my letters; \
    the driver says he rang, the neighbours say he did not, and the page says that it was brought to me on a Sunday";
const LONGER_MATTER: &str = " the parcel lies in your depot for ten days now and nobody of you answers any of my letters; \
    the driver says he rang, the neighbours say he did not, and the bill says that I owe you for a second way to a \
    house that was never mine, in a street of which nobody here has heard, with a fee on top for the trouble you had";

/// By what people are known: kind, realm, value.
const PEOPLE: [&[(&str, &str, &str)]; 16] = [
    &[("handle", "", "ann")],
    &[("handle", "", "@Ann"), ("email", "", "ann@b")],
    &[("email", "", " Ann@B")],
    &[("handle", "", "bob")],
    &[("handle", "", "bob"), ("phone", "", "+49 (89) 123")],
    &[("phone", "", "+4989123")],
    &[("email", "", "ann@b"), ("phone", "", "+49-89-123")],
    &[],
    &[("email", "", "noreply@shop"), ("device", "", "d1")],
    &[("device", "", "d1"), ("handle", "", "ann")],
    &[("customer_id", "", "C0")],
    &[("account", "", "7"), ("email", "", "ann@b")],
    &[("handle", "X", "ann")],
    &[("email", "", "bob@b"), ("email", "", "ann@b")],
    &[("loyalty", "", "9"), ("device", "", "d1")],
    &[("handle", "", "anonymous")],
];

/// What the CRM may know of a customer.
const CARRIED: [(&str, &str, &str); 8] = [
    ("handle", "", "ann"),
    ("email", "", "ann@b"),
    ("phone", "", "+49 89 123"),
    ("handle", "", "BOB"),
    ("email", "", "bob@b"),
    ("device", "", "d1"),
    ("handle", "x", "ann"),
    ("email", "", "noreply@shop"),
];

fn identifiers(of: &[(&str, &str, &str)]) -> Vec<Identifier> {
    let all = of.iter().map(|(kind, realm, value)| Identifier {
        kind: (*kind).into(),
        value: Sensitive((*value).into()),
        realm: Some(*realm).filter(|realm| !realm.is_empty()).map(Into::into),
    });
    all.collect()
}

fn person(who: usize) -> Person {
    Person {
        display_name: None,
        identifiers: identifiers(PEOPLE[who % PEOPLE.len()]),
    }
}

/// Distances in time at which rules turn. A journey has a few of them only, so that they meet.
const SPANS: [i64; 16] = [
    0,
    SECOND,
    MINUTE,
    2 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    DAY,
    2 * DAY,
    3 * DAY,
    7 * DAY,
    30 * DAY,
    90 * DAY,
];

fn gap() -> impl Strategy<Value = Gap> {
    let edge = prop_oneof![3 => Just(0), 1 => Just(MS), 1 => Just(-MS)];
    let way = prop_oneof![9 => Just(1), 1 => Just(-1)];
    (0..8_usize, edge, way).prop_map(|(span, edge, way)| Gap { span, edge, way })
}

fn when() -> impl Strategy<Value = When> {
    let back = prop_oneof![3 => Just(0), 3 => 1..4_usize];
    (back, gap()).prop_map(|(back, gap)| When { back, gap })
}

/// One of these, at most.
fn maybe<T: Clone + fmt::Debug + 'static>(some: &[T]) -> impl Strategy<Value = Option<T>> + use<T> {
    prop::option::weighted(0.25, select(some.to_vec()))
}

fn about() -> impl Strategy<Value = About> {
    (
        maybe(&["north", "south"]),
        maybe(&["parcel", "bill"]),
        maybe(&[9, 10, 5000]),
    )
        .prop_map(|(brand, issue, audience)| About {
            brand,
            issue,
            audience,
        })
}

fn visibility() -> impl Strategy<Value = Option<Visibility>> {
    maybe(&[Visibility::Private, Visibility::Public])
}

fn revised() -> impl Strategy<Value = Revised> {
    prop_oneof![2 => Just(Revised::Edited), 1 => Just(Revised::SaidAtAnotherTime), 1 => Just(Revised::Deleted)]
}

fn status() -> impl Strategy<Value = Option<Status>> {
    let all = [
        Status::Resolved,
        Status::Pending,
        Status::Reopened,
        Status::LetGo,
        Status::Resolved,
    ];
    prop::option::weighted(0.4, select(all.to_vec()))
}

fn say() -> impl Strategy<Value = Deed> {
    let intent = maybe(&[Intent::Thanks, Intent::Praise, Intent::Complaint, Intent::Thanks]);
    let words = prop_oneof![
        6 => Just(""),
        1 => Just(" my lawyer"),
        1 => Just(" you idiots"),
        2 => Just(MATTER),
        1 => Just(SAME_MATTER),
        1 => Just(LONG_MATTER),
        1 => Just(LONGER_MATTER),
    ];
    let said = (
        0..6_usize,
        prop::bool::weighted(0.1),
        intent,
        prop::bool::weighted(0.1),
        visibility(),
    );
    let told = (
        maybe(&[1.0, 2.0, 5.0]),
        maybe(&[-1.0, -0.25, 0.5]),
        words,
        about(),
        revised(),
    );
    (said, told).prop_map(|(said, told)| {
        let (id, own_conversation, intent, automatic, visibility) = said;
        let (rating, sentiment, words, about, revised) = told;
        let (rating, sentiment) = (rating, sentiment);
        Deed::Say(Say {
            id,
            own_conversation,
            intent,
            automatic,
            visibility,
            rating,
            sentiment,
            words,
            about,
            revised,
        })
    })
}

fn reply() -> impl Strategy<Value = Deed> {
    use ResponseKind::{AutoAck, Bot, Community, Human, Note, Unknown};
    let kind = prop_oneof![
        6 => Just(Human),
        3 => Just(Bot),
        1 => select(vec![AutoAck, Note, Community, Unknown])
    ];
    let to = prop::option::weighted(0.3, (any::<bool>(), 0..6_usize));
    let aimed = (
        0..8_usize,
        kind,
        status(),
        to,
        prop::bool::weighted(0.2),
        maybe(&[0_usize, 1, 2]),
    );
    let promises = prop::option::weighted(0.15, gap());
    let invites = maybe(&[0_usize, 1, 2, 3]);
    let rest = (
        visibility(),
        invites,
        promises,
        maybe(&["care", "claims"]),
        revised(),
    );
    (aimed, rest).prop_map(|(aimed, rest)| {
        let (id, kind, status, to, names, answers) = aimed;
        let (visibility, invites_to, promises, team, revised) = rest;
        Deed::Reply(Reply {
            id,
            kind,
            status,
            to,
            names,
            answers,
            visibility,
            invites_to,
            promises,
            team,
            revised,
        })
    })
}

fn change() -> impl Strategy<Value = Deed> {
    let decided = (
        0..20_usize,
        prop::bool::weighted(0.2),
        prop::option::weighted(0.8, status()),
    );
    let told = (
        maybe(&["olga", "omar"]),
        maybe(&["care", "claims"]),
        maybe(&[true, false]),
        maybe(&["rain"]),
    );
    (decided, told, about()).prop_map(|((id, names, status), (owner, team, confirmed, cause), about)| {
        Deed::Change(Change {
            id,
            names,
            status: status.flatten(),
            owner,
            team,
            confirmed,
            cause,
            about,
        })
    })
}

fn know() -> impl Strategy<Value = Deed> {
    let carries = prop::collection::vec(0..CARRIED.len(), 0..4);
    let merged_into = prop::option::weighted(0.3, 0..4_usize);
    let profile = (
        maybe(&["gold", "GOLD", "silver"]),
        any::<bool>(),
        maybe(&[99.0, 1000.0]),
    );
    (0..3_usize, carries, merged_into, profile).prop_map(
        |(customer, carries, merged_into, (tier, vulnerable, value))| {
            Deed::Know(Know {
                customer,
                carries,
                merged_into,
                tier,
                vulnerable,
                value,
            })
        },
    )
}

fn ask() -> impl Strategy<Value = Deed> {
    use SurveyScale::{Csat1To5, Nps0To10, Stars1To5};
    let scale = select(vec![Nps0To10, Stars1To5, Csat1To5]);
    (
        0..20_usize,
        any::<bool>(),
        any::<bool>(),
        prop::bool::weighted(0.2),
        scale,
        0..11_usize,
    )
        .prop_map(|(id, conversation, names, relationship, scale, score)| {
            Deed::Ask(Ask {
                id,
                conversation,
                names,
                relationship,
                scale,
                score,
            })
        })
}

fn step() -> impl Strategy<Value = Step> {
    let deed = prop_oneof![6 => say(), 5 => reply(), 2 => change(), 2 => know(), 1 => ask()];
    let told = (any::<u8>(), prop::option::weighted(0.2, any::<u8>()));
    let is_told = prop::bool::weighted(1.0);
    let wherever = (when(), 0..8_usize, 0..8_usize);
    (is_told, wherever, deed, told).prop_map(|(is_told, (when, place, who), deed, (arrival, again))| Step {
        is_told,
        when,
        place,
        who,
        deed,
        arrival,
        again,
    })
}

/// By which clock a journey is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clock {
    /// The event clock of a drain: it stands until all is taken in.
    Stands,
    /// The wall clock.
    GoesBy,
}

/// Journeys, most of them short, in up to four conversations with up to four people.
pub fn journey(clock: Clock) -> impl Strategy<Value = Journey> {
    let steps = prop_oneof![
        12 => prop::collection::vec(step(), 1..8),
        6 => prop::collection::vec(step(), 1..15),
        1 => prop::collection::vec(step(), 1..40),
    ];
    // One who goes from a private channel to a public one, or back, is what rule 9 is about.
    let (private, public) = (select(vec![1_usize, 2, 3, 6]), select(vec![0_usize, 4]));
    let places = prop_oneof![
        3 => prop::collection::vec(0..PLACES.len(), 1..5),
        2 => (private, public).prop_map(|(private, public)| vec![private, public]),
    ];
    let people = prop_oneof![
        3 => prop::collection::vec(0..PEOPLE.len(), 1..5),
        2 => prop::collection::vec(0..7_usize, 1..2),
    ];
    let spans = prop::collection::vec(select(SPANS.to_vec()), 1..5);
    let palette = (places, people, spans);
    let palette = palette.prop_map(|(places, people, spans)| Palette {
        places,
        people,
        spans,
    });
    (palette, steps, when()).prop_map(move |(palette, steps, end)| written(&palette, &steps, end, clock))
}

/// What a journey is made of.
#[derive(Debug)]
struct Palette {
    places: Vec<usize>,
    people: Vec<usize>,
    spans: Vec<i64>,
}

impl Palette {
    fn later(&self, at: Millis, gap: Gap) -> Millis {
        at.plus(gap.way * self.spans[gap.span % self.spans.len()] + gap.edge)
    }

    /// A moment, as those before it are.
    fn moment(&self, times: &[Millis], when: When) -> Millis {
        self.later(times[times.len() - 1 - when.back.min(times.len() - 1)], when.gap)
    }

    fn place(&self, n: usize) -> Spot {
        PLACES[self.places[n % self.places.len()]]
    }

    fn person(&self, n: usize) -> Person {
        person(self.people[n % self.people.len()])
    }
}

/// The journey of these steps. A source keeps its word: there is one record for an id and revision.
fn written(palette: &Palette, steps: &[Step], end: When, clock: Clock) -> Journey {
    let mut times = vec![BEGIN];
    let mut book = Book::default();
    let (mut records, mut tellings) = (Vec::new(), Vec::new());
    for step in steps {
        let at = palette.moment(&times, step.when);
        times.push(at);
        if !step.is_told {
            continue;
        }
        if let Some(record) = book.record(palette, step, at) {
            tellings.push((step.arrival, records.len()));
            tellings.extend(step.again.map(|again| (again, records.len())));
            records.push(record);
        }
    }
    let latest = times.iter().copied().max().expect("it has a beginning");
    let mut now = palette.moment(&times, end).max(latest);
    let (arrivals, on_the_wall) = if clock == Clock::GoesBy {
        const DELAYS: [i64; 8] = [0, 0, 0, SECOND, HOUR, DAY, 3 * DAY, 10 * DAY];
        let heard = tellings.iter().map(|(arrival, n)| {
            let at = records[*n].at();
            let delay = DELAYS[usize::from(*arrival) / 32];
            (at.plus(delay), *n)
        });
        let mut heard: Vec<_> = heard.collect();
        heard.sort();
        now = heard.last().map_or(now, |(at, _)| now.max(*at));
        (
            heard.iter().map(|(_, n)| *n).collect(),
            Some(heard.iter().map(|(at, _)| *at).collect()),
        )
    } else {
        tellings.sort();
        (tellings.into_iter().map(|(_, n)| n).collect(), None)
    };
    Journey {
        records,
        arrivals,
        on_the_wall,
        now,
    }
}

/// What was written so far.
#[derive(Default)]
struct Book {
    said: BTreeMap<(usize, String), Complaint>,
    replied: BTreeMap<(usize, String), Response>,
    once: BTreeSet<String>,
}

impl Book {
    fn record(&mut self, palette: &Palette, step: &Step, at: Millis) -> Option<Record> {
        let place = palette.place(step.place);
        let person = palette.person(step.who);
        match &step.deed {
            Deed::Say(say) => Some(Record::Said(self.said(place, person, say, at))),
            Deed::Reply(reply) => Some(Record::Replied(self.replied(palette, place, person, reply, at))),
            Deed::Change(change) => {
                let id = format!("{}{}{}", ["b", "y"][change.id % 2], change.id, place.3);
                self.once.insert(id.clone()).then(|| {
                    Record::Updated(Update {
                        id: id.into(),
                        source: place.0.into(),
                        channel: place.1.into(),
                        conversation_id: place.2.into(),
                        customer: change.names.then_some(person),
                        occurred_at: at,
                        status: change.status,
                        owner: change.owner.map(Into::into),
                        team: change.team.map(Into::into),
                        external_case_id: change.owner.map(|owner| format!("X{owner}").into()),
                        brand: change.about.brand.map(Into::into),
                        issue: change.about.issue.map(Into::into),
                        root_cause: change.cause.map(Into::into),
                        remedy_granted: change.cause.map(|_| Sensitive("money".into())),
                        audience: change.about.audience,
                        resolution_confirmed: change.confirmed,
                        ..Update::default()
                    })
                })
            }
            Deed::Know(know) => {
                let mut at = at;
                // Two records of one moment would contradict each other.
                while !self.once.insert(format!("C{} {}", know.customer, at.0)) {
                    at = at.plus(1);
                }
                let carries: Vec<_> = know.carries.iter().map(|n| CARRIED[*n]).collect();
                Some(Record::Known(Customer {
                    customer_id: format!("C{}", know.customer).into(),
                    identifiers: identifiers(&carries),
                    tier: know.tier.map(Into::into),
                    vulnerable: know.vulnerable,
                    lifetime_value: know.value,
                    merged_into: know
                        .merged_into
                        .filter(|into| *into != know.customer)
                        .map(|into| format!("C{into}").into()),
                    updated_at: at,
                    ..Customer::default()
                }))
            }
            Deed::Ask(ask) => {
                let id = format!("{}{}{}", ["c", "x"][ask.id % 2], ask.id, place.3);
                let relationship = ask.relationship;
                let named = ask.conversation.then_some(place);
                let anybody = ["noreply", "anonymous"];
                let is_somebody = |person: &Person| {
                    let mut all = person.identifiers.iter();
                    all.any(|one| !anybody.iter().any(|nobody| one.value.contains(nobody)))
                };
                let customer = Some(person).filter(is_somebody);
                let customer = customer.filter(|_| ask.names || relationship || named.is_none());
                let is_about_something = (named.is_some() && !relationship) || customer.is_some();
                let score = match ask.scale {
                    SurveyScale::Nps0To10 => ask.score,
                    _ => 1 + ask.score % 5,
                };
                (is_about_something && self.once.insert(id.clone())).then(|| {
                    Record::Surveyed(Survey {
                        id: id.into(),
                        source: place.0.into(),
                        customer,
                        channel: named.map(|place| place.1.into()),
                        conversation_id: named.map(|place| place.2.into()),
                        about: if relationship {
                            SurveyAbout::Relationship
                        } else {
                            SurveyAbout::Case
                        },
                        score: score as f64,
                        scale: ask.scale,
                        occurred_at: at,
                        ..Survey::default()
                    })
                })
            }
        }
    }

    fn said(&mut self, place: Spot, author: Person, say: &Say, at: Millis) -> Complaint {
        let id = format!("m{}{}", say.id, place.3);
        let conversation = if say.own_conversation {
            id.clone()
        } else {
            place.2.to_owned()
        };
        let key = (0, format!("{}/{}/{conversation}/{id}", place.0, place.1));
        let before = self.said.get(&key);
        let text = format!(
            " {id}, {}{}.",
            before.map_or(0, |before| before.revision + 1),
            say.words
        );
        let mut said = Complaint {
            id: id.clone().into(),
            source: place.0.into(),
            channel: place.1.into(),
            conversation_id: (conversation != id).then(|| conversation.into()),
            author,
            text: Some(Sensitive(text)),
            occurred_at: at,
            visibility: say.visibility,
            rating: say.rating,
            audience: say.about.audience,
            brand: say.about.brand.map(Into::into),
            issue: say.about.issue.map(Into::into),
            language: say.about.brand.map(|_| "en".into()),
            location: say.about.issue.map(|_| Sensitive("Rome".into())),
            intent: say.intent,
            automatic: say.automatic,
            sentiment: say.sentiment,
            ..Complaint::default()
        };
        if let Some(before) = before {
            said.revision = before.revision + 1;
            said.deleted = say.revised == Revised::Deleted;
            if say.revised != Revised::SaidAtAnotherTime {
                said.occurred_at = before.occurred_at;
                said.edited_at = Some(at);
                said.author = before.author.clone();
            }
        }
        self.said.insert(key, said.clone());
        said
    }

    fn replied(
        &mut self,
        palette: &Palette,
        place: Spot,
        person: Person,
        reply: &Reply,
        at: Millis,
    ) -> Response {
        let name = |n: usize| format!("{}{n}{}", ["a", "z"][n % 2], place.3);
        let id = name(reply.id);
        let key = (1, format!("{}/{}/{}/{id}", place.0, place.1, place.2));
        let mut replied = Response {
            id: id.into(),
            source: place.0.into(),
            channel: place.1.into(),
            conversation_id: place.2.into(),
            in_reply_to: reply.to.map(|(to_reply, n)| {
                if to_reply {
                    name(n).into()
                } else {
                    format!("m{n}{}", place.3).into()
                }
            }),
            customer: reply.names.then_some(person),
            team: reply.team.map(Into::into),
            kind: reply.kind,
            visibility: reply.visibility,
            status: reply.status,
            invites_to: reply.invites_to.map(|n| palette.place(n).1.into()),
            promised_by: reply.promises.map(|gap| palette.later(at, gap)),
            occurred_at: at,
            ..Response::default()
        };
        replied.answers.extend(reply.answers.map(|n| {
            let other = palette.place(n);
            ConversationRef {
                source: other.0.into(),
                channel: other.1.into(),
                conversation_id: other.2.into(),
            }
        }));
        if let Some(before) = self.replied.get(&key) {
            replied.revision = before.revision + 1;
            replied.deleted = reply.revised == Revised::Deleted;
            if reply.revised != Revised::SaidAtAnotherTime {
                replied.occurred_at = before.occurred_at;
            }
        }
        self.replied.insert(key, replied.clone());
        replied
    }
}
