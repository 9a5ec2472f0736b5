//! Which letters a replay sends, where to, and why not the others. Pure.

use std::collections::{BTreeMap, HashMap};

use super::filter::Filter;
use super::letters::{Letter, Letters, State};
use crate::cli::render::time;
use crate::model::Millis;
use crate::wire::LetterId;

/// The letters that a replay is asked for.
#[derive(Clone, Debug)]
pub(super) enum Selection {
    /// All that are meant by these options.
    Filtered(Filter),
    /// These.
    Named(Vec<LetterId>),
}

/// A topic that letters may go back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Destination {
    /// How many partitions it has; `None`: it does not exist.
    pub partitions: Option<i32>,
    /// Its records live where their key says: the mailbox. Those of inputs may be where their writer
    /// put them.
    pub by_key: bool,
}

/// What the brokers and the configuration say of where letters came from.
#[derive(Clone, Debug, Default)]
pub(super) struct Origins {
    /// The topics that this configuration reads.
    pub topics: BTreeMap<String, Destination>,
    /// In compacted topics, by topic, partition and hash of the key: the last offset of a record with
    /// that key.
    pub latest: HashMap<(String, i32, u64), i64>,
}

/// Why a letter is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// It was, at this time.
    Replayed(Millis),
    /// It is not what was sent.
    Cut,
    /// This configuration does not read the topic it came from.
    NotRead,
    /// The topic it came from does not exist.
    NoTopic,
    /// A newer record with its key stands in the compacted topic it came from, and would be lost.
    Overtaken,
    /// The client takes no record of its size.
    TooLarge,
}

impl Kept {
    /// Why, for people.
    pub fn why(self) -> String {
        match self {
            Self::Replayed(at) => format!("was sent again already, at {}", time(at.0)),
            Self::Cut => "was cut to fit into the dead letters: ask its sender to send it again".into(),
            Self::NotRead => {
                "came from a topic that this configuration does not read: see [channels], [topics] and --prefix"
                    .into()
            }
            Self::NoTopic => "came from a topic that does not exist. Create it with: heard topics apply".into(),
            Self::Overtaken => {
                "is older than a record with the same key, which it would replace; to send it all the same, \
                 name it by its id"
                    .into()
            }
            Self::TooLarge => "is too large: raise message.max.bytes in [kafka]".into(),
        }
    }

    /// Whether something is left to do about a letter that is kept, if it was asked for by its id, or else
    /// by options.
    pub fn is_left_to_do(self, named: bool) -> bool {
        match self {
            Self::Replayed(_) => false,
            Self::Cut | Self::Overtaken => named,
            Self::NotRead | Self::NoTopic | Self::TooLarge => true,
        }
    }
}

/// What a replay will do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// The letters to send, each with the partition it goes to; `None`: by its key.
    pub send: BTreeMap<LetterId, Option<i32>>,
    /// Those that are not sent.
    pub kept: Vec<(LetterId, Kept)>,
}

impl Plan {
    /// The plan for a selection; an error names ids that no letter has.
    pub fn new(letters: &Letters, selection: &Selection, origins: &Origins) -> Result<Self, Vec<LetterId>> {
        let mut plan = Self::default();
        let named = matches!(selection, Selection::Named(_));
        for letter in selected(letters, selection)? {
            match judge(letter, origins, named) {
                Ok(to) => drop(plan.send.insert(letter.id, to)),
                Err(kept) => plan.kept.push((letter.id, kept)),
            }
        }
        Ok(plan)
    }
}

/// The letters of a selection, each once; an error names ids that no letter has.
pub(super) fn selected<'l>(
    letters: &'l Letters,
    selection: &Selection,
) -> Result<Vec<&'l Letter>, Vec<LetterId>> {
    match selection {
        Selection::Filtered(filter) => Ok(letters.iter().filter(|letter| filter.takes(letter)).collect()),
        Selection::Named(ids) => {
            let mut ids = ids.clone();
            ids.sort_unstable();
            ids.dedup();
            let missing: Vec<_> = ids
                .iter()
                .copied()
                .filter(|id| letters.get(*id).is_none())
                .collect();
            if !missing.is_empty() {
                return Err(missing);
            }
            Ok(ids.into_iter().filter_map(|id| letters.get(id)).collect())
        }
    }
}

