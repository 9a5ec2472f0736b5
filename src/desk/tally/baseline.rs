//! What is usual: how many cases a minute opens at this hour of this kind of day, learnt as time goes on.

use serde::{Deserialize, Serialize};

use crate::config::rules::RestDays;
use crate::stats::cusum::Counts;

/// Minutes since 1970-01-01T00:00Z.
pub type Minute = i64;

/// Minutes of an hour.
pub const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// What is left of what was learnt of an hour when that hour comes again: after about 20 such hours,
/// the old is forgotten as fast as the new is learnt.
const KEPT: f32 = 0.95;

/// An hour that was watched for fewer minutes than this is not known.
const KNOWN: f32 = 45.0;

/// An hour of which fewer minutes than this are left from days before is not to be judged by.
const BEFORE: f32 = 42.0;

/// Cases that an hour is taken to have had at the rate of all hours together, before it is known better;
/// in at most an hour's minutes.
const PRIOR_CASES: f64 = 2.0;
const PRIOR_MINUTES: f64 = 60.0;

/// How many standard errors above the estimate the mean still may be. An hour that has been watched for
/// a day only is not judged as sharply as one of a month.
const DOUBT: f64 = 2.0;

/// Variance over mean before anything is known, and as how many cases that counts.
const PRIOR_DISPERSION: f64 = 2.0;
const PRIOR_WEIGHT: f64 = 50.0;

/// How many standard deviations above its mean a count may be to be learnt as it is. What is above is
/// learnt as that much: so a surge does not become the usual, but what stays does in the end.
const UNUSUAL: f64 = 4.0;

/// What is usual, with a daily rhythm, for working days and days of rest.
///
/// Each hour of each kind of day has a rate of its own; between the middles of hours it goes over in a
/// straight line. How much counts vary beyond chance is one number for all hours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// By kind of day and hour: working days first.
    hours: Vec<Hour>,
    spread: Spread,
}

/// What was seen in an hour of the day, the older the less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Hour {
    cases: f32,
    minutes: f32,
}

/// How far counts were from what was expected, the older the less: minute by minute, and by quarters
/// of an hour, in which what comes in bursts shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Spread {
    /// Of the minutes, the sums of expected counts, of their squares, and of squared errors.
    means: f32,
    mean_squares: f32,
    minute_errors: f32,
    /// Of whole quarters, the sum of expected counts and of squared errors.
    quarter_means: f32,
    quarter_errors: f32,
    /// The quarter that is not yet over.
    mean: f32,
    error: f32,
}

/// What is expected of a minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// The mean, as far as is known.
    pub mean: f64,
    /// The counts to compare with: the greatest mean that is not in doubt, and its dispersion.
    pub usual: Counts,
    /// Whether this hour of this kind of day is known well enough to learn how far counts are from it.
    pub known: bool,
    /// Whether it has been seen on a day before: only then is a minute of it judged.
    pub seen_before: bool,
}

impl Default for Baseline {
    fn default() -> Self {
        Self {
            hours: vec![Hour::default(); 48],
            spread: Spread::default(),
        }
    }
}

impl Baseline {
    /// What is expected of a minute.
    pub fn expected(&self, minute: Minute, rest: &RestDays) -> Expected {
        let here = hour_of(minute, rest);
        let into = (minute.rem_euclid(HOUR) as f64 + 0.5) / HOUR as f64;
        let beside = if into < 0.5 { minute - HOUR } else { minute + HOUR };
        let share = (into - 0.5).abs();
        let overall = self.overall();
        let dispersion = self.spread.over_mean();
        let at = |hour: usize| self.hours[hour].rate(overall, dispersion);
        let ((mean, most), (mean_beside, most_beside)) = (at(here), at(hour_of(beside, rest)));
        let between = |here: f64, beside: f64| here * (1.0 - share) + beside * share;
        let most = between(most, most_beside);
        Expected {
            mean: between(mean, mean_beside),
            usual: Counts {
                mean: most,
                dispersion: ((dispersion - 1.0) / most).max(self.spread.over_square()),
            },
            known: self.hours[here].minutes >= KNOWN,
            seen_before: self.hours[here].minutes - minute.rem_euclid(HOUR) as f32 >= BEFORE,
        }
    }

    /// Learns how many cases a minute opened. Minutes come in their order, without gaps. How counts vary
    /// is learnt of usual minutes only.
    pub fn learn(
        &mut self,
        minute: Minute,
        cases: u32,
        expected: &Expected,
        is_usual: bool,
        rest: &RestDays,
    ) {
        let hour = &mut self.hours[hour_of(minute, rest)];
        if minute.rem_euclid(HOUR) == 0 {
            hour.cases *= KEPT;
            hour.minutes *= KEPT;
        }
        let mut cases = f64::from(cases);
        if expected.known {
            let most = expected.usual.mean + UNUSUAL * expected.usual.deviation();
            cases = cases.min(most.max(UNUSUAL));
            if is_usual {
                self.spread.learn(minute, cases, expected.mean);
            }
        }
        hour.cases += cases as f32;
        hour.minutes += 1.0;
    }

