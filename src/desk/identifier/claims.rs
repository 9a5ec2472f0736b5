//! Whose is an identifier? Claims come from the CRM's customer records only.
//!
//! Of several customers that carry it, it belongs to the one that carried it first, among those whose
//! newest record still does. They are rivals then, and each case that mentions it says so.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::desk::message::Claim;
use crate::model::Millis;

/// The latest claim of each customer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Claims(SmallVec<[Claim; 0]>);

/// What claims come to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// To whom it belongs.
    pub owner: Option<SmolStr>,
    /// All that claim it, in order, if there are several.
    pub rivals: SmallVec<[SmolStr; 0]>,
}

impl Claims {
    /// Takes a claim; false if it is older than the one known.
    pub fn take(&mut self, claim: &Claim) -> bool {
        match self
            .0
            .iter_mut()
            .find(|known| known.customer_id == claim.customer_id)
        {
            Some(known) if known.number >= claim.number => return false,
            Some(known) => known.clone_from(claim),
            None => self.0.push(claim.clone()),
        }
        true
    }

    /// Forgets a customer who claimed it: only a name that says nothing stays, for the number beside it, so
    /// that an older claim is still known to be old.
    pub fn forget(&mut self, customer_id: &str, number: u64, name: SmolStr) {
        self.0
            .retain(|claim| claim.customer_id != customer_id && claim.customer_id != name);
        self.0.push(Claim {
            customer_id: name,
            number,
            since: Millis(0),
            holds: false,
        });
    }

    /// Whether this claim is older than the forgetting of its customer, of whom this name is left.
    pub fn is_forgotten(&self, claim: &Claim, name: impl Fn() -> SmolStr) -> bool {
        let mut claims = self.0.iter();
        claims.any(|known| known.number >= claim.number && known.customer_id == name())
    }

    /// The mark of a forgetting goes, and with it the names that stand for forgotten customers.
    pub fn clear(&mut self, is_name: impl Fn(&str) -> bool) {
        self.0.retain(|claim| !is_name(&claim.customer_id));
    }

    /// Whether nobody claims it, or ever did.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All who claim it, or did.
    pub fn customers(&self) -> impl Iterator<Item = &SmolStr> {
        self.0.iter().map(|claim| &claim.customer_id)
    }

    /// Whose it is.
    pub fn verdict(&self) -> Verdict {
        let mut holders: SmallVec<[&Claim; 4]> = self.0.iter().filter(|claim| claim.holds).collect();
        holders.sort_by(|a, b| (a.since, &a.customer_id).cmp(&(b.since, &b.customer_id)));
        let names = || holders.iter().map(|claim| claim.customer_id.clone());
        let mut rivals: SmallVec<[SmolStr; 0]> = if holders.len() > 1 {
            names().collect()
        } else {
            SmallVec::new()
        };
        rivals.sort();
        Verdict {
            owner: names().next(),
            rivals,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Claims;
    use crate::desk::message::Claim;
    use crate::model::Millis;

    #[test]
    fn whose_it_is() {
        //   given claims: customer, number, since, holds               then owner and rivals
        for (claims, owner, rivals) in [
            (&[][..], None, ""),
            (&[("A", 1, 10, true)], Some("A"), ""),
            (&[("A", 1, 10, false)], None, ""),
            (&[("A", 1, 10, true), ("B", 1, 5, true)], Some("B"), "A,B"),
            (&[("B", 1, 10, true), ("A", 1, 10, true)], Some("A"), "A,B"),
            (
                &[("A", 1, 10, true), ("B", 1, 5, true), ("B", 2, 5, false)],
                Some("A"),
                "",
            ),
            (
                &[("B", 2, 5, false), ("A", 1, 10, true), ("B", 1, 5, true)],
                Some("A"),
                "",
            ), // old news
        ] {
            let mut taken = Claims::default();
            for &(customer, number, since, holds) in claims {
                taken.take(&Claim {
                    customer_id: customer.into(),
                    number,
                    since: Millis(since),
                    holds,
                });
            }
            let verdict = taken.verdict();
            assert_eq!(
                (verdict.owner.as_deref(), &*verdict.rivals.join(",")),
                (owner, rivals),
                "{claims:?}"
            );
        }
    }
}
