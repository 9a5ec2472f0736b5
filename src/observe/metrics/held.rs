//! Metrics of the cases held here, as they stand: what their rows count as, together. True right after a
//! restore, and gone with the partition, so that the sum over all instances is that of all cases.

use prometheus::proto::MetricFamily;

use super::State;
use super::cases::{DURATIONS, LEVELS_TAKEN_BACK, SUMS};
use super::family::Family;
use super::names;
use super::plan::{OTHER, Plan, STAGES};
use crate::desk::figures::conclusions::{self, Within};
use crate::desk::figures::surveyed::{Heard, Surveyed};
use crate::desk::figures::{BOUNDS, BUCKETS, Counted, LEVELS};
use crate::model::{Advocacy, Millis, Stage, SurveyScale};
use crate::processor::Total;

/// The label value of an instrument.
fn instrument(scale: SurveyScale) -> &'static str {
    match scale {
        SurveyScale::Nps0To10 => "nps",
        SurveyScale::Stars1To5 => "stars",
        SurveyScale::Csat1To5 => "csat",
    }
}

fn class(advocacy: Advocacy) -> &'static str {
    match advocacy {
        Advocacy::Promoter => "promoter",
        Advocacy::Passive => "passive",
        Advocacy::Detractor => "detractor",
    }
}

fn answered(heard: Heard) -> &'static str {
    match heard {
        Heard::Answered => "yes",
        Heard::Unanswered => "no",
        Heard::NotAsked => "not_asked",
    }
}

/// The total of a channel and stage; what is shown of it.
struct Group<'a> {
    channel: &'a str,
    stage: &'static str,
    /// Which of the levels are set for the channel.
    levels: [bool; LEVELS.len()],
    total: Total,
}

pub(super) fn gather(plan: &Plan, state: &State, now: Millis, scrape: &mut Vec<MetricFamily>) {
    let mut figures = Family::new(names::FIGURES);
    let mut surveyed = Family::new(names::SURVEYED);
    let mut answered_within = Family::new(names::ANSWERED_WITHIN);
    let mut resolved_within = Family::new(names::RESOLVED_WITHIN);
    let mut watching = Family::new(names::WATCHING);
    let mut seconds = Family::new(names::SPECTATOR_SECONDS);
    for group in groups(plan, state) {
        group.show_figures(&mut figures);
        group.show_surveys(&mut surveyed);
        group.show_within(Within::answered(&group.total), &mut answered_within);
        group.show_within(Within::resolved(&group.total), &mut resolved_within);
        group.show_spectators(now, &mut watching, &mut seconds);
    }
    let mut expects = Family::new(names::EXPECTS);
    for channel in &plan.channels {
        if let Some(share) = channel.expects {
            expects.value(&[&channel.name], share);
        }
    }
    for family in [
        figures,
        surveyed,
        answered_within,
        resolved_within,
        watching,
        seconds,
        expects,
    ] {
        family.finish(scrape);
    }
}

/// The totals of each channel in its own stage, and in the other if there is a case; those of channels that are
/// in the configuration no more together.
fn groups<'a>(plan: &'a Plan, state: &State) -> impl Iterator<Item = Group<'a>> {
    let mut totals: Vec<[Option<Total>; 2]> = vec![[None, None]; plan.channels.len() + 1];
    for (channel, place) in plan.channels.iter().zip(&mut totals) {
        place[usize::from(channel.stage == Stage::Offstage)] = Some(Total::default());
    }
    for held in state.held() {
        for (number, total) in held.totals.iter() {
            let (place, stage) = plan.group(number);
            let sum = &mut totals[place][usize::from(stage == Stage::Offstage)];
            sum.get_or_insert_default().add(total);
        }
    }
    let channels = plan.channels.iter().map(Some).chain([None]);
    channels.zip(totals).flat_map(|(channel, by_stage)| {
        let shown = STAGES.into_iter().zip(by_stage);
        shown.filter_map(move |((_, stage), total)| {
            Some(Group {
                channel: channel.map_or(OTHER, |channel| &channel.name),
                stage,
                levels: channel.map(|channel| channel.levels).unwrap_or_default(),
                total: total?,
            })
        })
    })
}

impl Group<'_> {
    fn show_figures(&self, family: &mut Family) {
        let mut show = |figure: &str, number| family.number(&[self.channel, figure, self.stage], number);
        for sum in &SUMS {
            show(sum.figure, sum.counted.of_total(&self.total));
        }
        for (level, [met, breached]) in LEVELS_TAKEN_BACK.into_iter().enumerate() {
            if self.levels[level] {
                show(met, Counted::Met(level).of_total(&self.total));
                show(breached, Counted::Breached(level).of_total(&self.total));
            }
        }
        for durations in &DURATIONS {
            let number = |bucket| (durations.bucket)(bucket).of_total(&self.total);
            show(durations.figure, (0..BUCKETS).map(number).sum());
        }
    }

    /// Of an instrument of which there is any survey, all.
    fn show_surveys(&self, family: &mut Family) {
        let has_any = |scale| {
            let of_scale = Surveyed::all().filter(|cell| cell.scale == scale);
            of_scale.map(|cell| cell.of_total(&self.total)).sum::<i64>() > 0
        };
        for cell in Surveyed::all().filter(|cell| has_any(cell.scale)) {
            let labels = [
                answered(cell.heard),
                self.channel,
                class(cell.advocacy),
                instrument(cell.scale),
                self.stage,
            ];
            family.number(&labels, cell.of_total(&self.total));
        }
    }

    fn show_within(&self, within: Within, family: &mut Family) {
        for (bound, number) in BOUNDS.iter().zip(within.bounds) {
            family.number(&[self.channel, self.stage, &bound.to_string()], number);
        }
        family.number(&[self.channel, self.stage, "Inf"], within.all);
    }

    fn show_spectators(&self, now: Millis, watching: &mut Family, seconds: &mut Family) {
        if self.stage != STAGES[0].1 {
            return; // offstage nobody watches
        }
        let amounts = &self.total.amounts;
        let people = conclusions::watching(amounts) as f64;
        watching.value(&[self.channel, self.stage], people);
        let [answered, waiting] = conclusions::spectators(amounts, now.0);
        for (is_answered, ms) in [("yes", answered), ("no", waiting)] {
            seconds.value(&[is_answered, self.channel, self.stage], ms as f64 / 1000.0);
        }
    }
}
