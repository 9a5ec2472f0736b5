//! Rule 14: more cases a minute than is usual at this hour, as docs/signals.md has it, reckoned minute by minute over all
//! cases at once.

use std::collections::{BTreeMap, BTreeSet};

use heard::model::{Millis, Signal, SignalKind};

use super::{Group, minute};
use crate::model::record::issue;
use crate::rules::MINUTE;

/// How many times the usual is looked for, and the evidence that makes a surge and its end.
const FACTOR: f64 = 3.0;
const SURGE: f64 = 1e6;
const OVER: f64 = 1e3;

const AN_HOUR: i64 = 60;
const A_DAY: i64 = 24 * AN_HOUR;
const FIVE_WEEKS: i64 = 35 * A_DAY;

/// What is left of what was seen when the hour, or the day, comes again.
const KEPT: f64 = 0.95;

/// Of a brand in a channel, and of each issue there, as far as all is known until `end`.
pub fn of(group: &Group<'_>, end: Millis) -> Vec<Signal> {
    let issues = group.cases.iter().filter_map(|case| issue(&case.course));
    let about: BTreeSet<_> = issues.map(Some).chain([None]).collect();
    let mut told = Vec::new();
    for about in about {
        let mut cases = BTreeMap::<i64, f64>::new();
        for case in &group.cases {
            let opened = minute(case.course.opened_at);
            if (about.is_none() || issue(&case.course) == about) && opened < minute(end) {
                *cases.entry(opened).or_default() += 1.0;
            }
        }
        for (from, to, expected) in surges(&cases) {
            let (from, to) = (Millis(from * MINUTE), Millis(to * MINUTE));
            let mut signal = group.signal(SignalKind::Surge, about.as_deref(), to, to.since(from));
            let within = cases.range(minute(from)..minute(to));
            signal.observed = within.map(|(_, cases)| cases).sum();
            signal.expected = expected;
            signal.details.insert("since".to_owned(), from.0.to_string());
            let about = about
                .as_ref()
                .map(|issue| ("issue".to_owned(), issue.to_string()));
            signal.details.extend(about);
            told.push(signal);
        }
    }
    told
}

/// The surges of these cases by minute: from when to when it took to see each, and the mean that was to be expected.
fn surges(cases: &BTreeMap<i64, f64>) -> Vec<(i64, i64, f64)> {
    let mut surges = Vec::new();
    let mut usual = Usual::default();
    // What speaks for a surge, since when, and what was expected since then; in a surge, what speaks for its end.
    let (mut evidence, mut since, mut expected) = (0.0_f64, None, 0.0);
    let (mut is_surge, mut calm) = (false, 0.0_f64);
    let mut next = cases.keys().next().copied();
    while let Some(at) = next {
        let Some((&following, _)) = cases.range(at..).next() else {
            break;
        };
        if following - at > FIVE_WEEKS {
            (usual, evidence, since, expected) = (Usual::default(), 0.0, None, 0.0);
            (is_surge, calm) = (false, 0.0);
            next = Some(following);
            continue;
        }
        let speaks = is_surge || evidence > 0.0;
        if at % AN_HOUR == 0 && !speaks && following >= at + AN_HOUR {
            usual.learn_empty_hour(at);
            next = Some(at + AN_HOUR);
            continue;
        }
        let count = cases.get(&at).copied().unwrap_or(0.0);
        let here = usual.expected(at);
        usual.learn(at, count, &here, !is_surge);
        next = Some(at + 1);
        if !here.judged {
            (evidence, since, expected) = (0.0, None, 0.0);
        } else if is_surge {
            calm = (calm - here.evidence(count, FACTOR.sqrt())).max(0.0);
            if calm >= OVER.ln() {
                (is_surge, calm) = (false, 0.0);
            }
        } else {
            evidence = (evidence + here.evidence(count, FACTOR)).max(0.0);
            if evidence == 0.0 {
                (since, expected) = (None, 0.0);
                continue;
            }
            let from = *since.get_or_insert(at);
            expected += here.mean;
            if evidence >= SURGE.ln() {
                surges.push((from, at + 1, expected));
                (evidence, since, expected, is_surge) = (0.0, None, 0.0, true);
            }
        }
    }
    surges
}

/// What was seen of an hour of the day, on working days or on days of rest.
#[derive(Clone, Copy, Default)]
struct Seen {
    cases: f64,
    minutes: f64,
}

/// What is usual.
struct Usual {
    /// Working days first.
    hours: [[Seen; 24]; 2],
    /// Of minutes: the sums of what was expected, of its square, and of squared errors.
    minutes: [f64; 3],
    /// Of whole quarters of an hour: the sums of what was expected, and of squared errors.
    quarters: [f64; 2],
    /// Of the quarter that is not over: what was expected, and the error.
    quarter: [f64; 2],
}

/// What is expected of a minute.
struct Expected {
    mean: f64,
    /// The greatest mean that is not in doubt; the variance is this and `alpha` times its square.
    most: f64,
    alpha: f64,
    /// How far counts are from it is learnt.
    known: bool,
    /// A count may speak for a surge.
    judged: bool,
}

impl Default for Usual {
    fn default() -> Self {
        Self {
            hours: [[Seen::default(); 24]; 2],
            minutes: [0.0; 3],
            quarters: [0.0; 2],
            quarter: [0.0; 2],
        }
    }
}

