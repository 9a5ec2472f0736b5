use rand::RngExt as _;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::{Surge, SurgeRules, SurgeWatch};
use crate::model::Millis;

const DAY: i64 = 24 * 60;

/// Minutes after which a minute is decided.
const LATENESS: i64 = 10;

/// A Monday, 00:00, in minutes.
const MONDAY: i64 = 2500 * 7 * DAY + 4 * DAY;

/// Traffic with a daily rhythm, less on Saturdays and Sundays.
struct Traffic {
    random: ChaCha8Rng,
    /// Cases a minute, in the mean over a working day.
    rate: f64,
    /// Cases that come together: the variance of a minute is so many times its mean.
    together: u32,
}

impl Traffic {
    fn new(seed: u64, rate: f64, together: u32) -> Self {
        Self {
            random: ChaCha8Rng::seed_from_u64(seed),
            rate,
            together,
        }
    }

    fn mean(&self, minute: i64) -> f64 {
        let into_day = minute.rem_euclid(DAY) as f64 / DAY as f64;
        let rhythm = 1.0 + 0.8 * ((into_day - 0.3) * std::f64::consts::TAU).sin();
        let rests = (minute - MONDAY).rem_euclid(7 * DAY) >= 5 * DAY;
        self.rate * rhythm * if rests { 0.5 } else { 1.0 }
    }

    fn cases(&mut self, minute: i64, times: f64) -> u32 {
        let groups = self.mean(minute) * times / f64::from(self.together);
        self.together * self.poisson(groups)
    }

    fn poisson(&mut self, mean: f64) -> u32 {
        if mean > 30.0 {
            return self.poisson(mean / 2.0) + self.poisson(mean / 2.0);
        }
        let (mut count, mut left) = (0, self.random.random::<f64>());
        while left > (-mean).exp() {
            left *= self.random.random::<f64>();
            count += 1;
        }
        count
    }
}

fn at(minute: i64) -> Millis {
    Millis(minute * 60_000)
}

/// A key and its traffic, minute by minute, each decided when its time has come.
struct Key {
    watch: SurgeWatch,
    traffic: Traffic,
    rules: SurgeRules,
    minute: i64,
}

impl Key {
    fn new(traffic: Traffic) -> Self {
        Self {
            watch: SurgeWatch::default(),
            traffic,
            rules: SurgeRules::default(),
            minute: MONDAY,
        }
    }

    /// So many minutes with so many times the usual traffic; what was told, and how long after their
    /// beginning.
    fn pass(&mut self, minutes: i64, times: f64) -> Vec<(i64, Surge)> {
        let begin = self.minute;
        let mut told = Vec::new();
        while self.minute < begin + minutes {
            let cases = self.traffic.cases(self.minute, times);
            assert!(self.watch.count(self.minute, cases as i32));
            self.minute += 1;
            let surges = self.watch.decide(self.minute - LATENESS, &self.rules);
            told.extend(surges.into_iter().map(|surge| (self.minute - begin, surge)));
        }
        told
    }
}

const MONTH: i64 = 30 * DAY;

#[test]
fn a_month_without_a_surge_is_quiet() {
    for (seed, (rate, together)) in (1..).zip([
        (0.02, 1),
        (0.3, 1),
        (2.0, 1),
        (20.0, 1),
        (0.3, 4),
        (2.0, 3),
        (20.0, 2),
    ]) {
        let told = Key::new(Traffic::new(seed, rate, together)).pass(MONTH, 1.0);
        assert!(told.len() <= 1, "rate {rate}, together {together}: {told:?}");
    }
}

/// Three times the usual is told within five minutes of event time and the lateness bound, where eight
/// cases a minute are usual, or twenty if they come in pairs: once, however long it lasts, and again when
/// it has been over.
#[test]
fn three_times_the_usual_is_told_soon_and_once() {
    for seed in 1..=4 {
        for (rate, together) in [(8.0, 1), (20.0, 2)] {
            let what = format!("seed {seed}, rate {rate}, together {together}");
            let mut key = Key::new(Traffic::new(seed, rate, together));
            // At the middle of the third Monday's rise the rate is the mean one.
            let usual = key.pass(14 * DAY + 3 * DAY / 10, 1.0);
            assert_eq!(usual, [], "{what}");
            for _ in 0..2 {
                let begin = at(key.minute);
                let told = key.pass(120, 3.0);
                let [(after, surge)] = told[..] else {
                    panic!("{what}: {told:?}");
                };
                assert!(after <= 5 + LATENESS, "{what}: told after {after} minutes");
                assert_eq!(surge.at, at(key.minute - 120 + after - LATENESS), "{what}");
                assert!(surge.from.since(begin).abs() <= 5 * 60_000, "{what}: {surge:?}");
                let times = surge.observed as f64 / surge.expected;
                assert!((2.0..4.5).contains(&times), "{what}: {surge:?}");
                assert!(key.watch.is_surging(), "{what}");
                assert_eq!(key.pass(60, 1.0), [], "{what}");
                assert!(!key.watch.is_surging(), "{what}");
            }
        }
    }
}

/// Twice as much is nearer to three times than to the usual, so it is found; half as much again is not.
#[test]
fn twice_the_usual_is_told_later_and_half_as_much_again_never() {
    let mut key = Key::new(Traffic::new(5, 10.0, 1));
    key.pass(21 * DAY + 3 * DAY / 10, 1.0);
    assert_eq!(key.pass(120, 1.5), []);
    assert_eq!(key.pass(120, 2.0).len(), 1);
}

