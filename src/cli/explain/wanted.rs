//! Which case is asked for.

use std::str::FromStr;

use crate::config::rules::RuleSettings;
use crate::desk::conversation::record::author_key;
use crate::intake::normalise;
use crate::model::{Case, CaseId, Identifier, Person, Sensitive};

/// How much of an id is enough: fewer characters match too easily.
const ENOUGH: usize = 8;

/// A case's id, or its beginning: lower case, no hyphens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CaseName(String);

impl FromStr for CaseName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name: String = text.chars().filter(|c| *c != '-').collect();
        if !name.chars().all(|c| c.is_ascii_hexdigit()) || name.len() > 32 {
            return Err("a case is named by its id, such as 388046b3-dcd6-5b3b-8c7a-2b2f1f2f5d52".into());
        }
        if name.len() < ENOUGH {
            return Err(format!("give {ENOUGH} characters of the id at least"));
        }
        Ok(Self(name.to_ascii_lowercase()))
    }
}

impl CaseName {
    pub fn wanted(self) -> Wanted {
        match self.0.parse() {
            Ok(id) => Wanted::Case(id),
            Err(_) => Wanted::Beginning(self.0),
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// This case.
    Case(CaseId),
    /// The case whose id begins so, without hyphens.
    Beginning(String),
    /// The case in this conversation.
    In {
        source: String,
        channel: String,
        conversation: String,
    },
}

impl Wanted {
    /// A case of a conversation; with an author its id is known.
    pub fn conversation(
        settings: &RuleSettings,
        source: &str,
        channel: &str,
        conversation: &str,
        author: Option<&str>,
    ) -> Self {
        match author {
            Some(author) => {
                let author = author_named(settings, source, channel, author);
                Self::Case(CaseId::new(source, channel, conversation, &author))
            }
            None => Self::In {
                source: source.into(),
                channel: channel.into(),
                conversation: conversation.into(),
            },
        }
    }

    /// Whether it may be this case.
    pub fn is(&self, case: &Case) -> bool {
        match self {
            Self::Case(id) => case.case_id == *id,
            Self::Beginning(beginning) => case.case_id.0.simple().to_string().starts_with(beginning),
            Self::In {
                source,
                channel,
                conversation,
            } => (&*case.source, &*case.channel, &*case.conversation_id) == (source, channel, conversation),
        }
    }
}

impl Wanted {
    /// Whether this is the key of the records of the one case that it may be.
    pub fn is_key(&self, key: &[u8]) -> bool {
        matches!(self, Self::Case(id) if key == id.to_string().as_bytes())
    }
}

/// The author key of `kind:value`, as intake would normalise it; of anything else, the text itself.
fn author_named(settings: &RuleSettings, source: &str, channel: &str, text: &str) -> String {
    let Some((kind, value)) = text.split_once(':') else {
        return text.to_owned();
    };
    let mut person = Person {
        display_name: None,
        identifiers: vec![Identifier {
            kind: kind.into(),
            value: Sensitive(value.into()),
            realm: None,
        }],
    };
    let region = settings.identity.regions.of(source, None, Some(channel));
    normalise::person(&mut person, &settings.identity, region);
    author_key(settings, channel, &person)
}

#[cfg(test)]
mod tests {
    use super::{CaseName, Wanted};
    use crate::config::rules::RuleSettings;
    use crate::model::{Case, CaseId};

    const ID: &str = "388046b3-dcd6-5b3b-8c7a-2b2f1f2f5d52";

    fn named(text: &str) -> Result<Wanted, String> {
        text.parse::<CaseName>().map(CaseName::wanted)
    }

    #[test]
    fn a_case_is_named_by_its_id_or_by_how_that_begins() {
        let id: CaseId = ID.parse().expect("an id");
        let case = Case {
            case_id: id,
            ..Case::default()
        };
        assert_eq!(named(ID), Ok(Wanted::Case(id)));
        assert_eq!(named(&ID.to_uppercase()), Ok(Wanted::Case(id)));
        for (text, is_it) in [
            ("388046b3", true),
            ("388046b3-dcd6-5", true),
            ("388046b3-dcd7", false),
        ] {
            assert_eq!(named(text).expect("a name").is(&case), is_it, "{text}");
        }
        for wrong in ["", "388046b", "388046bx", "388046b3-dcd6-5b3b-8c7a-2b2f1f2f5d520"] {
            assert!(named(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_author_is_named_as_people_write_them() {
        let settings = RuleSettings::default();
        let of = |author| Wanted::conversation(&settings, "s", "social", "c", author);
        let ada = Wanted::Case(CaseId::new("s", "social", "c", "handle:ada"));
        for author in ["handle:ada", "handle:@Ada", "Handle: ada "] {
            assert_eq!(of(Some(author)), ada, "{author}");
        }
        let unknown = Wanted::Case(CaseId::new("s", "social", "c", "unknown"));
        assert_eq!(of(Some("unknown")), unknown);
        let case = Case {
            source: "s".into(),
            channel: "social".into(),
            conversation_id: "c".into(),
            ..Case::default()
        };
        assert!(of(None).is(&case));
        assert!(!of(None).is(&Case {
            conversation_id: "d".into(),
            ..case
        }));
    }
}
