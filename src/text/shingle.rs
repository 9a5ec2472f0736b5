//! Shingles: the runs of [`SHINGLE`] characters of a normalised text, hashed once each, for sketches and
//! fingerprints.
//!
//! A text is the set of its shingles, and two texts are as alike as their sets, by Jaccard: what is in both,
//! divided by what is in either (Broder, "On the resemblance and containment of documents", 1997). Each hash
//! puts its shingle into one of [`BINS`] bins, and of a bin the largest hash is kept (Li, Owen and Zhang, "One
//! permutation hashing", 2012, who keep the smallest).

use super::normal::normalise;
use super::plain::Plain;
use super::{Sketch, bounded, fingerprint};
use crate::config::rules::HashSecret;

/// Characters of a shingle.
pub const SHINGLE: usize = 5;

/// Bins that shingles are put into.
pub const BINS: usize = 512;

/// Characters that a normalised text needs to be compared: shorter ones are alike by chance.
pub const SHORTEST: usize = 40;

/// The shingles of a text, as far as texts are compared by them: one reading, for a sketch and a fingerprint.
pub struct Shingles {
    /// For each bin the largest hash in it; zero: it is empty. Sixteen bits are enough: in a bin of the longest
    /// text that is looked at are 128 hashes.
    largest: [u16; BINS],
}

impl Shingles {
    /// The shingles of a text; `None`: it is too short to be compared.
    pub fn of(text: &str, secret: &HashSecret) -> Option<Self> {
        let (text, key) = (bounded(text), Key::of(secret));
        if text.is_ascii() {
            return Self::of_plain(Plain::of(text), &key);
        }
        let text = normalise(text);
        if text.is_ascii() {
            return Self::of_plain(Plain::of(&text), &key); // it was normal, and is so still
        }
        Self::of_any(&text, &key)
    }

    fn of_plain(mut text: Plain<'_>, key: &Key) -> Option<Self> {
        let mut found = Self { largest: [0; BINS] };
        let begin = text.by_ref().take(SHINGLE - 1);
        let mut run = begin.fold(0, |run, letter| run << 8 | u64::from(u32::from(letter)));
        let mut length = SHINGLE - 1;
        text.for_each(|letter| {
            run = run << 8 | u64::from(u32::from(letter));
            length += 1;
            found.take(key.plain(run));
        });
        (length >= SHORTEST).then_some(found)
    }

    fn of_any(text: &str, key: &Key) -> Option<Self> {
        text.chars().nth(SHORTEST - 1)?;
        let mut found = Self { largest: [0; BINS] };
        hashes(text, key).for_each(|hash| found.take(hash));
        Some(found)
    }

    #[inline]
    fn take(&mut self, hash: Hash) {
        let bin = &mut self.largest[hash.bin];
        *bin = (*bin).max(hash.rank);
    }

    /// A sketch of them.
    pub fn sketch(&self) -> Sketch {
        Sketch::of_bins(&self.largest)
    }

    /// Their fingerprint.
    pub fn fingerprint(&self) -> u64 {
        fingerprint::of_bins(&self.largest)
    }
}

/// A hash of each run of [`SHINGLE`] characters of a normalised text.
fn hashes(text: &str, key: &Key) -> impl Iterator<Item = Hash> {
    /// A character has 21 bits, so five of them fit into 128.
    const BITS: u32 = 21;
    const RUN: u128 = (1 << (BITS * SHINGLE as u32)) - 1;
    /// The bits that no character of a plain run has.
    const NOT_PLAIN: u128 = {
        let (mut bits, mut place) = (0, 0);
        while place < SHINGLE {
            bits = bits << BITS | (((1 << BITS) - 1) & !0x7F);
            place += 1;
        }
        bits
    };
    let (mut run, mut plain) = (0_u128, 0_u64);
    let hashes = text.chars().map(move |c| {
        run = (run << BITS | u128::from(u32::from(c))) & RUN;
        plain = plain << 8 | u64::from(u32::from(c) & 0xFF);
        match run & NOT_PLAIN {
            0 => key.plain(plain),
            _ => key.any(run),
        }
    });
    hashes.skip(SHINGLE - 1)
}

/// The hash of a shingle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hash {
    /// Which bin it is in.
    bin: usize,
    /// How large it is there.
    rank: u16,
}

impl Hash {
    /// From the middle of a product, whose bits depend on all bits of both numbers.
    #[inline]
    fn of(a: u64, b: u64) -> Self {
        let product = u128::from(a) * u128::from(b);
        let bin = (product as u64 >> (u64::BITS - BINS.ilog2())) as usize;
        let rank = (product >> u64::BITS) as u16;
        Self { bin, rank }
    }
}

