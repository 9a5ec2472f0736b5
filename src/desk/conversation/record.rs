//! From records to facts. Records come normalised: intake has seen to that.

use smallvec::SmallVec;

use super::fact::{About, Addressee, Changed, CompanySaid, CustomerSaid, Fact, Mention, Said, Surveyed};
use super::order::Turn;
use super::severity::Severity;
use super::version::{Digest, Versions};
use crate::config::rules::RuleSettings;
use crate::desk::keys::Keys;
use crate::desk::message::Elsewhere;
use crate::desk::score::Score;
use crate::model::{Complaint, Identifier, Intent, Person, Response, Stage, Survey, Update, Visibility};

/// The author key of whoever gives no identifier.
const NOBODY: &str = "unknown";

/// The author key of a person in a channel: the channel's native identifier, else the strongest one
/// given (blocked values are none), else "unknown".
pub fn author_key(settings: &RuleSettings, channel: &str, person: &Person) -> String {
    author_identifier(settings, channel, person).map_or(NOBODY.to_owned(), key_of)
}

/// The author key that an identifier makes.
fn key_of(identifier: &Identifier) -> String {
    format!("{}:{}", identifier.kind, *identifier.value)
}

/// The author key of a message: that of the person who wrote it. Onstage, messages that name nobody are not all
/// one person: each has a key of its own.
pub fn message_key(settings: &RuleSettings, complaint: &Complaint) -> String {
    let named = author_identifier(settings, &complaint.channel, &complaint.author);
    match named {
        Some(identifier) => key_of(identifier),
        None if is_onstage(settings, complaint) => nameless_key(&complaint.id),
        None => NOBODY.to_owned(),
    }
}

/// The author key of a message that names nobody, onstage. No identifier makes such a key: kinds have no stroke.
pub fn nameless_key(id: &str) -> String {
    format!("{NOBODY}/{id}")
}

/// Whether spectators see a message: by its own visibility, else by its channel.
fn is_onstage(settings: &RuleSettings, complaint: &Complaint) -> bool {
    let channel = settings.channel(&complaint.channel);
    let usual = channel.is_some_and(|rules| rules.stage == Stage::Onstage);
    public(complaint.visibility).unwrap_or(usual)
}

fn author_identifier<'p>(
    settings: &RuleSettings,
    channel: &str,
    person: &'p Person,
) -> Option<&'p Identifier> {
    let native = settings
        .channel(channel)
        .map_or(&[][..], |rules| &rules.author_kinds);
    let of_kind = |kind: &str| {
        person
            .identifiers
            .iter()
            .find(|identifier| identifier.kind == kind)
    };
    native.iter().find_map(|kind| of_kind(kind)).or_else(|| {
        person.identifiers.iter().min_by(|a, b| {
            settings
                .identity
                .compare(&a.kind, &b.kind)
                .then_with(|| a.value.cmp(&b.value))
        })
    })
}

/// The short hash of an identifier within a conversation.
pub fn mention(keys: &Keys, identifier: &Identifier) -> Mention {
    let realm = identifier.realm.as_deref().unwrap_or_default();
    keys.short(&[&identifier.kind, realm, &identifier.value])
}

/// The short hash of an author.
pub fn author(keys: &Keys, author_key: &str) -> u64 {
    keys.short(&["author", author_key])
}

/// The short hash of the author whose key an identifier makes.
pub fn author_of(keys: &Keys, identifier: &Identifier) -> u64 {
    keys.short_of_joined("author", [&identifier.kind, ":", &identifier.value])
}

