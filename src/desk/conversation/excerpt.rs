//! The beginning of a text, which stands in a row once: where the row holds it in another place too, only how
//! long it is is written.

use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

/// The beginning of a message's text.
#[derive(Debug, Default)]
pub struct Excerpt {
    text: SmolStr,
    /// Whether the row it is in has it elsewhere: see [`super::main_row`].
    is_shared: bool,
    /// After it was read from a row: how many bytes of it stand elsewhere.
    missing: u32,
}

impl Excerpt {
    /// This text.
    pub fn new(text: &str) -> Self {
        text.into()
    }

    /// The text, whose copies share their memory.
    pub fn text(&self) -> &SmolStr {
        &self.text
    }

    /// Whether the row it is in has it elsewhere.
    pub(super) fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Says whether the row it is in has it elsewhere.
    pub(super) fn share(&mut self, is_shared: bool) {
        self.is_shared = is_shared;
    }

    /// Whether the rest of a row must say what it is.
    pub(super) fn is_missing(&self) -> bool {
        self.missing > 0
    }

    /// Takes what is missing from the beginning of a text; false: it is not there.
    pub(super) fn fill(&mut self, from: &str) -> bool {
        let Some(text) = from.get(..self.missing as usize) else {
            return false;
        };
        self.text = text.into();
        self.missing = 0;
        true
    }
}

/// A copy goes elsewhere, where the text may stand nowhere else.
impl Clone for Excerpt {
    fn clone(&self) -> Self {
        Self {
            text: self.text.clone(),
            is_shared: false,
            missing: self.missing,
        }
    }
}

impl From<&str> for Excerpt {
    fn from(text: &str) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
}

impl Deref for Excerpt {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// What a text says does not depend on where it is kept.
impl PartialEq for Excerpt {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// Its length where it stands elsewhere, and what stands here.
impl Serialize for Excerpt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_elsewhere = self.is_shared && !self.text.is_empty();
        let (missing, here) = match is_elsewhere {
            true => (u32::try_from(self.text.len()).unwrap_or_default(), ""),
            false => (0, self.text.as_str()),
        };
        (missing, here).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Excerpt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (missing, text) = <(u32, SmolStr)>::deserialize(deserializer)?;
        Ok(Self {
            text,
            is_shared: missing > 0,
            missing,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Excerpt;
    use crate::desk::packed::{read, write};

    #[test]
    fn what_is_shared_is_written_as_its_length_and_filled_from_elsewhere() {
        let mut excerpt = Excerpt::new("Où est mon colis");
        for shared in [false, true] {
            excerpt.share(shared);
            let mut bytes = Vec::new();
            write(&excerpt, &mut bytes);
            assert_eq!(bytes.len(), if shared { 2 } else { 2 + excerpt.len() });
            let mut back: Excerpt = read(&bytes).expect("it was just written");
            assert_eq!((back.is_shared(), back.is_missing()), (shared, shared));
            if shared {
                assert!(!back.fill("too short"));
                assert!(back.fill("Où est mon colis ? Je l'attends."));
            }
            assert_eq!(back, excerpt);
            assert!(!back.clone().is_shared());
        }
    }
}
