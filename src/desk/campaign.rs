//! The same words from many people whom nobody knows (rule 10): an echo across parties is suspected, and of
//! ten parties or more it is a campaign.
//!
//! Best effort, and outside the promise that order does not matter. A case whose author the CRM does not know
//! tells how it began, once, as a fingerprint: texts that are the same but for a few characters mostly have
//! the same one. Fingerprints of a brand are spread over [`BUCKETS`] actors; each keeps the [`KEPT`] that were
//! seen last. So what this takes is bounded, whatever comes in.
//!
//! | given, within 48 h | then |
//! |---|---|
//! | two cases of one unknown person with one text | nothing: that is an echo within the party |
//! | the same text from another person | that case is told of the first: a suspected echo |
//! | from ten people | a CAMPAIGN signal, once |
//! | nobody says it for 48 h, then ten people again | another signal |

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::conversation::fact::Author;
use super::keys::{self, Keys};
use super::message::CaseRef;
use super::row::Row;
use super::signal::{Details, emit};
use super::{Effects, Message, State, misdirected};
use crate::model::{CaseId, Millis, Signal, SignalKind};
use crate::processor::{ActorKey, Corrupt, Rejection};

/// Actors that share the texts of a brand.
pub const BUCKETS: u64 = 64;

/// Texts that one of them keeps, those that were seen last.
const KEPT: usize = 128;

/// How long after the last time that a text was seen it is another matter, in milliseconds.
const APART_MS: i64 = 48 * 3600 * 1000;

/// How many people make a campaign.
const CAMPAIGN: usize = 10;

/// How a case of somebody unknown begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Begun {
    /// The brand it is about.
    pub brand: Option<SmolStr>,
    /// Which case.
    pub case: CaseRef,
    /// Its name outside.
    pub case_id: CaseId,
    /// When it opened.
    pub at: Millis,
    /// A hash of its party's key.
    pub party: u64,
    /// Of its first message.
    pub fingerprint: u64,
}

/// To a conversation: somebody else had begun a case with the same words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suspected {
    /// Which case of the conversation.
    pub author: Author,
    /// The first case that was heard of with these words.
    pub echo_of: CaseId,
}

impl Begun {
    /// The actor that looks for texts like this one.
    pub fn actor(&self, keys: &Keys) -> ActorKey {
        keys.campaign(self.brand.as_deref(), self.fingerprint % BUCKETS)
    }

    /// What ten parties have made of it.
    fn signal(&self, origin: CaseId, since: Millis) -> Signal {
        let details = Details::default()
            .maybe("brand", self.brand.as_ref())
            .with("case_id", origin)
            .at("since", since);
        let brand = self.brand.as_deref().unwrap_or("-");
        Signal {
            kind: SignalKind::Campaign,
            key: format!("{brand}/{:016x}", self.fingerprint).into(),
            at: self.at,
            window: self.at.since(since),
            observed: CAMPAIGN as f64,
            expected: 1.0,
            details: details.into(),
        }
    }
}

/// A text that was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Text {
    fingerprint: u64,
    /// The first case that was heard of.
    origin: CaseId,
    /// When it was said first and last, as far as it is known.
    first: Millis,
    last: Millis,
    /// Who said it, at most [`CAMPAIGN`].
    parties: SmallVec<[u64; 1]>,
}

/// The row of an actor: the texts that were seen last, the latest at the end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Texts {
    texts: Vec<Text>,
}

/// What a case's beginning means.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Found {
    /// The case that began so before, by somebody else.
    echo_of: Option<CaseId>,
    /// Now there are enough people: the first case, and since when.
    campaign: Option<(CaseId, Millis)>,
}

/// A case of somebody unknown has begun.
///
/// # Errors
///
/// State that cannot be read, or a message that is not for this kind of actor.
pub fn apply(
    to: ActorKey,
    message: &Message,
    state: &mut State<'_>,
    effects: &mut Effects,
) -> Result<(), Rejection> {
    let Message::Begun(begun) = message else {
        return Err(misdirected(to));
    };
    let head = keys::head(to);
    let mut texts = match state.get(&head)? {
        None => Texts::default(),
        Some(Row::Texts(texts)) => (**texts).clone(),
        Some(_) => return Err(Corrupt("a row of texts is of another kind".into()).into()),
    };
    let found = texts.take(begun);
    if let Some(echo_of) = found.echo_of {
        let author = begun.case.author;
        let suspected = Suspected { author, echo_of };
        effects.tell(begun.case.actor(), Message::Suspected(Box::new(suspected)));
    }
    if let Some((origin, since)) = found.campaign {
        emit(begun.signal(origin, since), effects);
    }
    effects.store(head, Row::Texts(Box::new(texts)));
    Ok(())
}

