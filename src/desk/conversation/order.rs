//! Rule 3, in which order things were said.
//!
//! A message of the company that names the message it replies to is never before it: if its own time is earlier
//! (two clocks, a repeated hour), it counts at that one's. Many systems write whole seconds: in one and the same
//! moment replies tell the order, else customers come before the company, messages before updates, and
//! updates before surveys; what is alike in that is ordered by id.
//!
//! | of one moment, given ids | then the order is |
//! |---|---|
//! | c1 of Ann; a, her answer, which names it | c1, a |
//! | c1 of Ann; a, which names c1; 0, in which Ann replies to a | c1, a, 0 |
//! | c1, c2 of Ann; a, which names c1; b, which names nothing | c1, c2, a, b |
//! | c1 of Ann; a, which names what was said earlier | c1, a |
//! | the same; 0, in which Bob replies to a | c1, a, 0 |
//!
//! All of it is a pure function of the set of facts. What was hidden, since its author was forgotten, stays where
//! it was: what it names may be hidden, too.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::fact::{Class, Fact, Said};
use crate::desk::forgetting::is_hidden;
use crate::model::Millis;

/// A fact's turn among what happened in one moment: after what it replies to there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn(u32);

impl Turn {
    /// The turn of what replies to nothing of its moment: customers first.
    pub fn first(class: Class) -> Self {
        Self(u32::from(class != Class::Customer))
    }

    /// The turn of what replies to a message of its moment that has this one.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(2))
    }

    /// Whether the first of its chain was said by the company; and how many are before it in the chain.
    fn place(self) -> (u32, u32) {
        (self.0 & 1, self.0 >> 1)
    }
}

impl Ord for Turn {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place().cmp(&other.place())
    }
}

impl PartialOrd for Turn {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Fact {
    /// When it happened, if the message that it replies to happened at `target`. The customer's clock is taken as
    /// it is.
    pub fn not_before(&self, target: Option<Millis>) -> Millis {
        let own = self.own_at();
        match self.said {
            Said::Company(_) | Said::Changed(_) => target.map_or(own, |target| own.max(target)),
            Said::Customer(_) | Said::Surveyed(_) => own,
        }
    }

    /// Puts it at its place, given the message that it replies to; there are no others that reply to it.
    pub fn follow(&mut self, target: Option<&Self>) {
        let at = self.not_before(target.map(|target| target.at));
        let here = target.filter(|target| target.at == at);
        let turn = here.map_or(Turn::first(self.said.class()), |target| target.turn.next());
        self.put(at, turn);
    }