/// A customer's message as a fact.
pub fn customer(settings: &RuleSettings, keys: &Keys, complaint: &Complaint) -> Fact {
    let author = match author_identifier(settings, &complaint.channel, &complaint.author) {
        Some(identifier) => author_of(keys, identifier),
        None => author(keys, &message_key(settings, complaint)),
    };
    // What was taken back is kept for its place only: not even its author's being forgotten may lead to it.
    let text = complaint.text.as_deref().filter(|_| !complaint.deleted);
    let text = text.map_or("", String::as_str);
    let location = complaint.location.as_ref().filter(|_| !complaint.deleted);
    let said = CustomerSaid {
        author,
        waits: !complaint.automatic && !matches!(complaint.intent, Some(Intent::Praise | Intent::Thanks)),
        automatic: complaint.automatic,
        reply_to: complaint.in_reply_to.clone().filter(|_| !complaint.deleted),
        public: public(complaint.visibility),
        mentions: complaint
            .author
            .identifiers
            .iter()
            .map(|i| mention(keys, i))
            .collect(),
        about: About {
            brand: complaint.brand.clone(),
            product: complaint.product.clone(),
            issue: complaint.issue.clone(),
            location: location.map(|location| location.0.clone()),
            language: complaint.language.clone(),
        },
        audience: complaint.audience,
        severity: Severity::of(complaint, &settings.terms),
        excerpt: excerpt(text, settings.limits.excerpt_chars).into(),
        sketch: None, // while its text is at hand
        stars: complaint.rating.filter(|_| !complaint.deleted),
    };
    Fact {
        at: complaint.occurred_at,
        own: None,
        turn: Turn::default(),
        id: complaint.id.clone(),
        rank: None,
        revision: complaint.revision,
        deleted: complaint.deleted,
        late: false,
        case: author,
        said: Said::Customer(said),
        versions: Versions {
            digest: Digest::of_complaint(keys, complaint),
            edited_at: complaint.edited_at,
            ..Versions::default()
        },
    }
}

/// A company's message as a fact.
pub fn company(settings: &RuleSettings, keys: &Keys, response: &Response) -> Fact {
    let reply_to = response.in_reply_to.as_deref();
    let said = CompanySaid {
        kind: response.kind,
        public: public(response.visibility),
        to: addressee(
            settings,
            keys,
            &response.channel,
            reply_to,
            response.customer.as_ref(),
        ),
        status: response.status,
        invites_to: response.invites_to.clone(),
        promised_by: response.promised_by,
        team: response.team.clone(),
        agent: response.agent.clone(),
        elsewhere: None,
        answers: response.answers.clone(),
    };
    Fact {
        at: response.occurred_at,
        own: None,
        turn: Turn::default(),
        id: response.id.clone(),
        rank: None,
        revision: response.revision,
        deleted: response.deleted,
        late: false,
        case: 0,
        said: Said::Company(said),
        versions: Versions {
            digest: Digest::of_response(keys, response),
            edited_at: response.edited_at,
            ..Versions::default()
        },
    }
}

/// A company's message in another conversation as a fact of the one it answers (rule 3). What it
/// replies to, the status it sets and what it promises belong to where it was said; so does its stage:
/// an email that answers a public post is no public answer.
pub fn elsewhere(settings: &RuleSettings, keys: &Keys, told: &Elsewhere) -> Fact {
    let Elsewhere {
        answers,
        response,
        logged,
        digest,
    } = told;
    let stage = settings.channel(&response.channel).map(|rules| rules.stage);
    let said = CompanySaid {
        kind: response.kind,
        public: public(response.visibility).or(stage.map(|stage| stage == Stage::Onstage)),
        to: addressee(settings, keys, &answers.channel, None, response.customer.as_ref()),
        invites_to: response.invites_to.clone(),
        team: response.team.clone(),
        agent: response.agent.clone(),
        elsewhere: Some(response.channel.clone()),
        ..CompanySaid::default()
    };
    // An id is unique within its source only.
    let id = if response.source == answers.source {
        response.id.clone()
    } else {
        format!("{}/{}", response.source, response.id).into()
    };
    Fact {
        at: response.occurred_at,
        own: None,
        turn: Turn::default(),
        id,
        rank: None,
        revision: response.revision,
        deleted: response.deleted,
        late: false,
        case: 0,
        said: Said::Company(said),
        versions: Versions {
            digest: *digest,
            logged: *logged,
            edited_at: response.edited_at,
            more: None,
        },
    }
}

/// An update as a fact.
pub fn changed(settings: &RuleSettings, keys: &Keys, update: &Update) -> Fact {
    let change = Changed {
        to: addressee(
            settings,
            keys,
            &update.channel,
            update.in_reply_to.as_deref(),
            update.customer.as_ref(),
        ),
        status: update.status,
        owner: update.owner.clone(),
        team: update.team.clone(),
        external_case_id: update.external_case_id.clone(),
        about: About {
            brand: update.brand.clone(),
            product: update.product.clone(),
            issue: update.issue.clone(),
            ..About::default()
        },
        audience: update.audience,
        confirmed: update.resolution_confirmed,
        root_cause: update.root_cause.clone(),
        remedy: update.remedy_granted.as_ref().map(|remedy| remedy.0.clone()),
    };
    Fact {
        at: update.occurred_at,
        own: None,
        turn: Turn::default(),
        id: update.id.clone(),
        rank: None,
        revision: 0,
        deleted: false,
        late: false,
        case: 0,
        said: Said::Changed(change),
        versions: Versions {
            digest: Digest::of_update(keys, update),
            ..Versions::default()
        },
    }
}