impl Texts {
    fn take(&mut self, begun: &Begun) -> Found {
        let known = self
            .texts
            .iter()
            .position(|text| text.fingerprint == begun.fingerprint)
            .map(|place| self.texts.remove(place));
        let is_near =
            |text: &Text| begun.at.since(text.last) <= APART_MS && text.first.since(begun.at) <= APART_MS;
        let mut text = known.filter(is_near).unwrap_or_else(|| Text {
            fingerprint: begun.fingerprint,
            origin: begun.case_id,
            first: begun.at,
            last: begun.at,
            parties: SmallVec::new(),
        });
        let mut found = Found::default();
        if !text.parties.contains(&begun.party) {
            found.echo_of = (!text.parties.is_empty()).then_some(text.origin);
            if text.parties.len() < CAMPAIGN {
                text.parties.push(begun.party);
                let is_enough = text.parties.len() == CAMPAIGN;
                found.campaign = is_enough.then_some((text.origin, text.first.min(begun.at)));
            }
        }
        text.first = text.first.min(begun.at);
        text.last = text.last.max(begun.at);
        if self.texts.len() == KEPT {
            self.texts.remove(0);
        }
        self.texts.push(text);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::{Begun, CaseRef, Found, KEPT, Texts};
    use crate::model::{CaseId, Millis};

    const HOUR: i64 = 3_600_000;

    fn case_id(n: u64) -> CaseId {
        CaseId::new("s", "social", &n.to_string(), "a")
    }

    fn begun(n: u64, hour: i64, party: u64, fingerprint: u64) -> Begun {
        Begun {
            brand: None,
            case: CaseRef {
                conversation: n.into(),
                author: 1,
            },
            case_id: case_id(n),
            at: Millis(hour * HOUR),
            party,
            fingerprint,
        }
    }

    #[test]
    fn the_same_words_from_one_two_and_ten_people() {
        let mut texts = Texts::default();
        assert_eq!(texts.take(&begun(0, 0, 7, 1)), Found::default());
        assert_eq!(
            texts.take(&begun(1, 1, 7, 1)),
            Found::default(),
            "the same person"
        );
        assert_eq!(texts.take(&begun(2, 1, 8, 2)), Found::default(), "other words");
        let suspected = |campaign| Found {
            echo_of: Some(case_id(0)),
            campaign,
        };
        for n in 0..8 {
            assert_eq!(
                texts.take(&begun(3 + n, 2, 10 + n, 1)),
                suspected(None),
                "person {}",
                n + 2
            );
        }
        let since = Some((case_id(0), Millis(0)));
        assert_eq!(texts.take(&begun(20, 3, 20, 1)), suspected(since), "the tenth");
        assert_eq!(texts.take(&begun(21, 3, 21, 1)), suspected(None), "once");
    }

    #[test]
    fn after_two_quiet_days_it_is_another_matter() {
        for (hour, echo) in [(48, true), (49, false), (-48, true), (-49, false)] {
            let mut texts = Texts::default();
            texts.take(&begun(0, 0, 1, 1));
            let found = texts.take(&begun(1, hour, 2, 1));
            assert_eq!(found.echo_of.is_some(), echo, "{hour} h later");
        }
    }

    #[test]
    fn what_was_seen_last_is_kept() {
        let mut texts = Texts::default();
        for fingerprint in 0..KEPT as u64 {
            texts.take(&begun(fingerprint, 0, 1, fingerprint));
        }
        texts.take(&begun(900, 0, 1, 0)); // seen again
        texts.take(&begun(901, 0, 1, 500));
        assert_eq!(texts.texts.len(), KEPT);
        assert!(texts.take(&begun(902, 0, 2, 0)).echo_of.is_some());
        assert!(
            texts.take(&begun(903, 0, 2, 1)).echo_of.is_none(),
            "the oldest gave way"
        );
    }
}
