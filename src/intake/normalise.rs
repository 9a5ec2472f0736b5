//! One spelling for what means one thing: identifiers are compared by their bytes.

use smol_str::SmolStr;

use crate::config::rules::IdentityRules;
use crate::model::{Identifier, Person, Sensitive};

/// Identifiers of one person that are kept.
const MAX_IDENTIFIERS: usize = 32;
/// What stands at the end of a text that was cut.
const CUT: &str = " […]";

/// Normalises a person's identifiers.
pub fn person(person: &mut Person, rules: &IdentityRules) {
    identifiers(&mut person.identifiers, rules);
}

/// Normalises identifiers, and drops those that name nobody and those given twice.
pub fn identifiers(list: &mut Vec<Identifier>, rules: &IdentityRules) {
    for Identifier { kind, value, realm } in list.iter_mut() {
        lower(kind);
        match kind.as_str() {
            "phone" => phone(value),
            "email" | "handle" => lower(value),
            _ => trim(value),
        }
        if kind == "handle" && value.starts_with('@') {
            **value = SmolStr::from(&value[1..]);
        }
        if let Some(name) = realm {
            lower(name);
        }
        realm.take_if(|name| name.is_empty());
    }
    list.retain(|Identifier { kind, value, .. }| !kind.is_empty() && !is_blocked(rules, kind, value));
    if list.len() < 2 {
        return;
    }
    let mut kept = 0;
    for at in 0..list.len() {
        if !list[..kept].contains(&list[at]) {
            list.swap(kept, at);
            kept += 1;
        }
    }
    list.truncate(kept.min(MAX_IDENTIFIERS));
}

fn is_blocked(rules: &IdentityRules, kind: &str, value: &str) -> bool {
    if has_upper_case(value) {
        rules.is_blocked(kind, &value.to_lowercase())
    } else {
        rules.is_blocked(kind, value)
    }
}

/// Whether lower case is something else, as far as can be told at a glance.
fn has_upper_case(text: &str) -> bool {
    !text.is_ascii() || text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// Cuts a text that is too long, at a character, with a mark.
pub fn text(text: &mut Option<Sensitive<String>>, max_bytes: usize) {
    let Some(text) = text.as_mut().filter(|text| text.len() > max_bytes) else {
        return;
    };
    let end = text.floor_char_boundary(max_bytes);
    text.truncate(end);
    text.push_str(CUT);
}

fn trim(value: &mut SmolStr) {
    let trimmed = value.trim();
    if trimmed.len() != value.len() {
        *value = SmolStr::from(trimmed);
    }
}

fn lower(value: &mut SmolStr) {
    trim(value);
    if has_upper_case(value) && value.chars().any(char::is_uppercase) {
        *value = SmolStr::from(value.to_lowercase());
    }
}

/// Digits, and the plus they may begin with; a value with letters in it stays as it is.
fn phone(value: &mut SmolStr) {
    trim(value);
    let is_number = value
        .chars()
        .all(|c| c.is_ascii_digit() || " +-./()\u{a0}".contains(c));
    if is_number && value.chars().any(|c| !c.is_ascii_digit()) {
        let plus = value.starts_with('+').then_some('+');
        let digits = value.chars().filter(char::is_ascii_digit);
        *value = plus.into_iter().chain(digits).collect();
    } else if !is_number {
        lower(value);
    }
}

#[cfg(test)]
mod tests {
    use super::{identifiers, text};
    use crate::config::rules::IdentityRules;
    use crate::model::{Identifier, Sensitive};

    #[test]
    fn one_spelling_for_one_identifier() {
        //   given kind, value                        then
        for (kind, value, normal) in [
            ("Email", " Ann@Example.ORG ", Some(("email", "ann@example.org"))),
            ("handle", "@Ann", Some(("handle", "ann"))),
            ("phone", "+49 (89) 123-45", Some(("phone", "+498912345"))),
            ("phone", "089/12345", Some(("phone", "08912345"))),
            ("phone", "Withheld", None),
            ("account", "AbC", Some(("account", "AbC"))),
            ("account", "ANONYMOUS", None),
            ("email", "noreply@shop.example", None),
            ("email", "  ", None),
            ("", "x", None),
        ] {
            let mut list = vec![Identifier {
                kind: kind.into(),
                value: Sensitive(value.into()),
                realm: Some("".into()),
            }];
            identifiers(&mut list, &IdentityRules::default());
            let found = list.first().map(|i| (i.kind.as_str(), i.value.as_str()));
            assert_eq!(found, normal, "{kind} {value:?}");
            assert!(list.iter().all(|i| i.realm.is_none()));
        }
    }

    #[test]
    fn given_twice_is_given_once() {
        let email = |value: &str| Identifier {
            kind: "email".into(),
            value: Sensitive(value.into()),
            realm: None,
        };
        let mut list = vec![email("a@b"), email("A@b "), email("c@d")];
        identifiers(&mut list, &IdentityRules::default());
        assert_eq!(list, [email("a@b"), email("c@d")]);
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        let mut long = Some(Sensitive("אבגד".to_owned()));
        text(&mut long, 5);
        assert_eq!(long.as_deref().map(String::as_str), Some("אב […]"));
        let mut short = Some(Sensitive("abc".to_owned()));
        text(&mut short, 3);
        assert_eq!(short.as_deref().map(String::as_str), Some("abc"));
    }
}
