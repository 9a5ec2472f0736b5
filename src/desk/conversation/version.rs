//! Rule 1, versions of a message: which one stands, and since when the message is there.
//!
//! A version is a content. Its log time is the earliest time at which the log had that content, so a repeated
//! delivery of an old version does not bring it back. Versions are ordered by revision, then edit time, then log
//! time, then digest; the greatest stands. The message's time is the earliest that any of them gives, so an edit
//! moves no clock. All of this is a function of the set of versions: in whatever order they come, the fact is
//! the same.
//!
//! Nearly every message has one version: then its fact keeps what tells that from others ([`Versions`]), and
//! nothing more.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::again::{Again, said_again, sketch_of};
pub use super::digest::Digest;
use super::excerpt::Excerpt;
use super::fact::{Author, Class, Fact, Mention, NOBODY, Said};
use super::order::Turn;
use crate::config::rules::HashSecret;
use crate::model::{Identifier, Millis};

/// Versions of one message that are kept: the greatest.
pub const KEPT: usize = 16;

/// Messages of different people that one id may stand for. What goes beyond it counts as the first one's.
const TWINS: usize = 64;

/// What tells the version of a message that stands from others, and what else there is of the message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Versions {
    /// What it is known by.
    pub digest: Digest,
    /// The earliest time at which the log had it.
    pub logged: Millis,
    /// When it was edited, as its source says.
    pub edited_at: Option<Millis>,
    /// What there is beside it: of most messages nothing.
    pub more: Option<Box<More>>,
}

/// What there is of a message beside the version that stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct More {
    /// Which message of its id it is, where several people's have the same.
    pub twin: u8,
    /// When the version that stands says that it was said.
    pub occurred_at: Millis,
    /// The earliest time that a version gives which is not kept any more.
    pub dropped: Option<Millis>,
    /// The other versions, in their order.
    pub others: Vec<Version>,
    /// Edits that say something else, in the order of the versions.
    pub again: SmallVec<[Again; 0]>,
}

/// A version of a message that does not stand, with all that a fact needs if it comes to stand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// Its revision.
    pub revision: i64,
    /// When it was edited, as its source says.
    pub edited_at: Option<Millis>,
    /// When it says that it was said.
    pub occurred_at: Millis,
    /// The earliest time at which the log had it.
    pub logged: Millis,
    /// What it is known by.
    pub digest: Digest,
    /// Whether it takes the message out.
    pub deleted: bool,
    /// What it says.
    pub said: Said,
    /// Its author's identifiers, if it is a customer's.
    pub identifiers: Vec<Identifier>,
}

impl Version {
    /// The version of a fact that stands; `identifiers` are its author's.
    fn standing(fact: &Fact, identifiers: Vec<Identifier>) -> Self {
        let Versions {
            digest,
            logged,
            edited_at,
            more: _,
        } = &fact.versions;
        Self {
            revision: fact.revision,
            edited_at: *edited_at,
            occurred_at: fact.occurred_at(),
            logged: *logged,
            digest: *digest,
            deleted: fact.deleted,
            said: fact.said.clone(),
            identifiers,
        }
    }

    /// When it was edited: as it says, else a time of its own that is later than the message's. Only messages
    /// are edited: an update or a survey that is sent again says something else.
    pub(super) fn edit_time(&self, began: Millis) -> Option<Millis> {
        match self.said.class() {
            Class::Customer | Class::Company => edit_time(self.edited_at, self.occurred_at, began),
            Class::Changed | Class::Surveyed => None,
        }
    }

    fn order(&self, began: Millis) -> (i64, Option<Millis>, Millis, Digest) {
        (self.revision, self.edit_time(began), self.logged, self.digest)
    }

    /// Another version stands. Of a text that does not come back only the sketch is kept, to which a later one is
    /// compared: where one of the author's has a higher revision, and where the message was taken out, unless by somebody
    /// else, who may turn out to have taken out another of the same id. (If the log
    /// turned out to have had a deletion without a revision earlier than what stood before, that would stand again
    /// without its text: what was taken back is not kept for this.)
    fn give_way(&mut self, to: &Self, secret: &HashSecret) {
        let is_alone = !shares(self, to);
        let can_stand = self.revision == to.revision || is_alone;
        let is_anothers = is_alone && !to.mentions().is_empty();
        let Said::Customer(said) = &mut self.said else {
            return;
        };
        said.sketch = sketch_of(said, secret);
        if to.deleted && !is_anothers || !can_stand {
            said.excerpt = Excerpt::default();
            said.about.location = None;
        }
        if !can_stand {
            self.identifiers = Vec::new();
        }
    }

    /// The identifiers of its author, if it is a customer's.
    fn mentions(&self) -> &[Mention] {
        match &self.said {
            Said::Customer(said) => &said.mentions,
            _ => &[],
        }
    }
}

/// Whether the authors of two versions have an identifier in common.
fn shares(a: &Version, b: &Version) -> bool {
    a.mentions().iter().any(|one| b.mentions().contains(one))
}

