//! Which identifiers count for knowing a person, and in what order.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::regions::Regions;

/// Values of one kind of identifier that name nobody, in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blocked {
    /// Whole values.
    pub exact: BTreeSet<Box<str>>,
    /// Beginnings of values.
    pub prefixes: BTreeSet<Box<str>>,
}

impl Blocked {
    /// From values as a configuration lists them: one that ends in `*` is a beginning.
    pub fn from_values<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut blocked = Self::default();
        for value in values {
            let value = value.trim().to_lowercase();
            match value.strip_suffix('*') {
                Some(prefix) => blocked.prefixes.insert(prefix.into()),
                None => blocked.exact.insert(value.into()),
            };
        }
        blocked
    }

    /// The values as a configuration lists them.
    pub fn values(&self) -> Vec<String> {
        let exact = self.exact.iter().map(|value| value.to_string());
        let beginnings = self.prefixes.iter().map(|prefix| format!("{prefix}*"));
        exact.chain(beginnings).collect()
    }

    fn contains(&self, value: &str) -> bool {
        self.exact.contains(value) || self.prefixes.iter().any(|prefix| value.starts_with(&**prefix))
    }
}

/// What of an email address does not tell two mailboxes apart, by the domain (in lower case; `*`: of any).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailRules {
    /// Where what follows a `+` is left out.
    pub without_plus_tags: BTreeSet<Box<str>>,
    /// Where dots in the name are left out.
    pub without_dots: BTreeSet<Box<str>>,
}

impl MailRules {
    /// Whether a domain is among these.
    pub fn is_among(domains: &BTreeSet<Box<str>>, domain: &str) -> bool {
        !domains.is_empty() && (domains.contains(domain) || domains.contains("*"))
    }
}

/// The order of identifier kinds, the values that identify nobody, and how identifiers are spelt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityRules {
    /// Kinds, strongest first. Kinds not listed come after these, by name.
    pub order: Vec<Box<str>>,
    /// Values blocked for every kind.
    pub blocked: Blocked,
    /// Values blocked for single kinds, besides.
    pub blocked_by_kind: BTreeMap<Box<str>, Blocked>,
    /// Where a phone number was written.
    pub regions: Regions,
    /// How email addresses are compared.
    pub mail: MailRules,
    /// The field of a customer record's key that has the id, where it has several.
    pub customer_key_field: Option<Box<str>>,
}

impl IdentityRules {
    /// Compares two kinds: the stronger one is less.
    pub fn compare(&self, a: &str, b: &str) -> Ordering {
        self.rank(a).cmp(&self.rank(b)).then_with(|| a.cmp(b))
    }

    fn rank(&self, kind: &str) -> usize {
        self.order
            .iter()
            .position(|listed| &**listed == kind)
            .unwrap_or(self.order.len())
    }

    /// Whether a value (trimmed, lower case) of this kind is no identifier: empty, or blocked.
    pub fn is_blocked(&self, kind: &str, value: &str) -> bool {
        value.is_empty()
            || self.blocked.contains(value)
            || self
                .blocked_by_kind
                .get(kind)
                .is_some_and(|blocked| blocked.contains(value))
    }
}

impl Default for IdentityRules {
    fn default() -> Self {
        let order = ["customer_id", "email", "phone", "account", "handle", "device"];
        Self {
            order: order.map(Into::into).into(),
            blocked: Blocked::from_values([
                "anonymous",
                "unknown",
                "none",
                "null",
                "n/a",
                "na",
                "test",
                "-",
                "0",
                "00",
                "000",
                "0000",
            ]),
            blocked_by_kind: BTreeMap::from([
                (
                    "email".into(),
                    Blocked::from_values([
                        "noreply@*",
                        "no-reply@*",
                        "donotreply@*",
                        "do-not-reply@*",
                        "postmaster@*",
                        "mailer-daemon@*",
                    ]),
                ),
                (
                    "phone".into(),
                    Blocked::from_values(["+0*", "00000*", "private", "withheld"]),
                ),
            ]),
            regions: Regions::default(),
            mail: MailRules::default(),
            customer_key_field: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Blocked, IdentityRules};

    #[test]
    fn kinds_are_ordered_as_configured_then_by_name() {
        let rules = IdentityRules::default();
        let mut kinds = ["zeta", "device", "alpha", "handle", "email", "customer_id"];
        kinds.sort_by(|a, b| rules.compare(a, b));
        assert_eq!(
            kinds,
            ["customer_id", "email", "handle", "device", "alpha", "zeta"]
        );
    }

    #[test]
    fn values_that_name_nobody() {
        let mut rules = IdentityRules::default();
        rules
            .blocked_by_kind
            .insert("account".into(), Blocked::from_values(["Guest*"]));
        for (kind, value, blocked) in [
            ("handle", "", true),
            ("handle", "anonymous", true),
            ("email", "noreply@shop.example", true),
            ("email", "ann.noreply@shop.example", false),
            ("handle", "noreply@shop.example", false),
            ("account", "guest17", true),
            ("phone", "+15550100", false),
        ] {
            assert_eq!(rules.is_blocked(kind, value), blocked, "{kind} {value}");
        }
    }
}