    /// Learns, in one step, that an hour which begins at this minute opened no case.
    pub fn learn_empty_hour(&mut self, minute: Minute, rest: &RestDays) {
        let expected = self.expected(minute + HOUR / 2, rest);
        let hour = &mut self.hours[hour_of(minute, rest)];
        hour.cases *= KEPT;
        hour.minutes = hour.minutes * KEPT + HOUR as f32;
        if expected.known {
            self.spread.learn_empty_hour(minute, expected.mean as f32);
        }
    }

    /// Cases a minute over all hours; not less than one in a day.
    fn overall(&self) -> f64 {
        let sum = |of: fn(&Hour) -> f32| self.hours.iter().map(of).map(f64::from).sum::<f64>();
        (sum(|hour| hour.cases) / sum(|hour| hour.minutes).max(1.0)).max(1.0 / DAY as f64)
    }
}

impl Hour {
    /// Cases a minute: as estimated, and the most that is not in doubt.
    fn rate(self, overall: f64, dispersion: f64) -> (f64, f64) {
        let prior = (PRIOR_CASES / overall).min(PRIOR_MINUTES);
        let cases = f64::from(self.cases) + prior * overall;
        let minutes = f64::from(self.minutes) + prior;
        let doubt = DOUBT * (dispersion * (cases + 1.0)).sqrt();
        (cases / minutes, (cases + doubt) / minutes)
    }
}

impl Spread {
    /// A day begins: what was learnt counts less.
    fn age(&mut self, minute: Minute) {
        if minute.rem_euclid(DAY) == 0 {
            for sum in [
                &mut self.means,
                &mut self.mean_squares,
                &mut self.minute_errors,
                &mut self.quarter_means,
                &mut self.quarter_errors,
            ] {
                *sum *= KEPT;
            }
        }
    }

    /// An hour without cases, of which each minute was expected to have so many.
    fn learn_empty_hour(&mut self, minute: Minute, mean: f32) {
        self.age(minute);
        let (minutes, quarter) = (HOUR as f32, 15.0 * mean);
        self.means += minutes * mean;
        self.mean_squares += minutes * mean * mean;
        self.minute_errors += minutes * mean * mean;
        self.quarter_means += minutes * mean;
        self.quarter_errors += 4.0 * quarter * quarter;
    }

    fn learn(&mut self, minute: Minute, cases: f64, mean: f64) {
        self.age(minute);
        let error = cases - mean;
        self.means += mean as f32;
        self.mean_squares += (mean * mean) as f32;
        self.minute_errors += (error * error) as f32;
        self.mean += mean as f32;
        self.error += error as f32;
        if minute.rem_euclid(15) == 14 {
            self.quarter_means += self.mean;
            self.quarter_errors += self.error * self.error;
            (self.mean, self.error) = (0.0, 0.0);
        }
    }

    /// Variance over mean, at least 1: the larger of that of minutes and that of quarters.
    fn over_mean(&self) -> f64 {
        let ratio = |errors: f32, means: f32| {
            (f64::from(errors) + PRIOR_DISPERSION * PRIOR_WEIGHT) / (f64::from(means) + PRIOR_WEIGHT)
        };
        let minutes = ratio(self.minute_errors, self.means);
        let quarters = ratio(self.quarter_errors, self.quarter_means);
        minutes.max(quarters).max(1.0)
    }

    /// What the variance of minutes has beyond the mean, over the mean's square; at least 0.
    fn over_square(&self) -> f64 {
        let beyond = f64::from(self.minute_errors) - f64::from(self.means);
        (beyond / (f64::from(self.mean_squares) + PRIOR_WEIGHT)).max(0.0)
    }
}