/// When a version was edited of a message that began then.
fn edit_time(edited_at: Option<Millis>, occurred_at: Millis, began: Millis) -> Option<Millis> {
    edited_at.or((occurred_at > began).then_some(occurred_at))
}

/// A fact with its author's identifiers, if it is a customer's: they stand in no fact while it has one version.
pub type Known = (Fact, Vec<Identifier>);

/// What comes of one more version of a message, or of messages that have one id.
#[derive(Debug)]
pub struct Joined {
    /// The facts of this id, as they are now.
    pub facts: Vec<Known>,
    /// Whether other content was there under its revision.
    pub is_conflict: bool,
    /// Whether its content was there, and the log had it still earlier.
    pub is_known: bool,
}

/// Rule 1: a version comes, of an id of which these facts are known. `None`: its content is known, and it has
/// no effect.
pub fn join(known: Vec<Known>, came: Known, secret: &HashSecret) -> Option<Joined> {
    let class = came.0.said.class();
    let (id, digest) = (
        known.first().map_or(&came.0.id, |(fact, _)| &fact.id).clone(),
        came.0.versions.digest,
    );
    let mut facts: FxHashMap<u8, Fact> = FxHashMap::default();
    let mut all: Vec<(Version, Option<u8>)> = Vec::new();
    for (fact, identifiers) in known {
        let twin = fact.twin();
        let others = fact.versions.more.iter().flat_map(|more| &more.others).cloned();
        all.extend(others.map(|version| (version, Some(twin))));
        all.push((Version::standing(&fact, identifiers), Some(twin)));
        facts.insert(twin, fact);
    }
    let (came, identifiers) = came;
    let new = Version::standing(&came, identifiers);
    let is_conflict = all
        .iter()
        .any(|(version, _)| version.revision == new.revision && version.digest != digest);
    let known = all.iter_mut().find(|(version, _)| version.digest == digest);
    let is_known = known.is_some();
    match known {
        Some((version, _)) if version.logged <= new.logged => return None,
        Some((version, _)) => version.logged = new.logged,
        None => all.push((new, None)),
    }
    let groups = match class {
        Class::Customer => by_author(all),
        _ => vec![all],
    };
    let mut free: Vec<u8> = (0..=u8::MAX)
        .rev()
        .filter(|twin| !facts.contains_key(twin))
        .collect();
    let mut is_taken = [false; 1 << 8];
    let mut now = Vec::with_capacity(groups.len());
    for group in groups {
        let mut twins: Vec<u8> = group.iter().filter_map(|(_, twin)| *twin).collect();
        twins.sort_unstable();
        let before: Vec<&Fact> = twins.iter().filter_map(|twin| facts.get(twin)).collect();
        let dropped = before
            .iter()
            .filter_map(|fact| fact.versions.more.as_ref()?.dropped)
            .min();
        let versions = group.into_iter().map(|(version, _)| version).collect();
        let (mut fact, identifiers) = stand(versions, dropped, secret);
        fact.id.clone_from(&id);
        let is_free = |twin: &&u8| !is_taken[usize::from(**twin)];
        let is_same = |twin: &&u8| {
            facts
                .get(*twin)
                .is_some_and(|before| before.author() == fact.author())
        };
        let own = twins.iter().filter(is_free).find(is_same);
        let own = own.or_else(|| twins.iter().find(is_free)).copied();
        let twin = own.or_else(|| free.pop()).unwrap_or_default();
        is_taken[usize::from(twin)] = true;
        if twin > 0 {
            fact.number_twin(twin);
        }
        let same = own.and_then(|own| facts.get(&own));
        // What was hidden stays at its place, as long as its time does.
        if let Some(before) = same.filter(|before| before.own_at() == fact.at) {
            fact.rank = before.rank;
            fact.put(before.at, before.turn);
        }
        fact.case = same.map_or(came.case, |before| before.case);
        now.push((fact, identifiers));
    }
    Some(Joined {
        facts: now,
        is_conflict: is_conflict && !is_known,
        is_known,
    })
}

/// The fact of these versions of a message, and its author's identifiers. `dropped` is the earliest time of
/// those that are not kept.
fn stand(mut versions: Vec<Version>, dropped: Option<Millis>, secret: &HashSecret) -> Known {
    let times = versions.iter().map(|version| version.occurred_at);
    let began = times.chain(dropped).min().unwrap_or_default();
    versions.sort_by_key(|version| version.order(began));
    let too_many = versions.len().saturating_sub(KEPT);
    let gone = versions.drain(..too_many).map(|version| version.occurred_at);
    let dropped = gone.chain(dropped).min();
    let Some(standing) = versions.pop() else {
        unreachable!("a message has a version");
    };
    let at = match standing.said.class() {
        Class::Customer | Class::Company => began,
        Class::Changed | Class::Surveyed => standing.occurred_at,
    };
    let is_plain = versions.is_empty() && dropped.is_none();
    let again = said_again(versions.iter().chain([&standing]), began, secret);
    versions
        .iter_mut()
        .for_each(|version| version.give_way(&standing, secret));
    let more = More {
        twin: 0,
        occurred_at: standing.occurred_at,
        dropped,
        others: versions,
        again,
    };
    let fact = Fact {
        at,
        own: None,
        turn: Turn::first(standing.said.class()),
        id: Default::default(),
        rank: None,
        revision: standing.revision,
        deleted: standing.deleted,
        late: false,
        case: 0,
        said: standing.said,
        versions: Versions {
            digest: standing.digest,
            logged: standing.logged,
            edited_at: standing.edited_at,
            more: (!is_plain).then(|| Box::new(more)),
        },
    };
    (fact, standing.identifiers)
}

