//! Rule 1: the versions of a message, their order, and what an edit says.

use heard::model::{Complaint, Intent, Millis, Response, Sensitive};

use super::echo;

/// A record that may come in several versions.
pub trait Versioned: Clone + PartialEq {
    /// Its revision and when the source says that it was edited; and when it was said.
    fn stamps(&self) -> (i64, Option<Millis>, Millis);
    /// What counts of it.
    fn content(&self) -> Self;
}

impl Versioned for Complaint {
    fn stamps(&self) -> (i64, Option<Millis>, Millis) {
        (self.revision, self.edited_at, self.occurred_at)
    }

    fn content(&self) -> Self {
        Self {
            via: None,
            attributes: Sensitive::default(),
            ..self.clone()
        }
    }
}

impl Versioned for Response {
    fn stamps(&self) -> (i64, Option<Millis>, Millis) {
        (self.revision, self.edited_at, self.occurred_at)
    }

    fn content(&self) -> Self {
        Self {
            via: None,
            attributes: Sensitive::default(),
            ..self.clone()
        }
    }
}

/// A content, and the earliest time at which the log has it.
#[derive(Clone)]
pub struct Version<T> {
    pub content: T,
    pub logged: Millis,
}

/// All versions under an id.
#[derive(Clone)]
pub struct Versions<T>(Vec<Version<T>>);

impl<T> Default for Versions<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Versioned> Versions<T> {
    pub fn add(&mut self, record: &T, logged: Millis) {
        let content = record.content();
        match self.0.iter_mut().find(|version| version.content == content) {
            Some(known) => known.logged = known.logged.min(logged),
            None => self.0.push(Version { content, logged }),
        }
    }

    /// The message's time: the earliest of its versions.
    pub fn at(&self) -> Millis {
        let times = self.0.iter().map(|version| version.content.stamps().2);
        times.min().expect("one at least")
    }

    /// When a version was edited: as the source says; else a later time than the message's is that.
    pub fn edit_time(&self, version: &T) -> Option<Millis> {
        let (_, edited_at, occurred_at) = version.stamps();
        edited_at.or(Some(occurred_at).filter(|at| *at > self.at()))
    }

    /// By revision, then time of the edit, then log time; the last stands. Decision: journeys have no two of one log
    /// time, so that digests decide nothing.
    pub fn in_order(&self) -> Vec<&T> {
        let mut versions: Vec<_> = self.0.iter().collect();
        versions.sort_by_key(|version| {
            let content = &version.content;
            (content.stamps().0, self.edit_time(content), version.logged)
        });
        versions.into_iter().map(|version| &version.content).collect()
    }

    /// When the log first had what stands.
    pub fn logged(&self) -> Millis {
        let standing = self.standing();
        let mut known = self.0.iter().filter(|version| version.content == *standing);
        known.next().expect("it is one of them").logged
    }

    pub fn standing(&self) -> &T {
        self.in_order().pop().expect("one at least")
    }
}

impl Versions<Complaint> {
    /// An id under which two people spoke: versions of one revision whose authors have nothing in common. Then those that have
    /// belong together, and those of nobody to the first of somebody.
    pub fn messages(self) -> Vec<Self> {
        let named = |version: &Version<Complaint>| !version.content.author.identifiers.is_empty();
        let share = |a: &Version<Complaint>, b: &Version<Complaint>| {
            let others = &b.content.author.identifiers;
            a.content
                .author
                .identifiers
                .iter()
                .any(|one| others.contains(one))
        };
        let is_ambiguous = self.0.iter().any(|a| {
            self.0
                .iter()
                .any(|b| a.content.revision == b.content.revision && named(a) && named(b) && !share(a, b))
        });
        if !is_ambiguous {
            return vec![self];
        }
        let first = self
            .in_order()
            .into_iter()
            .find(|version| !version.author.identifiers.is_empty())
            .cloned();
        let mut groups: Vec<Vec<Version<Complaint>>> = Vec::new();
        for version in self.0.iter().filter(|version| named(version)) {
            let (mut same, others): (Vec<_>, Vec<_>) = groups
                .into_iter()
                .partition(|group: &Vec<_>| group.iter().any(|other| share(version, other)));
            groups = others;
            let mut group: Vec<_> = same.drain(..).flatten().collect();
            group.push(version.clone());
            groups.push(group);
        }
        for version in self.0.iter().filter(|version| !named(version)) {
            let of_first = groups
                .iter_mut()
                .find(|group| group.iter().any(|other| Some(&other.content) == first.as_ref()));
            of_first.expect("somebody is named").push(version.clone());
        }
        groups.into_iter().map(Self).collect()
    }

    /// Rule 12: the stars first given, and those of the last version that gave others than the one before it; the first ones
    /// given are severity. Decision: versions without stars, or that took the message out, say nothing of them.
    pub fn stars(&self) -> (Option<f64>, Option<(Millis, f64)>) {
        let standing = self.in_order().into_iter().filter(|version| !version.deleted);
        let mut given = standing.filter_map(|version| Some((version, version.rating?)));
        let first = given.next().map(|(_, stars)| stars);
        let Some(mut stars) = first else {
            return (None, None);
        };
        let mut changed = None;
        for (version, rating) in given {
            if rating != stars {
                changed = Some((self.edit_time(version).unwrap_or(self.at()), rating));
                stars = rating;
            }
        }
        (first, changed)
    }

    /// The edits that say something else than the version before them, with their time. Decision: an edit that is dated before
    /// its message came at once.
    pub fn news(&self) -> Vec<(Millis, &Complaint)> {
        let standing: Vec<_> = self
            .in_order()
            .into_iter()
            .filter(|version| !version.deleted)
            .collect();
        let pairs = standing.windows(2).map(|pair| (pair[0], pair[1]));
        let news = pairs.filter(|(before, after)| is_news(before, after));
        news.filter_map(|(_, after)| Some((self.edit_time(after)?.max(self.at()), after)))
            .collect()
    }
}

fn is_news(before: &Complaint, after: &Complaint) -> bool {
    let text = |complaint: &Complaint| {
        complaint
            .text
            .as_ref()
            .map_or_else(String::new, |text| text.as_str().to_owned())
    };
    let (old, new) = (text(before), text(after));
    let fell = matches!((before.rating, after.rating), (Some(before), Some(after)) if after < before);
    let threatens = ["in hospital", "lawyer", "i am leaving"]
        .into_iter()
        .any(|words| threatens(after, words) && !threatens(before, words));
    fell || threatens || echo::is_long(&new) && !echo::is_same(&old, &new)
}

/// Decision: who is pleased, as the source says, does not threaten.
fn threatens(message: &Complaint, words: &str) -> bool {
    let text = message.text.as_ref().map_or("", |text| text.as_str());
    let thanks = matches!(message.intent, Some(Intent::Praise | Intent::Thanks));
    let is_pleased = thanks || message.sentiment.is_some_and(|sentiment| sentiment > 0.0);
    !is_pleased && text.contains(words)
}

/// Rule 2: praise, thanks and automatic mail open no clock.
pub fn opens_clock(message: &Complaint) -> bool {
    let praise = matches!(message.intent, Some(Intent::Praise | Intent::Thanks));
    !praise && !message.automatic
}
