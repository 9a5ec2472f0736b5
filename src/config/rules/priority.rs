//! The weights of priority (rule 11): how much each reason for urgency counts.

use std::collections::BTreeMap;

/// Points that reasons add to the priority of a work item. None is below zero: nothing that is known of a
/// customer lowers their priority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights {
    /// What was unanswered or unsolved in private is said in public now.
    pub escalated: u32,
    /// One star; two stars are half of it.
    pub rating: u32,
    /// The worst sentiment there is; the points are in proportion.
    pub sentiment: u32,
    /// Words of danger.
    pub safety: u32,
    /// Words of lawyers, courts, authorities.
    pub legal: u32,
    /// Words of leaving.
    pub churn: u32,
    /// Each tenfold of people who can see it: ten, a hundred, a thousand.
    pub audience: u32,
    /// The customer's tier.
    pub tiers: BTreeMap<Box<str>, u32>,
    /// Each tenfold of lifetime value.
    pub lifetime_value: u32,
    /// The customer needs special care.
    pub vulnerable: u32,
    /// They had to complain before.
    pub repeat: u32,
    /// Each message of theirs while they waited already.
    pub chaser: u32,
    /// All of these together, at most.
    pub chasers_most: u32,
    /// The company promised something and did not keep it.
    pub broken_promise: u32,
    /// A service level is at risk, or over.
    pub at_risk: u32,
}

impl Weights {
    /// The points of a tier; upper and lower case of ASCII letters are alike.
    pub fn tier(&self, tier: &str) -> u32 {
        let mut tiers = self.tiers.iter();
        let found = tiers.find(|(name, _)| name.eq_ignore_ascii_case(tier.trim()));
        found.map_or(0, |(_, points)| *points)
    }
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            escalated: 100,
            rating: 20,
            sentiment: 10,
            safety: 80,
            legal: 40,
            churn: 20,
            audience: 5,
            tiers: BTreeMap::new(),
            lifetime_value: 2,
            vulnerable: 40,
            repeat: 15,
            chaser: 5,
            chasers_most: 25,
            broken_promise: 30,
            at_risk: 20,
        }
    }
}
