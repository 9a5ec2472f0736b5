//! What records name, in the one form in which it is compared: identifiers are compared by their bytes.

use std::sync::Arc;

use smallvec::SmallVec;
use smol_str::SmolStr;

use super::spelling;
use crate::config::rules::{IdentityRules, Region};
use crate::model::{Customer, Identifier, Person, Sensitive};

/// Identifiers of one person that are kept.
const MAX_IDENTIFIERS: usize = 32;

/// Identifiers as they were first written, of a person whose normal ones are others: for display and for replies.
pub type Written = Option<Arc<[Identifier]>>;

/// Normalises a person's identifiers, and tells how they were written if that is something else.
pub fn person(person: &mut Person, rules: &IdentityRules, region: Option<Region>) -> Written {
    identifiers(&mut person.identifiers, rules, region)
}

/// Normalises identifiers, and drops those that name nobody and those given twice. A phone number without its
/// country is of the region. Tells how those that are left were written, if that is something else.
pub fn identifiers(list: &mut Vec<Identifier>, rules: &IdentityRules, region: Option<Region>) -> Written {
    let mut written: SmallVec<[(usize, SmolStr); 1]> = SmallVec::new();
    let mut kept = 0;
    for at in 0..list.len() {
        let before = list[at].value.0.clone();
        if !one(&mut list[at], &before, rules, region) || list[..kept].contains(&list[at]) {
            continue;
        }
        if kept == MAX_IDENTIFIERS {
            break;
        }
        if before != *list[at].value {
            written.push((kept, before));
        }
        list.swap(kept, at);
        kept += 1;
    }
    list.truncate(kept);
    if written.is_empty() {
        return None;
    }
    let mut as_written = list.clone();
    for (at, value) in written {
        as_written[at].value = Sensitive(value);
    }
    Some(as_written.into())
}

/// Normalises a customer's own id, and that of whom their record was merged into, as keys and identifiers are.
pub fn customer_ids(customer: &mut Customer) {
    spelling::clean(&mut customer.customer_id);
    if let Some(target) = &mut customer.merged_into {
        spelling::clean(target);
    }
}

/// Normalises an identifier that is given as this; false if it names nobody.
fn one(identifier: &mut Identifier, given: &str, rules: &IdentityRules, region: Option<Region>) -> bool {
    let Identifier { kind, value, realm } = identifier;
    spelling::name(kind);
    if let Some(name) = realm {
        spelling::word(name);
    }
    realm.take_if(|name| name.is_empty());
    let is_blocked = |value: &str| is_blocked(rules, kind, value);
    spelling::value(kind, value, rules, region);
    // What is blocked may be listed as people write it.
    !kind.is_empty() && !is_blocked(value) && (*given == **value || !is_blocked(given.trim()))
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

#[cfg(test)]
mod tests {
    use super::identifiers;
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
            identifiers(&mut list, &IdentityRules::default(), None);
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
        //   given                        then they are       written
        for (given, normal, written) in [
            (&["a@b", "A@b ", "c@d"][..], &["a@b", "c@d"][..], None),
            (
                &["A@b ", "a@b", "c@d"],
                &["a@b", "c@d"],
                Some(&["A@b ", "c@d"][..]),
            ),
            (&["noreply@b", "C@d"], &["c@d"], Some(&["C@d"])),
            (&[], &[], None),
        ] {
            let all = |values: &[&str]| values.iter().map(|value| email(value)).collect::<Vec<_>>();
            let mut list = all(given);
            let found = identifiers(&mut list, &IdentityRules::default(), None);
            assert_eq!(list, all(normal), "{given:?}");
            assert_eq!(found.as_deref(), written.map(all).as_deref(), "{given:?}");
        }
    }
}
