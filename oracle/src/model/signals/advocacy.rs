//! Rule 13: promoters among answered cases less those among unanswered ones, of each week and instrument, with
//! Newcombe's interval, from 30 surveys a side on.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use heard::model::{Advocacy, Millis, Signal, SignalKind, SurveyScale};

use super::{Group, hour};
use crate::model::record::advocacy;
use crate::rules::DAY;

const WEEK: i64 = 7 * DAY;

/// The first Monday after 1970 began.
const MONDAY: i64 = 4 * DAY;

/// Surveyed cases, and promoters among them.
#[derive(Clone, Copy, Default)]
struct Side {
    surveyed: u32,
    promoters: u32,
}

impl Side {
    fn share(self) -> f64 {
        f64::from(self.promoters) / f64::from(self.surveyed)
    }

    /// E. B. Wilson's interval, 95 % (1927, Journal of the American Statistical Association 22:209-212).
    fn interval(self) -> (f64, f64) {
        let (n, p, z) = (f64::from(self.surveyed), self.share(), 1.959_963_984_540_054);
        let middle = p + z * z / (2.0 * n);
        let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        let whole = 1.0 + z * z / n;
        ((middle - half) / whole, (middle + half) / whole)
    }
}

/// Of a stretch of time: a signal for each week and instrument with enough surveys on both sides.
pub fn of(group: &Group<'_>, time: &RangeInclusive<i64>) -> Vec<Signal> {
    let week_of = |at: Millis| (at.0 - MONDAY).div_euclid(WEEK);
    let scores = || {
        group
            .scores
            .iter()
            .filter(|(score, _)| time.contains(&hour(score.at)))
    };
    let sides = |scale: SurveyScale, weeks: &dyn Fn(i64) -> bool| {
        let mut sides = [Side::default(); 2];
        for (score, is_answered) in
            scores().filter(|(score, _)| score.scale == scale && weeks(week_of(score.at)))
        {
            let side = &mut sides[usize::from(!is_answered)];
            side.surveyed += 1;
            side.promoters += u32::from(advocacy(scale, score.score) == Advocacy::Promoter);
        }
        sides
    };
    let enough = |sides: [Side; 2]| sides.iter().all(|side| side.surveyed >= 30).then_some(sides);
    let weeks: BTreeSet<_> = scores()
        .map(|(score, _)| (week_of(score.at), score.scale))
        .collect();
    let told = weeks.into_iter().filter_map(|(week, scale)| {
        let [answered, unanswered] = enough(sides(scale, &|other| other == week))?;
        let before = enough(sides(scale, &|other| other < week));
        let at = Millis(MONDAY + (week + 1) * WEEK);
        let instrument = scale.symbol();
        let mut signal = group.signal(SignalKind::Advocacy, Some(instrument), at, WEEK);
        signal.observed = answered.share() - unanswered.share();
        signal.expected = before.map_or(0.0, |[answered, unanswered]| {
            answered.share() - unanswered.share()
        });
        let (low, high) = newcombe(answered, unanswered);
        let unknown = before.is_none().then(|| ("before", "unknown".to_owned()));
        let details = [
            ("instrument", instrument.to_owned()),
            ("interval_low", format!("{low:.4}")),
            ("interval_high", format!("{high:.4}")),
            ("answered_surveyed", answered.surveyed.to_string()),
            ("answered_promoters", answered.promoters.to_string()),
            ("unanswered_surveyed", unanswered.surveyed.to_string()),
            ("unanswered_promoters", unanswered.promoters.to_string()),
        ];
        let details = details.into_iter().chain(unknown);
        signal
            .details
            .extend(details.map(|(name, value)| (name.to_owned(), value)));
        Some(signal)
    });
    told.collect()
}

/// R. G. Newcombe 1998, Statistics in Medicine 17:873-890, method 10.
fn newcombe(first: Side, second: Side) -> (f64, f64) {
    let difference = first.share() - second.share();
    let ((low, high), (low_2, high_2)) = (first.interval(), second.interval());
    let below = ((first.share() - low).powi(2) + (high_2 - second.share()).powi(2)).sqrt();
    let above = ((high - first.share()).powi(2) + (second.share() - low_2).powi(2)).sqrt();
    (difference - below, difference + above)
}