/// What makes the hashes of one secret others than those of another.
struct Key {
    /// Multiplies the characters of a run in ASCII, and drops all but the last five out at the top.
    spread: u64,
    /// Hides what comes of that.
    hide: u64,
    /// Multiplies it again.
    fold: u64,
}

impl Key {
    fn of(secret: &HashSecret) -> Self {
        let secret = u128::from_le_bytes(secret.0);
        let (one, other) = (secret as u64, (secret >> 64) as u64);
        // Odd, so that no bit is lost; and what folds is large, so that the middle of a product has bits of all.
        Self {
            spread: (one ^ 0x9E37_79B9_7F4A_7C15 | 1) << (64 - 8 * SHINGLE),
            hide: fold(one ^ 0xD6E8_FEB8_6659_FD93, other ^ 0xA076_1D64_78BD_642F),
            fold: other ^ 0xE703_7ED1_A0B4_28DB | 1 | 1 << 63,
        }
    }

    /// The hash of a run whose characters are ASCII; those before the last five do not count.
    #[inline]
    fn plain(&self, run: u64) -> Hash {
        Hash::of(run.wrapping_mul(self.spread) ^ self.hide, self.fold)
    }

    /// The hash of any other run.
    fn any(&self, run: u128) -> Hash {
        let first = fold(run as u64 ^ self.fold, (run >> 64) as u64 ^ self.hide);
        Hash::of(first ^ self.hide, self.fold)
    }
}

/// Multiplies, and folds the product's halves into one.
#[inline]
pub(super) fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// Jaccard, from the sets themselves.
#[cfg(test)]
pub(super) fn exact(a: &str, b: &str) -> f64 {
    let set = |text: &str| -> std::collections::BTreeSet<Vec<char>> {
        let text: Vec<char> = normalise(text).chars().collect();
        text.windows(SHINGLE).map(<[char]>::to_vec).collect()
    };
    let (a, b) = (set(a), set(b));
    a.intersection(&b).count() as f64 / a.union(&b).count() as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::normalise;
    use super::{BINS, Key, SHINGLE, SHORTEST, Shingles, hashes};
    use crate::config::rules::HashSecret;

    #[test]
    fn the_shingles_of_a_text_each_have_a_hash() {
        let hashes = |text| hashes(text, &Key::of(&HashSecret::TRIAL)).collect::<Vec<_>>();
        let found = hashes("añb cde");
        assert_eq!(
            found,
            [hashes("añb c"), hashes("ñb cd"), hashes("b cde")].concat()
        );
        assert_ne!(found[0], found[1]);
        assert!(hashes("añb").is_empty());
    }

    /// The bins, step by step: all characters, all runs of five, their hashes, the largest of each bin.
    fn long_way(text: &str, secret: &HashSecret) -> Option<[u16; BINS]> {
        let text: Vec<u32> = normalise(text).chars().map(u32::from).collect();
        let key = Key::of(secret);
        let mut largest = [0; BINS];
        for shingle in text.windows(SHINGLE) {
            let is_plain = shingle.iter().all(|&c| c < 128);
            let run = |bits: u32| shingle.iter().fold(0, |run, &c| run << bits | u128::from(c));
            let hash = match is_plain {
                true => key.plain(run(8) as u64),
                false => key.any(run(21)),
            };
            let bin = &mut largest[hash.bin];
            *bin = hash.rank.max(*bin);
        }
        (text.len() >= SHORTEST).then_some(largest)
    }

    proptest! {
        #[test]
        fn the_short_way_comes_to_the_same(text in "[ -~\\t\\n\\x00]{0,200}", secret: [u8; 16]) {
            let secret = HashSecret(secret);
            let short = Shingles::of(&text, &secret).map(|shingles| shingles.largest);
            prop_assert_eq!(short, long_way(&text, &secret));
        }

        #[test]
        fn so_does_text_of_any_script(text in "([a-f '.]{1,9}|\\PC{1,3}|[éÀﬁñ’]|[א-תآ-غ ]{1,6}){0,40}", secret: [u8; 16]) {
            let secret = HashSecret(secret);
            let found = Shingles::of(&text, &secret).map(|shingles| shingles.largest);
            prop_assert_eq!(found, long_way(&text, &secret));
        }

        #[test]
        fn texts_that_are_normalised_to_the_same_have_the_same(text in "[a-z ,]{50,90}") {
            // An accent takes it the long way, to the same letters.
            let accented = text.replace('e', "é").replace('o', "Ö");
            let bins = |text: &str| Shingles::of(text, &HashSecret::TRIAL).map(|shingles| shingles.largest);
            prop_assert_eq!(bins(&text), bins(&accented));
        }
    }
}