    /// Puts it at its place: its moment, and its turn there.
    pub fn put(&mut self, at: Millis, turn: Turn) {
        let own = self.own_at();
        self.own = (own != at).then_some(own);
        (self.at, self.turn) = (at, turn);
    }
}

/// Puts all facts of a conversation at their places and sorts them by these.
pub fn arrange(facts: &mut [Fact]) {
    place_all(facts);
    sort(facts);
}

/// Sorts facts by their places.
pub fn sort(facts: &mut [Fact]) {
    facts.sort_by(|a, b| a.place().cmp(&b.place()));
}

/// Puts all facts of a conversation at their places, in whatever order they stand.
pub fn place_all(facts: &mut [Fact]) {
    let mut targets = targets(facts);
    for (target, fact) in targets.iter_mut().zip(&*facts) {
        target.take_if(|_| is_hidden(&fact.id));
    }
    let moments = along(&targets, |i, target| facts[i].not_before(target));
    let here = targets.iter().enumerate();
    let here: Vec<_> = here
        .map(|(i, target)| target.filter(|target| moments[*target] == moments[i]))
        .collect();
    let turns = along(&here, |i, target: Option<Turn>| match target {
        _ if is_hidden(&facts[i].id) => facts[i].turn,
        Some(target) => target.next(),
        None => Turn::first(facts[i].said.class()),
    });
    for ((fact, at), turn) in facts.iter_mut().zip(moments).zip(turns) {
        if !is_hidden(&fact.id) {
            fact.put(at, turn);
        }
    }
}

/// Which message each of these replies to, of those that stand: where a complaint and a response have one id,
/// the complaint.
pub fn targets(facts: &[Fact]) -> Vec<Option<usize>> {
    let mut by_id = FxHashMap::<&str, usize>::default();
    for class in [Class::Customer, Class::Company] {
        for (i, fact) in facts.iter().enumerate() {
            if fact.said.class() == class && !fact.deleted {
                let known = by_id.entry(&fact.id).or_insert(i);
                // Of several people's messages of one id it is the first.
                let first = |i: usize| facts[i].seniority();
                if facts[*known].said.class() == class && first(i) < first(*known) {
                    *known = i;
                }
            }
        }
    }
    let target = |fact: &Fact| by_id.get(&**fact.said.reply_to()?).copied();
    let standing = |fact: &Fact| if fact.deleted { None } else { target(fact) };
    facts.iter().map(standing).collect()
}

/// What each fact comes to along the replies: `step` is given its place and what the one that it replies to has
/// come to. Those that reply to each other in a ring reply to nothing.
pub fn along<T: Copy>(targets: &[Option<usize>], step: impl Fn(usize, Option<T>) -> T) -> Vec<T> {
    let mut found: Vec<Option<T>> = vec![None; targets.len()];
    let mut followed = vec![false; targets.len()];
    let mut chain = Vec::new();
    for start in 0..targets.len() {
        let mut at = start;
        let mut last = loop {
            if found[at].is_some() {
                break found[at];
            }
            if followed[at] {
                let ring = chain.iter().rposition(|seen| *seen == at).unwrap_or_default();
                chain.drain(ring..).for_each(|i| found[i] = Some(step(i, None)));
                continue;
            }
            followed[at] = true;
            chain.push(at);
            match targets[at] {
                Some(target) => at = target,
                None => break None,
            }
        };
        for i in chain.drain(..).rev() {
            last = Some(step(i, last));
            found[i] = last;
        }
    }
    (0..)
        .zip(found)
        .map(|(i, found)| found.unwrap_or_else(|| step(i, None)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Turn, along, arrange};
    use crate::desk::conversation::fact::{
        Addressee, Changed, CompanySaid, CustomerSaid, Fact, Said, Surveyed,
    };
    use crate::desk::score::Score;
    use crate::model::{Millis, SurveyScale};

    fn fact(at: i64, id: &str, said: Said) -> Fact {
        Fact {
            at: Millis(at),
            own: None,
            turn: Turn::default(),
            id: id.into(),
            rank: None,
            revision: 0,
            deleted: false,
            late: false,
            case: 0,
            said,
            versions: Default::default(),
        }
    }

    /// `10 c1`: a customer's message; `10 r1 to c1`: a response; ids that begin with u and s: an update, a survey.
    fn facts(story: &str) -> Vec<Fact> {
        let line = |line: &str| {
            let words: Vec<_> = line.split_whitespace().collect();
            let reply_to = words.get(3).map(|id| (*id).into());
            let to = Addressee {
                reply_to: reply_to.clone(),
                ..Addressee::default()
            };
            let said = match &words[1][..1] {
                "r" => Said::Company(CompanySaid {
                    to,
                    ..CompanySaid::default()
                }),
                "u" => Said::Changed(Changed {
                    to,
                    ..Changed::default()
                }),
                "s" => Said::Surveyed(Surveyed {
                    to,
                    score: Score {
                        value: 1.0,
                        scale: SurveyScale::Nps0To10,
                    },
                }),
                _ => Said::Customer(CustomerSaid {
                    reply_to,
                    ..CustomerSaid::default()
                }),
            };
            fact(words[0].parse().expect("a time"), words[1], said)
        };
        story.split(',').map(line).collect()
    }

    fn told(facts: &[Fact]) -> String {
        let told = facts.iter().map(|fact| format!("{} {}", fact.at.0, fact.id));
        told.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn in_which_order_things_were_said() {
        //   given                                                  then the order, and when it was, is
        for (given, then) in [
            ("10 c1, 9 r1 to c1", "10 c1, 10 r1"),
            ("10 c1, 9 r1", "9 r1, 10 c1"),
            ("10 c1, 9 u1 to c1", "10 c1, 10 u1"),
            ("10 c1, 12 r1 to c1", "10 c1, 12 r1"),
            ("10 c1, 5 r1 to c1, 3 r2 to r1", "10 c1, 10 r1, 10 r2"),
            ("10 c1, 5 r2 to c1, 3 r1 to r2", "10 c1, 10 r2, 10 r1"),
            ("10 c1, 9 r1 to nowhere", "9 r1, 10 c1"),
            ("9 c2 to c1, 10 c1", "9 c2, 10 c1"), // the customer's own clock
            ("9 r1 to r2, 10 r2 to r1", "9 r1, 10 r2"), // a ring replies to nothing
            ("9 r1 to r1", "9 r1"),
            ("8 r1 to r2, 9 r2 to r3, 10 r3 to r2", "9 r2, 9 r1, 10 r3"),
            // One moment.
            ("10 z1, 10 r1 to z1", "10 z1, 10 r1"),
            ("10 c1, 10 r1 to c1, 10 a2 to r1", "10 c1, 10 r1, 10 a2"),
            (
                "10 c1, 10 r1 to c1, 10 z2 to r1, 10 r0 to z2",
                "10 c1, 10 r1, 10 z2, 10 r0",
            ),
            ("10 c1, 10 z2, 10 r1 to c1, 10 r0", "10 c1, 10 z2, 10 r1, 10 r0"),
            ("5 c0, 10 r1 to c0, 10 z1", "5 c0, 10 z1, 10 r1"),
            (
                "5 c0, 10 r1 to c0, 10 a1 to r1, 10 z1",
                "5 c0, 10 z1, 10 r1, 10 a1",
            ),
            ("10 s1, 10 u1, 10 r1, 10 z1", "10 z1, 10 r1, 10 u1, 10 s1"),
            (
                "10 c1, 10 u1 to c1, 10 r1 to c1, 10 r2",
                "10 c1, 10 r1, 10 u1, 10 r2",
            ),
            ("10 c1 to r1, 10 r1 to c1", "10 c1, 10 r1"),
        ] {
            let mut facts = facts(given);
            for _ in 0..facts.len() {
                facts.rotate_left(1);
                let mut arranged = facts.clone();
                arrange(&mut arranged);
                assert_eq!(told(&arranged), then, "{given}");
                arrange(&mut arranged); // and again
                assert_eq!(told(&arranged), then, "{given}");
                arranged.reverse();
                facts = arranged;
            }
        }
    }

    #[test]
    fn what_was_taken_out_moves_nothing() {
        let mut facts = facts("10 c1, 9 r1 to c1");
        arrange(&mut facts);
        facts[0].deleted = true;
        arrange(&mut facts);
        assert_eq!(told(&facts), "9 r1, 10 c1");
    }

    #[test]
    fn a_long_chain_is_followed_once() {
        let targets: Vec<_> = (0..100_000).map(|i| (i < 99_999).then_some(i + 1)).collect();
        let depths = along(&targets, |_, before: Option<u32>| {
            before.map_or(0, |before| before + 1)
        });
        assert_eq!((depths[0], depths[99_999]), (99_999, 0));
    }
}
