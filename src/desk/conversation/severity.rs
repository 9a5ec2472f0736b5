//! How bad it is, as the customer's messages tell it (rule 11).

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::model::{Complaint, Intent};
use crate::text::{Category, Terms};

/// What one message tells, or all of a case's together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Severity {
    /// The first star rating, 1 to 5.
    pub rating: Option<i32>,
    /// The worst sentiment, in thousandths from -1000 to 1000.
    sentiment: Option<i16>,
    /// A bit for each category of terms that was found.
    words: u8,
}

impl Severity {
    /// What one message tells beside its stars. What the source says of sentiment and intent counts before words: who thanks
    /// or is pleased does not threaten.
    pub fn of(complaint: &Complaint, terms: &Terms) -> Self {
        let sentiment = complaint.sentiment.filter(|sentiment| sentiment.is_finite());
        let pleased = matches!(complaint.intent, Some(Intent::Praise | Intent::Thanks))
            || sentiment.is_some_and(|sentiment| sentiment > 0.0);
        let text = complaint.text.as_deref().filter(|_| !pleased);
        let found = text.map(|text| terms.categories(text));
        Self {
            rating: None,
            sentiment: sentiment.map(|sentiment| (sentiment.clamp(-1.0, 1.0) * 1000.0).round() as i16),
            words: found
                .into_iter()
                .flatten()
                .fold(0, |words, category| words | bit(category)),
        }
    }

    /// The same with the stars that the message gave first, by whichever revision.
    pub fn rated(self, stars: Option<f64>) -> Self {
        let rating = stars.map(|stars| stars.floor() as i32);
        Self { rating, ..self }
    }

    /// A customer who gives fewer stars since then has spoken again (rule 1): the worst count.
    pub fn and_stars(&mut self, stars: Option<f64>) {
        let rating = stars.map(|stars| stars.floor() as i32);
        self.rating = self.rating.into_iter().chain(rating).min();
    }

    /// Adds what a later message tells: the first rating stands, the worst sentiment counts, words stay
    /// said.
    pub fn and(&mut self, later: &Self) {
        self.rating = self.rating.or(later.rating);
        self.sentiment = match (self.sentiment, later.sentiment) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.words |= later.words;
    }

    /// The worst sentiment, from -1 to 1.
    pub fn sentiment(&self) -> Option<f64> {
        self.sentiment.map(|sentiment| f64::from(sentiment) / 1000.0)
    }

    /// What the words tell of.
    pub fn words(&self) -> SmallVec<[Category; 4]> {
        Category::ALL
            .into_iter()
            .filter(|category| self.says(*category))
            .collect()
    }

    /// Whether words of this category were said.
    pub fn says(&self, category: Category) -> bool {
        self.words & bit(category) != 0
    }

    /// Whether the customer is upset, by anything they said.
    pub fn is_upset(&self) -> bool {
        self.words != 0 || self.sentiment.is_some_and(|s| s < 0) || self.rating.is_some_and(|r| r <= 2)
    }
}

fn bit(category: Category) -> u8 {
    match category {
        Category::Safety => 1,
        Category::Legal => 2,
        Category::Churn => 4,
        Category::Abuse => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::Severity;
    use crate::model::{Complaint, Intent, Sensitive};
    use crate::text::{Category, Terms};

    fn of(text: &str, sentiment: Option<f64>, intent: Option<Intent>) -> Severity {
        let complaint = Complaint {
            text: Some(Sensitive(text.to_owned())),
            sentiment,
            intent,
            ..Complaint::default()
        };
        Severity::of(&complaint, &Terms::built_in())
    }

    #[test]
    fn words_count_unless_the_source_says_that_the_customer_is_pleased() {
        let lawyer = "I will see my lawyer";
        //   given                                           legal  upset
        for (found, legal, upset) in [
            (of(lawyer, None, None), true, true),
            (of(lawyer, Some(-0.2), None), true, true),
            (of(lawyer, Some(0.6), None), false, false),
            (of(lawyer, None, Some(Intent::Thanks)), false, false),
            (of("Where is my parcel?", None, None), false, false),
            (of("Where is my parcel?", Some(-0.1), None), false, true),
            (of("Where is my parcel?", Some(f64::NAN), None), false, false),
        ] {
            assert_eq!(
                (found.says(Category::Legal), found.is_upset()),
                (legal, upset),
                "{found:?}"
            );
        }
    }

    #[test]
    fn the_first_rating_stands_the_worst_sentiment_counts() {
        let rated = |rating, sentiment| Severity {
            rating,
            ..of("", sentiment, None)
        };
        let mut all = rated(None, Some(-0.2));
        all.and(&rated(Some(2), Some(0.5)));
        all.and(&rated(Some(5), Some(-0.7)));
        assert_eq!((all.rating, all.sentiment()), (Some(2), Some(-0.7)));
    }
}