fn judge(letter: &Letter, origins: &Origins, named: bool) -> Result<Option<i32>, Kept> {
    let envelope = &letter.envelope;
    match letter.state {
        State::Replayed(at) => return Err(Kept::Replayed(at)),
        State::Cut => return Err(Kept::Cut),
        State::Waiting => {}
    }
    let topic = origins.topics.get(&envelope.topic).ok_or(Kept::NotRead)?;
    let partitions = topic.partitions.ok_or(Kept::NoTopic)?;
    let place = (envelope.topic.clone(), envelope.partition, letter.key);
    let latest = origins.latest.get(&place);
    if !named && latest.is_some_and(|latest| *latest > envelope.offset) {
        return Err(Kept::Overtaken);
    }
    let there = (0..partitions).contains(&envelope.partition);
    Ok((there && !topic.by_key).then_some(envelope.partition))
}

#[cfg(test)]
mod tests {
    use super::{Destination, Filter, Kept, Origins, Plan, Selection};
    use crate::cli::dlq::letters::testing::letter;
    use crate::cli::dlq::letters::{Letter, Letters, State};
    use crate::model::Millis;
    use crate::wire::LetterId;

    const INPUT: Destination = Destination {
        partitions: Some(2),
        by_key: false,
    };

    fn origins() -> Origins {
        let topics = [
            ("complaints.email", INPUT),
            ("customers", INPUT),
            (
                "interactions",
                Destination {
                    by_key: true,
                    ..INPUT
                },
            ),
            (
                "updates",
                Destination {
                    partitions: None,
                    ..INPUT
                },
            ),
        ];
        Origins {
            topics: topics.map(|(name, to)| (name.to_owned(), to)).into(),
            latest: [(("customers".to_owned(), 1, 0), 43)].into(),
        }
    }

    fn id(text: &str) -> LetterId {
        text.parse().expect("an id")
    }

    fn plan(letter: Letter, named: bool) -> Plan {
        let selection = match named {
            true => Selection::Named(vec![letter.id; 2]),
            false => Selection::Filtered(Filter::default()),
        };
        Plan::new(&Letters::of([letter]), &selection, &origins()).expect("it is there")
    }

    #[test]
    fn where_a_letter_goes_or_why_it_stays() {
        let of = |topic: &str| letter("0:7", topic, "truncated", 100);
        let moved = |mut letter: Letter, partition, offset| {
            letter.envelope.partition = partition;
            letter.envelope.offset = offset;
            letter
        };
        let state = |mut letter: Letter, state| {
            letter.state = state;
            letter
        };
        let email = || of("complaints.email");
        let replayed = State::Replayed(Millis(5));
        //   given a letter                          then it goes to, or stays for this; is that to be mended?
        for (letter, expected, left) in [
            (email(), Ok(Some(1)), false),
            (moved(email(), 7, 0), Ok(None), false),
            (of("interactions"), Ok(None), false),
            (of("pigeons"), Err(Kept::NotRead), true),
            (of("updates"), Err(Kept::NoTopic), true),
            (state(email(), replayed), Err(Kept::Replayed(Millis(5))), false),
            (state(email(), State::Cut), Err(Kept::Cut), false),
            (of("customers"), Err(Kept::Overtaken), false),
            (moved(of("customers"), 1, 43), Ok(Some(1)), false),
            (moved(of("customers"), 0, 42), Ok(Some(0)), false),
        ] {
            let what = format!("{letter:?}");
            let plan = plan(letter, false);
            match expected {
                Ok(to) => assert_eq!(
                    (plan.send.get(&id("0:7")), &plan.kept[..]),
                    (Some(&to), &[][..]),
                    "{what}"
                ),
                Err(kept) => {
                    assert_eq!(
                        (plan.send.len(), &plan.kept[..]),
                        (0, &[(id("0:7"), kept)][..]),
                        "{what}"
                    );
                    assert_eq!(kept.is_left_to_do(false), left, "{what}");
                }
            }
        }
    }

    #[test]
    fn what_is_named_goes_once_although_a_newer_record_is_there() {
        let plan = plan(letter("0:7", "customers", "truncated", 100), true);
        assert_eq!(plan.send.into_iter().collect::<Vec<_>>(), [(id("0:7"), Some(1))]);
    }

    #[test]
    fn ids_that_no_letter_has_are_told() {
        let letters = Letters::of([letter("0:7", "updates", "truncated", 100)]);
        let ids = ["0:7", "0:9", "1:7"].map(id);
        let refused = Plan::new(&letters, &Selection::Named(ids.into()), &origins());
        assert_eq!(refused, Err(vec![ids[1], ids[2]]));
    }
}
