//! What is usual: how many cases a minute opens at this hour of this kind of day, learnt as time goes on.

use serde::{Deserialize, Serialize};

use crate::stats::cusum::Counts;

/// Minutes since 1970-01-01T00:00Z.
pub type Minute = i64;

/// The days of the week, Monday first, on which traffic is that of a day of rest.
pub type RestDays = [bool; 7];

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// What is left of what was learnt of an hour when that hour comes again: after about 20 such hours,
/// the old is forgotten as fast as the new is learnt.
const KEPT: f32 = 0.95;

/// An hour that was watched for fewer minutes than this is not known.
const KNOWN: f32 = 45.0;

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
    /// Whether this hour of this kind of day has been seen before.
    pub known: bool,
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
    fn learn(&mut self, minute: Minute, cases: f64, mean: f64) {
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
