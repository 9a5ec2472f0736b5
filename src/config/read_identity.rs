//! Reads `[identity]`: which identifiers count, and how they are spelt.

use std::collections::BTreeSet;

use super::rules::{Blocked, IdentityRules, MailRules, Region, Regions};
use super::section::Section;

/// Reads the table out of the top one.
pub(super) fn read(top: &mut Section<'_>, identity: &mut IdentityRules) {
    let mut section = top.table("identity", "Which identifiers count for knowing a person.");
    let order = identity.order.iter().map(|kind| kind.to_string()).collect();
    let order: Vec<String> = section.setting(
        "order",
        order,
        "Which identifier names a person, strongest first; other kinds come after these, by name.",
    );
    identity.order = order.into_iter().map(Into::into).collect();
    identity.blocked = read_blocked(
        &mut section,
        "blocked",
        &identity.blocked,
        "Values that name nobody, of any kind; one that ends in * is a beginning.",
    );
    read_mail(&mut section, &mut identity.mail);
    identity.regions.usual = section.setting(
        "region",
        identity.regions.usual,
        "Where a phone number is from that is written without its country: the two letters of a region, such as \
         \"GB\". \"none\": such numbers are compared as they are written.",
    );
    let field: Option<String> = section.optional(
        "customer_key_field",
        "\"id\"",
        "Which field of a customer record's key is the customer's id, where the key is a struct of several.",
    );
    identity.customer_key_field = field.map(Into::into);
    let mut by_kind = section.table(
        "blocked_by_kind",
        "And those of single kinds of identifier: a line for each kind.",
    );
    let mut kinds: Vec<String> = identity.blocked_by_kind.keys().map(|k| k.to_string()).collect();
    for kind in by_kind.keys() {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    for kind in kinds {
        let usual = identity.blocked_by_kind.remove(kind.as_str()).unwrap_or_default();
        let about = "Values of this kind that name nobody.";
        let blocked = read_blocked(&mut by_kind, &kind, &usual, about);
        identity.blocked_by_kind.insert(kind.into(), blocked);
    }
    by_kind.finish();
    read_regions(&mut section, &mut identity.regions);
    section.finish();
}

fn read_mail(section: &mut Section<'_>, mail: &mut MailRules) {
    let mut domains = |key: &str, about: &str| -> BTreeSet<Box<str>> {
        let domains: Vec<String> = section.setting(key, Vec::new(), about);
        let domains = domains.into_iter().map(|domain| domain.trim().to_lowercase());
        domains.map(Into::into).collect()
    };
    mail.without_plus_tags = domains(
        "email_without_plus_tags",
        "Domains where ann+news@ is the mailbox of ann@; [\"*\"]: all of them.",
    );
    mail.without_dots = domains(
        "email_without_dots",
        "Domains where a.nn@ is the mailbox of ann@; [\"*\"]: all of them.",
    );
}

fn read_regions(section: &mut Section<'_>, regions: &mut Regions) {
    let tables = [
        (
            "region_by_source",
            "NAME",
            "Where the numbers of single sources are from; this counts before the brand's.",
            &mut regions.by_source,
        ),
        (
            "region_by_brand",
            "NAME",
            "Where those in records about single brands are from; this counts before the channel's.",
            &mut regions.by_brand,
        ),
        (
            "region_by_channel",
            "NAME",
            "Where those in records of single channels are from.",
            &mut regions.by_channel,
        ),
    ];
    for (key, name, about, regions) in tables {
        let mut table = section.table(key, about);
        table.example::<Region>(name, "\"GB\"", "The region, by its two letters.");
        for name in table.keys() {
            if let Some(region) = table.get::<Region>(&name) {
                regions.insert(name.into(), region);
            }
        }
        table.finish();
    }
}

fn read_blocked(section: &mut Section<'_>, key: &str, usual: &Blocked, about: &str) -> Blocked {
    let values: Vec<String> = section.setting(key, usual.values(), about);
    if values.iter().any(|value| value.trim() == "*") {
        let what = format!(
            "{} must not hold \"*\": it would block everyone. Name the values.",
            section.path_of(key)
        );
        section.problem(key, what);
    }
    Blocked::from_values(values.iter().map(String::as_str))
}