/// A survey that names a conversation as a fact of that one, in this channel.
pub fn surveyed(settings: &RuleSettings, keys: &Keys, channel: &str, survey: &Survey) -> Fact {
    let said = Surveyed {
        to: addressee(settings, keys, channel, None, survey.customer.as_ref()),
        score: Score {
            value: survey.score,
            scale: survey.scale,
        },
    };
    Fact {
        at: survey.occurred_at,
        own: None,
        turn: Turn::default(),
        id: survey.id.clone(),
        rank: None,
        revision: 0,
        deleted: false,
        late: false,
        case: 0,
        said: Said::Surveyed(said),
        versions: Versions {
            digest: Digest::of_survey(keys, survey),
            ..Versions::default()
        },
    }
}

fn addressee(
    settings: &RuleSettings,
    keys: &Keys,
    channel: &str,
    reply_to: Option<&str>,
    customer: Option<&Person>,
) -> Addressee {
    let named = customer.and_then(|person| author_identifier(settings, channel, person));
    let all = customer.map_or(&[][..], |person| &person.identifiers);
    Addressee {
        reply_to: reply_to.map(Into::into),
        author: named.map(|identifier| author_of(keys, identifier)),
        mentions: all
            .iter()
            .map(|i| (mention(keys, i), author_of(keys, i)))
            .collect::<SmallVec<_>>(),
    }
}

fn public(visibility: Option<Visibility>) -> Option<bool> {
    visibility.map(|visibility| visibility == Visibility::Public)
}

/// Where the first `chars` characters of a text end, if it has more.
pub fn end_of(text: &str, chars: usize) -> Option<usize> {
    match text.as_bytes().get(..chars) {
        None => None, // a character is a byte at least
        Some(plain) if plain.is_ascii() => (text.len() > chars).then_some(chars),
        Some(_) => text.char_indices().nth(chars).map(|(end, _)| end),
    }
}

/// The first `chars` characters of a text, without the blanks around them.
fn excerpt(text: &str, chars: usize) -> &str {
    let text = text.trim();
    text[..end_of(text, chars).unwrap_or(text.len())].trim_end()
}

#[cfg(test)]
mod tests {
    use super::{author_key, excerpt, message_key};
    use crate::config::rules::RuleSettings;
    use crate::model::{Complaint, Identifier, Person, Sensitive, Visibility};

    #[test]
    fn an_excerpt_ends_at_a_character() {
        assert_eq!(excerpt("  שלום לכולם ", 4), "שלום");
        assert_eq!(excerpt("short", 160), "short");
        assert_eq!(excerpt("", 160), "");
        assert_eq!(excerpt("one two", 4), "one");
    }

    #[test]
    fn whom_a_channel_takes_an_author_for() {
        let settings = RuleSettings::default();
        //   given in the channel   these identifiers                        then the author is
        for (channel, identifiers, key) in [
            ("social", &[("email", "a@b"), ("handle", "ann")][..], "handle:ann"),
            ("email", &[("email", "a@b"), ("handle", "ann")], "email:a@b"),
            ("email", &[("handle", "ann"), ("phone", "1")], "phone:1"), // no email: the strongest
            ("email", &[], "unknown"),
        ] {
            let identifiers = identifiers.iter().map(|(kind, value)| Identifier {
                kind: (*kind).into(),
                value: Sensitive((*value).into()),
                realm: None,
            });
            let person = Person {
                display_name: None,
                identifiers: identifiers.collect(),
            };
            assert_eq!(author_key(&settings, channel, &person), key);
        }
    }

    #[test]
    fn who_names_nobody_onstage_is_somebody_of_their_own() {
        use Visibility::{Private, Public};
        let settings = RuleSettings::default();
        //   given in the channel   visible          then the author of message 7 is
        for (channel, visibility, key) in [
            ("forum", None, "unknown/7"),
            ("review", None, "unknown/7"),
            ("social", Some(Public), "unknown/7"),
            ("social", Some(Private), "unknown"),
            ("email", None, "unknown"),
            ("email", Some(Public), "unknown/7"),
        ] {
            let said = Complaint {
                id: "7".into(),
                channel: channel.into(),
                visibility,
                ..Complaint::default()
            };
            assert_eq!(message_key(&settings, &said), key, "{channel} {visibility:?}");
        }
    }
}
