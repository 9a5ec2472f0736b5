//! Near-identical texts (rule 10): how much two texts have in common, told from sketches of them that are
//! small enough for a row.
//!
//! A text is the set of its character shingles, the runs of [`SHINGLE`] characters of the normalised text;
//! two texts are as alike as their sets, by Jaccard: what is in both, divided by what is in either (Broder,
//! "On the resemblance and containment of documents", 1997). A [`Sketch`] keeps the [`KEPT`] smallest hashes
//! of the set. The smallest of two sets together are a fair sample of both; the share of these that is in
//! both estimates Jaccard.
//!
//! **Error.** Texts that both have less shingles than that, so of 259 characters at most, are compared
//! exactly. For longer ones the standard error is sqrt(j (1 - j) / 256), at 0.7 that is 0.029: a true 0.6 or
//! 0.8 is on the wrong side less than once in two thousand times. A sketch takes 1 KiB at most.

use std::hash::Hasher;

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

use super::normal::normalise;
use crate::config::rules::HashSecret;

/// Characters of a shingle.
pub const SHINGLE: usize = 5;

/// Hashes of a sketch, at most.
pub const KEPT: usize = 256;

/// Characters that a normalised text needs to be compared: shorter ones are alike by chance.
pub const SHORTEST: usize = 40;

/// The share of shingles in common from which on texts count as near-identical.
pub const NEAR_IDENTICAL: f64 = 0.7;

/// What is kept of a text to compare it with others. The hashes are keyed: without the secret the text
/// cannot be guessed from them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sketch {
    /// The smallest hashes, in order, each once. All there are, if they are less than [`KEPT`].
    smallest: Vec<u32>,
}

impl Sketch {
    /// The sketch of a text; `None`: it is too short to be compared.
    pub fn of(text: &str, secret: &HashSecret) -> Option<Self> {
        let text = normalise(text);
        text.chars().nth(SHORTEST - 1)?;
        let mut smallest: Vec<u32> = shingles(&text).map(|shingle| hash(shingle, secret)).collect();
        smallest.sort_unstable();
        smallest.dedup();
        smallest.truncate(KEPT);
        smallest.shrink_to_fit();
        Some(Self { smallest })
    }

    /// How alike the texts are, from 0 to 1: Jaccard, estimated. The same in both directions.
    pub fn similarity(&self, other: &Self) -> f64 {
        let (mut mine, mut theirs) = (self.smallest.as_slice(), other.smallest.as_slice());
        let (mut in_both, mut in_either) = (0_u32, 0_u32);
        // What lies beyond the last of a full sketch is not known.
        let full = self.smallest.len().max(other.smallest.len()) >= KEPT;
        let sample = if full { KEPT as u32 } else { u32::MAX };
        while in_either < sample {
            match (mine, theirs) {
                ([], []) => break,
                ([a, rest @ ..], [b, other_rest @ ..]) if a == b => {
                    in_both += 1;
                    (mine, theirs) = (rest, other_rest);
                }
                ([a, rest @ ..], [b, ..]) if a < b => mine = rest,
                ([_, rest @ ..], []) => mine = rest,
                (_, [_, rest @ ..]) => theirs = rest,
            }
            in_either += 1;
        }
        f64::from(in_both) / f64::from(in_either.max(1))
    }

    /// Rule 10: whether the texts are near-identical.
    pub fn is_near(&self, other: &Self) -> bool {
        self.similarity(other) >= NEAR_IDENTICAL
    }

    /// How many bytes it takes, about.
    pub fn size(&self) -> usize {
        self.smallest.len() * size_of::<u32>()
    }
}

/// The runs of [`SHINGLE`] characters of a text.
fn shingles(text: &str) -> impl Iterator<Item = &str> {
    let begins = text.char_indices().map(|(at, _)| at);
    let ends = begins.clone().skip(SHINGLE).chain([text.len()]);
    begins.zip(ends).map(|(from, to)| &text[from..to])
}

