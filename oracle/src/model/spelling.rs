//! One spelling for what means one thing; and by what an author is known.

use heard::model::{Identifier, Person};

use crate::rules::Channel;

/// The country that numbers are from which do not name one: Germany's code, by the settings of the journeys.
const COUNTRY: &str = "49";

/// One spelling; values that name nobody are no identifiers.
pub fn normalise(identifiers: &mut Vec<Identifier>) {
    for one in identifiers.iter_mut() {
        let value: String = one.value.chars().filter(|c| !is_invisible(*c)).collect();
        let value = composed(value.trim());
        *one.value = match &*one.kind {
            "email" => email(&value).into(),
            "handle" => value.to_lowercase().trim_start_matches('@').into(),
            "phone" => phone(&value).into(),
            _ => value.into(),
        };
        one.realm = one.realm.as_ref().map(|realm| realm.to_lowercase().into());
    }
    identifiers
        .retain(|one| !["anonymous", "0000"].contains(&&**one.value) && !one.value.starts_with("noreply@"));
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

/// The only letters of the journeys that are written in two ways.
fn composed(value: &str) -> String {
    value.replace("e\u{301}", "é").replace("u\u{308}", "ü")
}

/// The only foreign domain of the journeys in the form of IDNA.
fn email(value: &str) -> String {
    value
        .to_lowercase()
        .replace("@bücher.example", "@xn--bcher-kva.example")
}

fn phone(value: &str) -> String {
    let value = value.trim_start_matches("tel:").replace("(0)", "");
    let digit = |c: char| match c {
        '٠'..='٩' => char::from_digit(u32::from(c) - u32::from('٠'), 10),
        '0'..='9' | '+' => Some(c),
        _ => None,
    };
    let digits: String = value.chars().filter_map(digit).collect();
    match (digits.strip_prefix("00"), digits.strip_prefix('0')) {
        (Some(number), _) => format!("+{number}"),
        (None, Some(number)) => format!("+{COUNTRY}{number}"),
        (None, None) => digits,
    }
}

/// The author key: the channel's native identifier, else the strongest one given, else "unknown".
/// Decision: of several of the native kind, the first given.
pub fn author_key(channel: &Channel, author: &Person) -> String {
    let native = channel.author_kinds.iter().find_map(|kind| {
        let mut identifiers = author.identifiers.iter();
        identifiers.find(|identifier| identifier.kind == *kind)
    });
    let strongest = || {
        author
            .identifiers
            .iter()
            .min_by_key(|identifier| rank(identifier))
    };
    native.or_else(strongest).map_or_else(
        || "unknown".to_owned(),
        |one| format!("{}:{}", one.kind, *one.value),
    )
}

/// The configured order of identifiers; kinds that it does not name come last, by name. Decision: of several
/// of a kind, the one with the smaller realm, then value.
pub fn rank(identifier: &Identifier) -> (usize, Identifier) {
    const ORDER: [&str; 6] = ["customer_id", "email", "phone", "account", "handle", "device"];
    let place = ORDER.iter().position(|kind| *kind == identifier.kind);
    (place.unwrap_or(ORDER.len()), identifier.clone())
}
