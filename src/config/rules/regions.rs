//! In which region a phone number was written that does not say so itself.

use std::collections::BTreeMap;

/// A region of the world with phone numbers of its own, such as GB.
pub use rlibphonenumber::Region;

/// The regions of phone numbers that are written without one. `None`: they stay as they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Regions {
    /// Where nothing below says otherwise; that of customers' records too.
    pub usual: Option<Region>,
    /// Of records of these sources.
    pub by_source: BTreeMap<Box<str>, Region>,
    /// Of records about these brands.
    pub by_brand: BTreeMap<Box<str>, Region>,
    /// Of records of these channels.
    pub by_channel: BTreeMap<Box<str>, Region>,
}

impl Regions {
    /// The region of a record: that of its source, else of its brand, else of its channel, else the usual one.
    pub fn of(&self, source: &str, brand: Option<&str>, channel: Option<&str>) -> Option<Region> {
        let source = self.by_source.get(source);
        let brand = || self.by_brand.get(brand?);
        let channel = || self.by_channel.get(channel?);
        source.or_else(brand).or_else(channel).copied().or(self.usual)
    }
}

#[cfg(test)]
mod tests {
    use super::{Region, Regions};

    #[test]
    fn the_source_says_it_before_the_brand_and_that_before_the_channel() {
        let one = |name: &str, region| [(Box::from(name), region)].into();
        let regions = Regions {
            usual: Some(Region::GB),
            by_source: one("shop", Region::DE),
            by_brand: one("north", Region::FR),
            by_channel: one("phone", Region::US),
        };
        //   given a record of   about          in              then
        for (source, brand, channel, region) in [
            ("shop", Some("north"), Some("phone"), Region::DE),
            ("desk", Some("north"), Some("phone"), Region::FR),
            ("desk", Some("south"), Some("phone"), Region::US),
            ("desk", None, Some("chat"), Region::GB),
            ("desk", None, None, Region::GB),
        ] {
            assert_eq!(
                regions.of(source, brand, channel),
                Some(region),
                "{source} {brand:?} {channel:?}"
            );
        }
        assert_eq!(Regions::default().of("shop", None, None), None);
    }
}
