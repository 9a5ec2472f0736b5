//! Which tier a customer was in, at any time (rule 5).
//!
//! | given records of | and a case that opened | then its levels are of |
//! |---|---|---|
//! | silver on day 1, gold on day 5 | on day 3 | silver, in force then |
//! | silver on day 1, gold on day 5 | on day 5 | gold |
//! | gold on day 5 | on day 3 | gold, the earliest known |
//! | no tier on day 1, gold on day 5 | on day 0 | gold, the earliest known |
//! | no tier on day 1, gold on day 5 | on day 3 | none, in force then |

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::model::Millis;

/// Records of one customer that are remembered for their tier; of more, of neighbours with one tier the
/// later goes, else the earliest.
const REMEMBERED: usize = 64;

/// What one record said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Said {
    updated_at: Millis,
    /// Of two records with one `updated_at`, the one with the greater digest counts.
    digest: u64,
    tier: Option<SmolStr>,
}

/// The tiers of a customer, as records that are not the newest said them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tiers {
    /// In the order of their `updated_at`, which differ.
    said: SmallVec<[Said; 0]>,
    /// Records until then say nothing: the CRM has dropped them, at the end of a merge's clean-up.
    dropped: Option<Millis>,
}

impl Tiers {
    /// The CRM has dropped all records until then.
    pub fn drop_until(&mut self, at: Millis) {
        self.dropped = self.dropped.max(Some(at));
        self.said.retain(|said| said.updated_at > at);
    }

    /// Takes what a record says; tells whether that is news.
    pub fn take(&mut self, updated_at: Millis, digest: u64, tier: Option<SmolStr>) -> bool {
        if self.dropped.is_some_and(|dropped| updated_at <= dropped) {
            return false;
        }
        let said = Said {
            updated_at,
            digest,
            tier,
        };
        let place = self
            .said
            .binary_search_by_key(&updated_at, |said| said.updated_at);
        match place {
            Ok(place) if self.said[place].digest >= digest => return false,
            Ok(place) => self.said[place] = said,
            Err(place) => self.said.insert(place, said),
        }
        if self.said.len() > REMEMBERED {
            let alike = self.said.windows(2).position(|pair| pair[0].tier == pair[1].tier);
            self.said.remove(alike.map_or(0, |first| first + 1));
        }
        true
    }

    /// Whether any record said another tier than this.
    pub fn any_but(&self, tier: Option<&SmolStr>) -> bool {
        self.said.iter().any(|said| said.tier.as_ref() != tier)
    }

    /// The tier at `t`, beside what the newest record says.
    pub fn at(&self, t: Millis, newest: (Millis, Option<&SmolStr>)) -> Option<SmolStr> {
        let older = self.said.iter().map(|said| (said.updated_at, said.tier.as_ref()));
        let all = older.filter(|older| older.0 < newest.0).chain([newest]);
        let by_then = all.clone().take_while(|said| said.0 <= t).last();
        match by_then {
            Some((_, tier)) => tier.cloned(),
            None => all.clone().find_map(|(_, tier)| tier.cloned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{REMEMBERED, Tiers};
    use crate::model::Millis;

    #[test]
    fn the_tier_in_force_else_the_earliest_known() {
        type Said<'t> = (i64, Option<&'t str>);
        let silver = (1, Some("silver"));
        let gold = (5, Some("gold"));
        let none = (1, None);
        //   records, the newest last   on day   tier
        let table: [(&[Said<'_>], i64, Option<&str>); 7] = [
            (&[silver, gold], 3, Some("silver")),
            (&[silver, gold], 5, Some("gold")),
            (&[silver, gold], 0, Some("silver")),
            (&[gold], 3, Some("gold")),
            (&[none, gold], 0, Some("gold")),
            (&[none, gold], 3, None),
            (&[silver, (3, Some("gold")), (5, None)], 4, Some("gold")),
        ];
        for (records, day, expected) in table {
            let (newest, older) = records.split_last().expect("there is a record");
            let tiers = |order: &[Said<'_>]| {
                let mut tiers = Tiers::default();
                for (at, tier) in order {
                    assert!(tiers.take(Millis(*at), 1, tier.map(Into::into)));
                    assert!(!tiers.take(Millis(*at), 1, tier.map(Into::into)), "said before");
                }
                tiers
            };
            let backwards: Vec<_> = older.iter().rev().copied().collect();
            assert_eq!(tiers(older), tiers(&backwards), "in any order");
            let tier = newest.1.map(Into::into);
            let found = tiers(older).at(Millis(day), (Millis(newest.0), tier.as_ref()));
            assert_eq!(found.as_deref(), expected, "{records:?} on day {day}");
        }
    }

    #[test]
    fn what_the_crm_has_dropped_says_nothing_whenever_it_is_heard() {
        for order in [[1, 3, 7], [7, 3, 1], [3, 7, 1]] {
            for dropped_after in 0..=order.len() {
                let mut tiers = Tiers::default();
                for (n, at) in order.into_iter().enumerate() {
                    if n == dropped_after {
                        tiers.drop_until(Millis(5));
                    }
                    tiers.take(Millis(at), 1, Some(format!("of day {at}").into()));
                }
                tiers.drop_until(Millis(5));
                let found = tiers.at(Millis(4), (Millis(9), None));
                assert_eq!(found.as_deref(), Some("of day 7"), "{order:?}");
            }
        }
    }

    #[test]
    fn of_many_records_those_that_say_nothing_new_go_first() {
        let mut tiers = Tiers::default();
        for day in 0..500 {
            let tier = if day < 250 { "silver" } else { "gold" };
            tiers.take(Millis(day), 1, Some(tier.into()));
        }
        assert_eq!(tiers.said.len(), REMEMBERED);
        let newest = (Millis(900), None);
        for (day, tier) in [(0, "silver"), (249, "silver"), (250, "gold"), (800, "gold")] {
            assert_eq!(tiers.at(Millis(day), newest).as_deref(), Some(tier), "day {day}");
        }
    }
}