/// Rule 1: "Two records of one id and revision whose authors share no identifier are two messages, and both are
/// heard." If there are such two, the versions of the id are each author's own, and each author's are a message;
/// those that name nobody go with the smallest. Else all are one message, whose author an edit may change.
fn by_author<T>(mut all: Vec<(Version, T)>) -> Vec<Vec<(Version, T)>> {
    let differ = |a: &Version, b: &Version| {
        let named = !a.mentions().is_empty() && !b.mentions().is_empty();
        a.revision == b.revision && named && !shares(a, b)
    };
    let is_ambiguous = (1..all.len()).any(|i| all[..i].iter().any(|(other, _)| differ(other, &all[i].0)));
    if !is_ambiguous {
        return vec![all];
    }
    let times = all.iter().map(|(version, _)| version.occurred_at);
    let began = times.min().unwrap_or_default();
    all.sort_by_key(|(version, _)| version.order(began));
    let mut groups: Vec<Vec<(Version, T)>> = Vec::new();
    let (nobodys, named): (Vec<_>, Vec<_>) =
        { all.into_iter() }.partition(|(one, _)| one.mentions().is_empty());
    for one in named {
        let is_theirs = |group: &Vec<(Version, T)>| group.iter().any(|(other, _)| shares(other, &one.0));
        let own: SmallVec<[usize; 2]> = (0..groups.len()).filter(|&g| is_theirs(&groups[g])).collect();
        // It may be what shows that two groups are one person's.
        let Some((&first, others)) = own.split_first() else {
            groups.push(vec![one]);
            continue;
        };
        for &other in others.iter().rev() {
            let group = groups.remove(other);
            groups[first].extend(group);
        }
        groups[first].push(one);
    }
    groups[0].extend(nobodys);
    for group in groups.split_off(groups.len().min(TWINS)) {
        groups[0].extend(group);
    }
    groups
}

impl Fact {
    /// Which message of its id it is, where several people's have the same.
    pub fn twin(&self) -> u8 {
        self.versions.more.as_ref().map_or(0, |more| more.twin)
    }

    /// Gives it a number among the messages of its id.
    pub fn number_twin(&mut self, twin: u8) {
        let occurred_at = self.occurred_at();
        let more = self.versions.more.get_or_insert_with(|| {
            Box::new(More {
                occurred_at,
                ..More::default()
            })
        });
        more.twin = twin;
    }

    /// Who said it, if it is a customer's.
    fn author(&self) -> Author {
        self.customer_said().map_or(NOBODY, |said| said.author)
    }

    /// Versions of it that do not stand, in their order.
    pub fn others(&self) -> &[Version] {
        self.versions.more.as_ref().map_or(&[], |more| &more.others)
    }

    /// Its edits that say something else, after it was said.
    pub fn again(&self) -> &[Again] {
        self.versions.more.as_ref().map_or(&[], |more| &more.again)
    }

    /// The same, to be changed.
    pub fn others_mut(&mut self) -> &mut [Version] {
        self.versions
            .more
            .as_mut()
            .map_or(&mut [], |more| &mut more.others)
    }

    /// Whether no other version of it is known.
    pub fn is_unedited(&self) -> bool {
        self.revision == 0 && self.others().is_empty()
    }

    /// When the version that stands was edited.
    pub fn edit_time(&self) -> Option<Millis> {
        edit_time(self.versions.edited_at, self.occurred_at(), self.own_at())
    }

    /// When the version that stands says that it was said.
    pub fn occurred_at(&self) -> Millis {
        let more = self.versions.more.as_ref();
        more.map_or(self.own_at(), |more| more.occurred_at)
    }

    /// What all its versions say that take nothing out, in their order: each with its revision and edit time.
    pub fn all_said(&self) -> impl Iterator<Item = (i64, Option<Millis>, &Said)> {
        let others = self.others().iter().filter(|version| !version.deleted);
        let began = self.own_at();
        let others = others.map(move |version| (version.revision, version.edit_time(began), &version.said));
        let standing = (self.revision, self.edit_time(), &self.said);
        others.chain((!self.deleted).then_some(standing))
    }

    /// All its versions, whoever they name.
    pub fn versions_said(&self) -> impl Iterator<Item = &Said> {
        self.others()
            .iter()
            .map(|version| &version.said)
            .chain([&self.said])
    }
}
