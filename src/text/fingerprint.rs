//! The same words from many people (rule 10): a number that copies of a text share.

use super::shingle::{BINS, Shingles, fold};
use crate::config::rules::HashSecret;

/// Parts of a fingerprint.
const PARTS: usize = 8;

/// A number that texts share which are the same but for a few characters; `None`: too short to be compared.
/// Two texts have the same one if eight shares of their shingles each have the same largest hash: as often as
/// their likeness, to the power of eight. So a copy always has, one of 0.97 in four of five cases, and texts that
/// have no more than half in common hardly ever.
pub fn fingerprint(text: &str, secret: &HashSecret) -> Option<u64> {
    Shingles::of(text, secret).map(|shingles| shingles.fingerprint())
}

/// Of the largest hash in each bin.
pub(super) fn of_bins(largest: &[u16; BINS]) -> u64 {
    let (shares, _) = largest.as_chunks::<{ BINS / PARTS }>();
    let mut parts = [0; PARTS];
    for (part, share) in parts.iter_mut().zip(shares) {
        *part = share.iter().fold(0, |largest, hash| largest.max(*hash));
    }
    let number = |parts: &[u16]| {
        let parts = parts.iter();
        parts.fold(0, |number, part| number << 16 | u64::from(*part))
    };
    let (one, other) = parts.split_at(PARTS / 2);
    let both = fold(
        number(one) ^ 0x9E37_79B9_7F4A_7C15,
        number(other) ^ 0xD6E8_FEB8_6659_FD93,
    );
    fold(both, 0xA076_1D64_78BD_642F)
}

#[cfg(test)]
mod tests {
    use super::super::shingle::exact;
    use super::{PARTS, fingerprint};
    use crate::config::rules::HashSecret;

    const TOLD: &str = "My parcel has been in the warehouse for ten days and nobody answers my messages.";

    #[test]
    fn copies_have_one_fingerprint() {
        let print = |text: &str| fingerprint(text, &HashSecret::TRIAL);
        let shouted = "MY PARCEL has been in the warehouse for ten days, and NOBODY answers my messages!!!";
        assert_eq!(print(TOLD), print(&TOLD.replace(' ', "  ")));
        assert_eq!(print(shouted), print(&shouted.to_lowercase()));
        assert_ne!(
            print(TOLD),
            print("My flight was cancelled and I have been waiting for a refund.")
        );
        assert_eq!(print("Where is my parcel?"), None);
    }

    #[test]
    fn nearly_copies_have_one_as_often_as_their_likeness_to_the_power_of_eight() {
        let words: Vec<String> = (0..40).map(|n| format!("word{}", n * 7919 % 1000)).collect();
        let whole = words.join(" ");
        let (mut same, mut expected, mut tries) = (0.0, 0.0, 0.0);
        for (place, secret) in (0..40).flat_map(|place| (0..20_u8).map(move |secret| (place, secret))) {
            let mut edited = words.clone();
            edited[place] = "another".into();
            let edited = edited.join(" ");
            let print = |text: &str| fingerprint(text, &HashSecret([secret; 16]));
            same += f64::from(u8::from(print(&edited) == print(&whole)));
            expected += exact(&edited, &whole).powi(PARTS as i32);
            tries += 1.0;
        }
        let (same, expected) = (same / tries, expected / tries);
        assert!((0.3..0.7).contains(&expected), "{expected}");
        assert!((same - expected).abs() < 0.1, "{same}, not {expected}");
    }
}
