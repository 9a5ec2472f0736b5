//! Journeys: a few people, conversations and customers, and what happens between them.
//!
//! - [`time`]: moments where rules turn; [`people`]: who there is, and where; [`steps`]: what may happen
//! - [`book`]: steps become records; [`telling`]: records are told
//! - [`multitude`]: many people, for what shows only in the sum
//!
//! Some journeys have an [`Ending`]: when all of them has been told, customers are forgotten; then what was
//! said before comes late, and life goes on elsewhere.

mod book;
mod multitude;
mod people;
mod steps;
mod telling;
mod time;

use std::fmt;

use heard::model::{Millis, Person};
use proptest::prelude::*;
use proptest::sample::select;

use crate::records::Logged;
use crate::rules::{BEFORE_CLOCKS_CHANGE, BEGIN, SECOND};
use book::Book;
pub use multitude::multitude;
use people::{PEOPLE, PLACES, Place, person};
use steps::{Step, late_step, step};
use telling::{Telling, tell};
use time::{Gap, Stretch, When, gap, stretch, when};

/// A journey, and how it is told.
#[derive(Clone)]
pub struct Journey {
    /// Each record once, in the order in which they were thought of.
    pub records: Vec<Logged>,
    /// Which of them arrives when, again or late.
    pub arrivals: Vec<usize>,
    /// On the wall clock: with the time going by between arrivals. Else as a drain: it stands until all are
    /// there.
    pub on_the_wall: Option<Vec<Millis>>,
    /// Customers' messages from before somebody was forgotten, that come after it. Those of the forgotten are
    /// told as soon as all are forgotten.
    pub late: Vec<Logged>,
    /// When it is judged.
    pub now: Millis,
}

impl Journey {
    /// Whether it is told in the order of time.
    pub fn is_in_order(&self) -> bool {
        self.arrivals.is_sorted_by_key(|n| self.records[*n].at())
    }
}

impl fmt::Debug for Journey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f)?;
        for (n, record) in self.records.iter().enumerate() {
            writeln!(f, "  {n}: {record:?}")?;
        }
        for record in &self.late {
            writeln!(f, "  late: {record:?}")?;
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

/// By which clock a journey is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clock {
    /// The event clock of a drain: it stands until all is taken in.
    Stands,
    /// The wall clock.
    GoesBy,
}

/// What a journey ends with.
#[derive(Clone, Debug)]
struct Ending {
    /// Of the customers that there are, which are forgotten, and how long after everything.
    forgotten: Vec<(usize, Gap)>,
    late: Vec<Step>,
    after: Vec<Step>,
}

/// Which part of a journey a step is in.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Before,
    /// Said before, and told after: in a conversation of then, or in one that is heard of only now.
    Late {
        aside: bool,
    },
    /// In conversations of its own.
    After,
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
    let spans = prop::collection::vec(stretch(), 1..5);
    let begin = prop_oneof![2 => Just(BEGIN), 1 => select(BEFORE_CLOCKS_CHANGE.to_vec())];
    let whole_seconds = prop::bool::weighted(0.2);
    let crowd = prop::option::weighted(0.001, (40..200_usize, gap()));
    let parts = (begin, places, people, spans, whole_seconds, crowd);
    let palette = parts.prop_map(|(begin, places, people, spans, whole_seconds, crowd)| Palette {
        begin,
        places,
        people,
        spans,
        whole_seconds,
        crowd,
    });
    (palette, steps, ending(), when())
        .prop_map(move |(palette, steps, ending, end)| written(&palette, &steps, ending.as_ref(), end, clock))
}

fn ending() -> impl Strategy<Value = Option<Ending>> {
    let forgotten = prop::collection::vec((0..3_usize, gap()), 1..3);
    let late = prop::collection::vec(late_step(), 0..4);
    let after = prop::collection::vec(step(), 0..6);
    let ending = (forgotten, late, after).prop_map(|(forgotten, late, after)| Ending {
        forgotten,
        late,
        after,
    });
    prop::option::weighted(0.3, ending)
}

/// What a journey is made of.
#[derive(Debug)]
struct Palette {
    begin: Millis,
    places: Vec<usize>,
    people: Vec<usize>,
    spans: Vec<Stretch>,
    /// Everybody writes whole seconds.
    whole_seconds: bool,
    /// One person has so many cases, one after the other at such distances.
    crowd: Option<(usize, Gap)>,
}

impl Palette {
    fn later(&self, at: Millis, gap: Gap) -> Millis {
        self.spans[gap.span % self.spans.len()]
            .from(at, gap.way)
            .plus(gap.edge)
    }

    /// A moment, as those before it are.
    fn moment(&self, times: &[Millis], when: When) -> Millis {
        let at = self.later(times[times.len() - 1 - when.back.min(times.len() - 1)], when.gap);
        if self.whole_seconds {
            Millis(at.0.div_euclid(SECOND) * SECOND)
        } else {
            at
        }
    }

    fn place(&self, n: usize, act: Act) -> Place {
        let place = Place::of(self.places[n % self.places.len()]);
        match act {
            Act::Before | Act::Late { aside: false } => place,
            Act::Late { aside: true } => place.beside("late", 12),
            Act::After => place.beside("after", 0),
        }
    }

    fn person(&self, n: usize) -> Person {
        person(self.people[n % self.people.len()])
    }
}

/// The journey of these steps.
fn written(palette: &Palette, steps: &[Step], ending: Option<&Ending>, end: When, clock: Clock) -> Journey {
    let mut telling = Telling::default();
    let mut book = Book::default();
    let mut times = vec![palette.begin];
    for (n, step) in palette
        .crowd
        .iter()
        .flat_map(|(many, _)| (0..*many).zip(steps.iter().cycle()))
    {
        // The first step of someone, told once more in a conversation of its own.
        let at = palette
            .later(times[times.len() - 1], palette.crowd.expect("there is one").1)
            .max(palette.begin);
        if let Some(record) = book.one_of_many(palette, step, n, at) {
            times.push(at);
            telling.add(step, record);
        }
    }
    for step in steps {
        let at = palette.moment(&times, step.when);
        times.push(at);
        if step.is_told
            && let Some(record) = book.record(palette, Act::Before, step, at)
        {
            telling.add(step, record);
        }
    }
    let mut late = Vec::new();
    if let Some(ending) = ending
        && let Some(forgotten) = telling.forget(palette, &ending.forgotten, clock)
    {
        for step in ending.late.iter().filter(|step| step.is_told) {
            let at = palette.moment(&times, step.when).min(forgotten);
            let aside = step.again.is_some();
            late.extend(book.record(palette, Act::Late { aside }, step, at));
        }
        times = vec![forgotten];
        for step in &ending.after {
            let at = palette.moment(&times, step.when).max(forgotten.plus(1));
            times.push(at);
            if step.is_told
                && let Some(record) = book.record(palette, Act::After, step, at)
                && telling.is_clear(&record)
            {
                telling.add(step, record);
            }
        }
    }
    let latest = times.iter().copied().max().expect("it has a beginning");
    let now = palette.moment(&times, end).max(latest);
    tell(telling, late, now, clock)
}