fn hash(shingle: &str, secret: &HashSecret) -> u32 {
    let mut hasher = SipHasher13::new_with_key(&secret.0);
    hasher.write(b"shingle:");
    hasher.write(shingle.as_bytes());
    // Half of it is enough: 64 KiB of text have one pair of equal hashes among them, if any.
    (hasher.finish() >> 32) as u32
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::{Rng, RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::{KEPT, NEAR_IDENTICAL, Sketch, normalise, shingles};
    use crate::config::rules::HashSecret;

    fn sketch(text: &str) -> Sketch {
        Sketch::of(text, &HashSecret::TRIAL).expect("it is long enough")
    }

    /// Jaccard, from the sets themselves.
    fn exact(a: &str, b: &str) -> f64 {
        let (a, b) = (normalise(a), normalise(b));
        let (a, b): (BTreeSet<_>, BTreeSet<_>) = (shingles(&a).collect(), shingles(&b).collect());
        a.intersection(&b).count() as f64 / a.union(&b).count() as f64
    }

    #[test]
    fn shingles_of_a_text() {
        assert_eq!(
            shingles("añb cde").collect::<Vec<_>>(),
            ["añb c", "ñb cd", "b cde"]
        );
    }

    const TOLD: &str = "My parcel has been in the warehouse for ten days and nobody answers my messages.";

    #[test]
    fn what_is_said_again() {
        //   given the same matter, told again as                                              then it is near
        for (again, near) in [
            (TOLD, true),
            (
                "MY PARCEL has been in the warehouse for ten days, and NOBODY answers my messages!!!",
                true,
            ),
            (
                "@shop My parcel has been in the warehouse for ten days and nobody answers my messages. #fail",
                true,
            ),
            (
                "My parcel has been in the warehouse for eleven days and nobody answers my messages.",
                true,
            ),
            (
                "My flight was cancelled and I have been waiting for a refund for three weeks now.",
                false,
            ),
            (
                "Ten days in the warehouse and not one answer: where is my parcel, dear messages team?",
                false,
            ),
        ] {
            let found = sketch(TOLD).is_near(&sketch(again));
            assert_eq!(found, near, "{again}: {}", exact(TOLD, again));
        }
        let arabic = "الطرد الخاص بي في المستودع منذ عشرة أيام ولا أحد يجيب على رسائلي";
        let written_otherwise = "الطَّرد الخاص بـي في المستودع منذ عشره ايام ولا احد يجيب علی رسائلی";
        assert!(sketch(arabic).is_near(&sketch(written_otherwise)));
    }

    #[test]
    fn short_texts_are_not_compared() {
        let secret = &HashSecret::TRIAL;
        assert_eq!(Sketch::of("Where is my parcel?", secret), None);
        assert_eq!(
            Sketch::of(&"!".repeat(100), secret),
            None,
            "nothing is left of it"
        );
        assert!(
            Sketch::of(&"abcdefgh".repeat(5), secret).is_some(),
            "forty characters"
        );
        assert_eq!(Sketch::of(&"a".repeat(39), secret), None);
    }

    #[test]
    fn nothing_can_be_guessed_without_the_secret() {
        let other = HashSecret(*b"another-secret-!");
        let similarity = sketch(TOLD).similarity(&Sketch::of(TOLD, &other).expect("long enough"));
        assert!(similarity < 0.01, "{similarity}");
    }

    /// Words at random, and a text of some of them with some replaced.
    fn pair(random: &mut impl Rng) -> (String, String) {
        let words: Vec<String> = (0..400)
            .map(|_| {
                let length = random.random_range(2..9);
                (0..length)
                    .map(|_| char::from(random.random_range(b'a'..=b'z')))
                    .collect()
            })
            .collect();
        let length = random.random_range(12..250);
        let rate = random.random_range(0.0..0.3);
        let word = |random: &mut dyn FnMut(usize) -> usize| words[random(words.len())].clone();
        let mut text = Vec::new();
        for _ in 0..length {
            text.push(word(&mut |n| random.random_range(0..n)));
        }
        let mut edited = text.clone();
        for place in &mut edited {
            if random.random_bool(rate) {
                *place = word(&mut |n| random.random_range(0..n));
            }
        }
        (text.join(" "), edited.join(" "))
    }

    #[test]
    fn as_alike_as_exact_jaccard_says() {
        let mut random = ChaCha8Rng::seed_from_u64(10);
        let (mut worst, mut squares, mut disagree, mut near) = (0.0_f64, 0.0, 0, 0);
        let (mut of_long, mut sum) = (0, 0.0);
        const PAIRS: u32 = 1000;
        for _ in 0..PAIRS {
            let (text, edited) = pair(&mut random);
            let (a, b) = (sketch(&text), sketch(&edited));
            let (found, truth) = (a.similarity(&b), exact(&text, &edited));
            assert_eq!(found, b.similarity(&a), "both ways alike");
            let error = found - truth;
            if a.smallest.len().max(b.smallest.len()) < KEPT {
                assert!(
                    error.abs() < 1e-9,
                    "{found} for {truth}: short texts are compared exactly"
                );
            } else {
                of_long += 1;
                sum += error;
            }
            if a.is_near(&b) != (truth >= NEAR_IDENTICAL) {
                disagree += 1;
                assert!(error.abs() < 0.12, "{found} for {truth}");
            }
            near += u32::from(truth >= NEAR_IDENTICAL);
            worst = worst.max(error.abs());
            squares += error * error;
        }
        let deviation = (squares / f64::from(PAIRS)).sqrt();
        assert!(
            (200..800).contains(&near),
            "both sides of the threshold are tried: {near}"
        );
        let mean = sum / f64::from(of_long);
        assert!(mean.abs() < 0.005, "to neither side, on the whole: {mean}");
        assert!(deviation < 0.03, "{deviation}");
        assert!(worst < 0.12, "{worst}");
        assert!(disagree < PAIRS / 20, "{disagree}");
        println!(
            "mean error {mean:.4}, deviation {deviation:.4}, worst {worst:.3}, on the wrong side {disagree} of {PAIRS}"
        );
    }

    #[test]
    fn a_sketch_stays_small() {
        let long: String = (0..20_000).map(|n| format!("word{n} ")).collect();
        assert_eq!(sketch(&long).size(), 1024);
        assert!(sketch(TOLD).size() < 400);
    }
}