/// The hour of the day, from 0; 24 more on a day of rest.
fn hour_of(minute: Minute, rest: &RestDays) -> usize {
    // The first of January 1970 was a Thursday, the fourth day of the week.
    let weekday = (minute.div_euclid(DAY) + 3).rem_euclid(7) as usize;
    let hour = (minute.rem_euclid(DAY) / HOUR) as usize;
    hour + if rest[weekday] { 24 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::{Baseline, DAY, HOUR, Minute};
    use crate::config::rules::RestDays;

    const REST: RestDays = [false, false, false, false, false, true, true];

    /// A Monday, 00:00.
    const MONDAY: Minute = 4 * DAY;

    fn learn(baseline: &mut Baseline, minutes: std::ops::Range<Minute>, cases: impl Fn(Minute) -> u32) {
        for minute in minutes {
            let expected = baseline.expected(minute, &REST);
            baseline.learn(minute, cases(minute), &expected, true, &REST);
        }
    }

    fn learnt(days: i64, cases: impl Fn(Minute) -> u32) -> Baseline {
        let mut baseline = Baseline::default();
        learn(&mut baseline, MONDAY..MONDAY + days * DAY, cases);
        baseline
    }

    /// As many cases a minute as the hour says; none on days of rest.
    fn by_the_hour(minute: Minute) -> u32 {
        let rests = (minute - MONDAY).rem_euclid(7 * DAY) >= 5 * DAY;
        if rests {
            0
        } else {
            (minute.rem_euclid(DAY) / HOUR) as u32
        }
    }

    #[test]
    fn each_hour_of_each_kind_of_day_is_learnt_by_itself() {
        let baseline = learnt(28, by_the_hour);
        let monday = MONDAY + 28 * DAY;
        //   minutes after Monday, 00:00    then so many cases a minute are expected
        for (minute, mean) in [
            (8 * HOUR + 30, 8.0),
            (9 * HOUR, 8.5),
            (9 * HOUR + 15, 8.75),
            (9 * HOUR + 30, 9.0),
            (4 * DAY + 20 * HOUR + 30, 20.0),
            (5 * DAY + 20 * HOUR + 30, 0.0),
            // On Friday at midnight, half way from 23 to none.
            (5 * DAY, 11.5),
        ] {
            let expected = baseline.expected(monday + minute, &REST);
            assert!(
                (expected.mean - mean).abs() < 0.2,
                "{minute}: {expected:?}, not {mean}"
            );
        }
    }

    #[test]
    fn an_hour_is_known_when_it_has_been_seen_on_such_a_day() {
        let baseline = learnt(2, by_the_hour);
        let of = |baseline: &Baseline, minute: Minute| {
            let expected = baseline.expected(MONDAY + minute, &REST);
            (expected.known, expected.seen_before)
        };
        assert_eq!(of(&baseline, 2 * DAY + 12 * HOUR), (true, true));
        assert_eq!(of(&baseline, 5 * DAY + 12 * HOUR), (false, false));
        assert_eq!(of(&learnt(0, by_the_hour), 0), (false, false));
        let mut first = Baseline::default();
        learn(&mut first, MONDAY..MONDAY + 50, by_the_hour);
        assert_eq!(of(&first, 50), (true, false), "of this very hour");
    }

    /// What is usual may be well above the mean while little is known, and is near it later.
    #[test]
    fn doubt_becomes_less() {
        let times = |days: i64, cases: fn(Minute) -> u32| {
            let expected = learnt(days, cases).expected(MONDAY + 12 * HOUR + 30, &REST);
            expected.usual.mean / expected.mean
        };
        let rare = |minute: Minute| u32::from(minute % 10 == 0);
        let often = |_| 10;
        //   days  one in ten minutes       ten a minute
        for (days, at_rare, at_often) in [(1, 1.5..4.0, 1.05..1.2), (26, 1.1..1.5, 1.01..1.05)] {
            assert!(
                at_rare.contains(&times(days, rare)),
                "{days}: {}",
                times(days, rare)
            );
            assert!(
                at_often.contains(&times(days, often)),
                "{days}: {}",
                times(days, often)
            );
        }
    }

    /// Cases that come twenty at once, or ten minutes on and ten minutes off, vary more than chance does.
    #[test]
    fn what_comes_in_groups_or_bursts_is_dispersed() {
        let variance_over_mean = |cases: fn(Minute) -> u32| {
            let usual = learnt(14, cases).expected(MONDAY + 12 * HOUR + 30, &REST).usual;
            usual.deviation().powi(2) / usual.mean
        };
        let even = variance_over_mean(|_| 5);
        // One minute in five, in an order that has no rhythm: the variance is 64 at a mean of 4.
        let grouped = variance_over_mean(|minute| {
            let drawn = (minute as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
            if drawn.is_multiple_of(5) { 20 } else { 0 }
        });
        let bursts = variance_over_mean(|minute| if minute % 20 < 10 { 10 } else { 0 });
        assert!((1.0..1.1).contains(&even), "{even}");
        assert!((13.0..22.0).contains(&grouped), "{grouped}");
        // Minute by minute it is 5; of quarters it is more.
        assert!(bursts > 6.0, "{bursts}");
    }

    /// Two hours of a hundred times the usual hardly change what is usual.
    #[test]
    fn an_unusual_hour_is_learnt_as_no_more_than_unusual() {
        let mut baseline = learnt(14, |_| 10);
        let noon = MONDAY + 14 * DAY + 12 * HOUR;
        learn(&mut baseline, MONDAY + 14 * DAY..noon, |_| 10);
        learn(&mut baseline, noon..noon + 2 * HOUR, |_| 1000);
        let expected = baseline.expected(noon + DAY + 30, &REST);
        assert!((10.0..14.0).contains(&expected.mean), "{expected:?}");
    }
}
