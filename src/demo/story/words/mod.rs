//! What people of the story are called, and what they say, in five languages. All of it is invented.
//!
//! A language is one table in a file of its own, so that who reads it can mend it.

mod ar;
mod en;
mod es;
mod fa;
mod he;

/// The languages of the story.
pub(crate) const LANGUAGES: [&Language; 5] =
    [&en::ENGLISH, &es::SPANISH, &ar::ARABIC, &he::HEBREW, &fa::PERSIAN];

/// Names and sentences of one language.
#[derive(Debug)]
pub(crate) struct Language {
    /// BCP 47.
    pub code: &'static str,
    /// People: as they write their names, and in letters that addresses take.
    pub names: &'static [(&'static str, &'static str)],
    /// What goes wrong with an airline.
    pub flights: &'static [&'static str],
    /// What goes wrong with a shop.
    pub orders: &'static [&'static str],
    /// Asking again.
    pub chasers: &'static [&'static str],
    /// What a person in the company answers.
    pub answers: &'static [&'static str],
    /// It is solved.
    pub solved: &'static str,
    /// It is not solved after all.
    pub unsolved: &'static str,
    /// The company needs to know more.
    pub asked: &'static str,
    /// The customer tells it.
    pub told: &'static str,
    /// The company asks to go on in private.
    pub invited: &'static str,
    /// A program solves it.
    pub bot: &'static str,
    /// "We have received your message."
    pub receipt: &'static str,
    /// Thanks for help given.
    pub thanks: &'static str,
    /// Something was good.
    pub praise: &'static str,
    /// It happened to somebody else too.
    pub bystander: &'static str,
    /// Nothing but insults.
    pub insult: &'static str,
    /// Not at their desk.
    pub out_of_office: &'static str,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::LANGUAGES;

    #[test]
    fn every_language_has_names_and_words_for_everything() {
        for language in LANGUAGES {
            let sentences = [
                language.flights,
                language.orders,
                language.chasers,
                language.answers,
            ]
            .concat();
            let single = [
                language.solved,
                language.unsolved,
                language.asked,
                language.told,
                language.invited,
                language.bot,
                language.receipt,
                language.thanks,
                language.praise,
                language.bystander,
                language.insult,
                language.out_of_office,
            ];
            let all: BTreeSet<_> = sentences.iter().chain(&single).collect();
            assert_eq!(
                all.len(),
                sentences.len() + single.len(),
                "{}: said twice",
                language.code
            );
            assert!(all.iter().all(|text| text.len() > 10), "{}", language.code);
            let slugs: BTreeSet<_> = language.names.iter().map(|(_, slug)| slug).collect();
            assert!(
                language.names.len() >= 8 && slugs.len() == language.names.len(),
                "{}",
                language.code
            );
            let plain = |slug: &&str| slug.bytes().all(|b| b.is_ascii_lowercase() || b == b'.');
            assert!(slugs.into_iter().all(plain), "{}", language.code);
        }
    }
}
