//! Which cases a report is of.

use serde::Serialize;
use smol_str::SmolStr;

use crate::model::{Case, Millis};

/// What must hold of a case; all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// It is about one of these brands; empty: any, or none.
    pub brands: Vec<SmolStr>,
    /// It is in one of these channels; empty: any.
    pub channels: Vec<SmolStr>,
    /// It was opened at this time or later.
    pub since: Option<Millis>,
    /// It was opened before this time.
    pub until: Option<Millis>,
}

impl Filter {
    /// Whether a case is meant.
    pub fn takes(&self, case: &Case) -> bool {
        let Self {
            brands,
            channels,
            since,
            until,
        } = self;
        (brands.is_empty() || case.brand.as_ref().is_some_and(|brand| brands.contains(brand)))
            && (channels.is_empty() || channels.contains(&case.channel))
            && since.is_none_or(|since| since <= case.opened_at)
            && until.is_none_or(|until| case.opened_at < until)
    }
}

#[cfg(test)]
mod tests {
    use super::Filter;
    use crate::model::{Case, Millis};

    #[test]
    fn all_that_is_given_must_hold() {
        let case = Case {
            brand: Some("NYPD".into()),
            channel: "phone".into(),
            opened_at: Millis(100),
            ..Case::default()
        };
        let none = Filter::default();
        let brands = |names: &[&str]| Filter {
            brands: names.iter().map(|name| (*name).into()).collect(),
            ..Filter::default()
        };
        let channels = |names: &[&str]| Filter {
            channels: names.iter().map(|name| (*name).into()).collect(),
            ..Filter::default()
        };
        let opened = |since: Option<i64>, until: Option<i64>| Filter {
            since: since.map(Millis),
            until: until.map(Millis),
            ..Filter::default()
        };
        let both = Filter {
            channels: vec!["online".into()],
            ..brands(&["NYPD"])
        };
        //   given filter                        then the case is meant
        for (filter, takes) in [
            (none.clone(), true),
            (brands(&["DSNY", "NYPD"]), true),
            (brands(&["nypd"]), false),
            (channels(&["phone"]), true),
            (channels(&["online"]), false),
            (both, false),
            (opened(Some(100), None), true),
            (opened(Some(101), None), false),
            (opened(None, Some(100)), false),
            (opened(Some(100), Some(101)), true),
        ] {
            assert_eq!(filter.takes(&case), takes, "{filter:?}");
        }
        let of_no_brand = Case { brand: None, ..case };
        assert!(none.takes(&of_no_brand));
        assert!(!brands(&["NYPD"]).takes(&of_no_brand));
    }
}