/// What stays becomes the usual; and the first surge of it is the only one told.
#[test]
fn what_stays_becomes_the_usual() {
    let mut key = Key::new(Traffic::new(6, 5.0, 1));
    key.pass(14 * DAY, 1.0);
    let told = key.pass(56 * DAY, 3.0);
    assert!(!key.watch.is_surging());
    assert!((1..=3).contains(&told.len()), "{told:?}");
    key.traffic.rate *= 3.0;
    assert_eq!(key.pass(7 * DAY, 1.0), []);
}

/// A key that has learnt a fortnight of traffic, at 07:12.
fn learnt() -> Key {
    let mut key = Key::new(Traffic::new(7, 10.0, 1));
    key.pass(14 * DAY + 3 * DAY / 10, 1.0);
    key
}

#[test]
fn nothing_is_counted_once_it_is_decided() {
    let Key {
        mut watch,
        rules,
        minute,
        ..
    } = learnt();
    assert!(watch.count(minute, 500));
    assert_eq!(watch.decide(minute, &rules), []);
    assert!(watch.count(minute, 1));
    let told = watch.decide(minute + 1, &rules);
    let [
        Surge {
            at: when, observed, ..
        },
    ] = told[..]
    else {
        panic!("{told:?}");
    };
    assert_eq!(when, at(minute + 1));
    assert!(observed >= 501);
    assert!(!watch.count(minute, 1));
}

#[test]
fn what_is_taken_back_does_not_count() {
    let Key {
        mut watch,
        rules,
        minute,
        ..
    } = learnt();
    watch.count(minute, 500);
    watch.count(minute, -495);
    assert_eq!(watch.decide(minute + 30 - LATENESS, &rules), []);
}

/// The order of arrival, and how often it is looked, make no difference.
#[test]
fn one_look_sees_the_same_as_many() {
    let Key {
        watch: before,
        mut traffic,
        rules,
        minute: begin,
    } = learnt();
    let minutes: Vec<_> = (begin..begin + 200)
        .map(|minute| {
            (
                minute,
                traffic.cases(minute, if minute < begin + 100 { 3.0 } else { 1.0 }) as i32,
            )
        })
        .collect();
    let mut often = before.clone();
    let mut told_often = Vec::new();
    for (minute, cases) in &minutes {
        often.count(*minute, *cases);
        told_often.extend(often.decide(minute + 1 - LATENESS, &rules));
    }
    let mut once = before;
    for (minute, cases) in minutes.iter().rev() {
        for _ in 0..*cases {
            once.count(*minute, 1);
        }
    }
    let told_once = once.decide(begin + 200 - LATENESS, &rules);
    assert_eq!(told_often.len(), 1);
    assert_eq!(told_once, told_often);
    assert_eq!(once, often);
}

#[test]
fn a_key_that_was_silent_for_long_begins_anew() {
    let Key {
        mut watch,
        rules,
        minute,
        ..
    } = learnt();
    let later = minute + 400 * DAY;
    assert_eq!(watch.decide(later, &rules), []);
    assert_eq!(watch, SurgeWatch::default());
    watch.count(later, 500);
    // Nothing is known of it yet.
    assert_eq!(watch.decide(later + DAY / 2, &rules), []);
}

#[test]
fn it_is_small_and_reads_back() {
    let key = learnt();
    let bytes = postcard::to_allocvec(&key.watch).expect("it is plain data");
    assert!(bytes.len() < 520, "{}", bytes.len());
    assert_eq!(postcard::from_bytes(&bytes), Ok(key.watch));
}

/// What comes rarely is learnt by the hour where there is nothing, and that makes no difference to how
/// often it is looked.
#[test]
fn long_silences_are_looked_at_once_or_often_alike() {
    let rules = SurgeRules::default();
    let cases = [5, 6, 200, 3000, 3001, 3059, 3060, 9000].map(|minute| MONDAY + minute);
    let mut often = SurgeWatch::default();
    for minute in MONDAY..MONDAY + 9100 {
        if cases.contains(&minute) {
            assert!(often.count(minute, 1));
        }
        assert_eq!(often.decide(minute + 1, &rules), []);
    }
    let mut once = SurgeWatch::default();
    cases.into_iter().for_each(|minute| _ = once.count(minute, 1));
    assert_eq!(once.decide(MONDAY + 9100, &rules), []);
    assert_eq!(once, often);
}

/// An hour that was not seen on a day before is not known to its end.
#[test]
fn on_the_first_day_nothing_is_a_surge() {
    let mut watch = SurgeWatch::default();
    for minute in MONDAY..MONDAY + DAY {
        assert!(watch.count(minute, if minute % 60 < 50 { 1 } else { 50 }));
    }
    assert_eq!(watch.decide(MONDAY + DAY, &SurgeRules::default()), []);
}

/// What spoke for a surge before hours that were not known yet is not next to what comes after them: here before the
/// first Saturday.
#[test]
fn a_surge_does_not_reach_over_hours_that_are_not_known() {
    let mut watch = SurgeWatch::default();
    let (friday_ends, sunday) = (MONDAY + 5 * DAY, MONDAY + 6 * DAY);
    let cases = |minute| match minute {
        _ if minute >= sunday => 12,
        _ if (friday_ends - 3..friday_ends).contains(&minute) => 5,
        _ => 1,
    };
    for minute in MONDAY..sunday + 20 {
        assert!(watch.count(minute, cases(minute)));
    }
    let told = watch.decide(sunday + 20, &SurgeRules::default());
    let [surge] = told[..] else {
        panic!("one, not {told:?}")
    };
    let minutes = surge.at.since(surge.from) / 60_000;
    assert_eq!(surge.from, at(sunday));
    assert_eq!(surge.observed, 12 * minutes as u64);
}