impl Usual {
    fn hour(&mut self, minute: i64) -> &mut Seen {
        let (kind, hour) = place(minute);
        &mut self.hours[kind][hour]
    }

    /// The mean of an hour, and the greatest that is not in doubt.
    fn rate(&self, minute: i64) -> (f64, f64) {
        let all = || self.hours.iter().flatten();
        let minutes: f64 = all().map(|seen| seen.minutes).sum();
        let rate = all().map(|seen| seen.cases).sum::<f64>() / minutes.max(1.0);
        let rate = rate.max(1.0 / A_DAY as f64);
        let beside = (2.0 / rate).min(60.0);
        let (kind, hour) = place(minute);
        let seen = self.hours[kind][hour];
        let (c, m) = (seen.cases + beside * rate, seen.minutes + beside);
        (c / m, (c + 2.0 * (self.dispersion() * (c + 1.0)).sqrt()) / m)
    }

    /// Variance over mean.
    fn dispersion(&self) -> f64 {
        let over = |errors: f64, expected: f64| (errors + 2.0 * 50.0) / (expected + 50.0);
        let of_minutes = over(self.minutes[2], self.minutes[0]);
        of_minutes.max(over(self.quarters[1], self.quarters[0])).max(1.0)
    }

    fn expected(&self, minute: i64) -> Expected {
        let into = (minute.rem_euclid(AN_HOUR) as f64 + 0.5) / AN_HOUR as f64 - 0.5;
        let beside = if into < 0.0 {
            minute - AN_HOUR
        } else {
            minute + AN_HOUR
        };
        let between = |here: f64, beside: f64| here + (beside - here) * into.abs();
        let (here, there) = (self.rate(minute), self.rate(beside));
        let (mean, most) = (between(here.0, there.0), between(here.1, there.1));
        let [expected, squares, errors] = self.minutes;
        let beyond = (errors - expected) / (squares + 50.0);
        let (kind, hour) = place(minute);
        let minutes = self.hours[kind][hour].minutes;
        Expected {
            mean,
            most,
            alpha: ((self.dispersion() - 1.0) / most).max(beyond),
            known: minutes >= 45.0,
            judged: minutes - minute.rem_euclid(AN_HOUR) as f64 >= 42.0,
        }
    }

    fn learn(&mut self, minute: i64, count: f64, expected: &Expected, errors: bool) {
        let seen = self.hour(minute);
        if minute % AN_HOUR == 0 {
            *seen = seen.again();
        }
        seen.minutes += 1.0;
        if !expected.known {
            seen.cases += count;
            return;
        }
        let deviation = (expected.most + expected.alpha * expected.most * expected.most).sqrt();
        let count = count.min((expected.most + 4.0 * deviation).max(4.0));
        seen.cases += count;
        if !errors {
            return;
        }
        self.day(minute);
        let (mean, error) = (expected.mean, count - expected.mean);
        self.minutes = add(self.minutes, [mean, mean * mean, error * error]);
        self.quarter = add(self.quarter, [mean, error]);
        if minute % 15 == 14 {
            let [mean, error] = std::mem::take(&mut self.quarter);
            self.quarters = add(self.quarters, [mean, error * error]);
        }
    }

    fn learn_empty_hour(&mut self, minute: i64) {
        let expected = self.expected(minute + 30);
        let seen = self.hour(minute);
        *seen = seen.again();
        seen.minutes += 60.0;
        if expected.known {
            self.day(minute);
            let mean = expected.mean;
            let squares = 60.0 * mean * mean;
            self.minutes = add(self.minutes, [60.0 * mean, squares, squares]);
            let errors = 4.0 * (15.0 * mean).powi(2);
            self.quarters = add(self.quarters, [60.0 * mean, errors]);
        }
    }

    /// A day begins.
    fn day(&mut self, minute: i64) {
        if minute % A_DAY == 0 {
            self.minutes = self.minutes.map(|sum| sum * KEPT);
            self.quarters = self.quarters.map(|sum| sum * KEPT);
        }
    }
}

impl Seen {
    fn again(self) -> Self {
        Self {
            cases: self.cases * KEPT,
            minutes: self.minutes * KEPT,
        }
    }
}

impl Expected {
    /// The logarithm of how much likelier a count is with so many times the mean: of negative binomial counts, or of
    /// Poisson's, where nothing is beyond chance.
    fn evidence(&self, count: f64, factor: f64) -> f64 {
        let Self { most, alpha, .. } = self;
        if *alpha < 1e-6 {
            return count * factor.ln() - (factor - 1.0) * most;
        }
        let more = 1.0 + alpha * factor * most;
        let usual = 1.0 + alpha * most;
        count * (factor * usual / more).ln() - (more / usual).ln() / alpha
    }
}

fn add<const N: usize>(sums: [f64; N], more: [f64; N]) -> [f64; N] {
    std::array::from_fn(|n| sums[n] + more[n])
}

/// Whether a day is one of rest (Saturday and Sunday), and the hour of it, by UTC. The first day of 1970 was a Thursday.
fn place(minute: i64) -> (usize, usize) {
    let weekday = (minute.div_euclid(A_DAY) + 3).rem_euclid(7);
    let hour = minute.rem_euclid(A_DAY) / AN_HOUR;
    (usize::from(weekday >= 5), hour as usize)
}
