//! A few short words by name.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smallvec::SmallVec;
use smol_str::SmolStr;

/// What an event tells beside its type: values by name, in the order of the names. On the wire it is a
/// map; in memory a list, since there are hardly ever more than two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details(SmallVec<[(SmolStr, SmolStr); 2]>);

impl Details {
    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<&SmolStr> {
        let at = self.place(name).ok()?;
        Some(&self.0[at].1)
    }

    /// Sets the value of a name.
    pub fn insert(&mut self, name: impl Into<SmolStr>, value: impl Into<SmolStr>) {
        let (name, value) = (name.into(), value.into());
        match self.place(&name) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (name, value)),
        }
    }

    /// All, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| (**other).cmp(name))
    }
}

impl<N: Into<SmolStr>, V: Into<SmolStr>> FromIterator<(N, V)> for Details {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut details = Self::default();
        pairs
            .into_iter()
            .for_each(|(name, value)| details.insert(name, value));
        details
    }
}

impl<N: Into<SmolStr>, V: Into<SmolStr>, const M: usize> From<[(N, V); M]> for Details {
    fn from(pairs: [(N, V); M]) -> Self {
        pairs.into_iter().collect()
    }
}

impl Serialize for Details {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for Details {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Details;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of words")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Details, A::Error> {
                let mut details = Details::default();
                while let Some((name, value)) = map.next_entry::<SmolStr, SmolStr>()? {
                    details.insert(name, value);
                }
                Ok(details)
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::Details;

    #[test]
    fn names_are_in_order_and_set_once() {
        let mut details = Details::from([("b", "1"), ("a", "2"), ("b", "3")]);
        details.insert("c", "4");
        assert_eq!(
            details.iter().collect::<Vec<_>>(),
            [("a", "2"), ("b", "3"), ("c", "4")]
        );
        assert_eq!(details.get("b").map(|value| &**value), Some("3"));
        assert_eq!(details.get("d"), None);
        let json = serde_json::to_string(&details).expect("a map is JSON");
        assert_eq!(json, r#"{"a":"2","b":"3","c":"4"}"#);
        assert_eq!(
            serde_json::from_str::<Details>(&json).expect("it reads back"),
            details
        );
    }
}
