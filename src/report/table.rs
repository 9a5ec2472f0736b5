//! A report as aligned tables of plain text.

mod layout;
mod people;

use smol_str::SmolStr;

use super::dimension::Label;
use super::figures::{Durations, Figures, LevelCounts};
use super::honest::HonestTime;
use super::{Filter, Group, Shown};
use layout::{Page, number, numbers, time};

/// The whole report, in lines of this width if it is bounded. Durations are in seconds, as the headings say.
pub fn render(report: &Shown, width: Option<usize>) -> String {
    let mut out = Page::new(width);
    out.text(&format!(
        "{} {}{}, as of {}",
        report.total.cases,
        if report.total.cases == 1 { "case" } else { "cases" },
        meant(&report.filter),
        time(report.as_of)
    ));
    out.end();
    let tables: [(&str, &[&str], Row); 6] = [
        (
            "Cases",
            &[
                "cases",
                "bystanders",
                "customer messages",
                "human replies",
                "waits",
                "answered",
                "never answered",
                "unanswered",
                "closed silently",
                "resolved",
                "reopened",
            ],
            cases,
        ),
        (
            "Times, in seconds",
            &[
                "answered",
                "first response p50",
                "p90",
                "max",
                "resolved",
                "resolution p50",
                "p90",
                "max",
            ],
            times,
        ),
        (
            "Honest times, in seconds: who still waits has waited at least until now",
            &[
                "waited",
                "no answer yet",
                "answer p50",
                "of the answered",
                "not resolved yet",
                "resolution p50",
                "of the resolved",
            ],
            honest,
        ),
        (
            "Service levels: met / breached / running",
            &["acknowledge", "answer", "next", "resolve"],
            levels,
        ),
        (
            "Attention",
            &[
                "at reply limit",
                "of them past it",
                "switched",
                "chased elsewhere",
                "escalated",
            ],
            attention,
        ),
        (
            "Follow-through",
            &[
                "solved at first contact",
                "not at first",
                "promises kept",
                "broken",
                "running",
                "transfers",
                "only deflected",
                "asked again",
                "echoes",
                "let go",
            ],
            follow_through,
        ),
    ];
    for (title, columns, row) in tables {
        table(&mut out, title, columns, row, report);
    }
    people::spectators(&mut out, report);
    people::surveys(&mut out, report);
    people::comparison(&mut out, report);
    people::expectations(&mut out, report);
    people::spread(&mut out, report);
    out.into_text()
}

type Row = fn(&Figures) -> Vec<String>;

fn cases(f: &Figures) -> Vec<String> {
    numbers([
        f.cases,
        f.bystanders,
        f.customer_messages,
        f.human_replies,
        f.waits,
        f.answered,
        f.never_answered,
        f.unanswered,
        f.closed_silently,
        f.resolved,
        f.reopened,
    ])
}

fn times(f: &Figures) -> Vec<String> {
    let of = |d: &Durations| {
        let shown = [d.p50, d.p90, d.max].map(number);
        std::iter::once(d.n.to_string()).chain(shown)
    };
    of(&f.first_response_s).chain(of(&f.resolution_s)).collect()
}

fn honest(f: &Figures) -> Vec<String> {
    let of = |time: &HonestTime| [time.waiting.to_string(), number(time.p50), number(time.plain_p50)];
    let waited = [f.honest_answer_s.n.to_string()];
    let both = of(&f.honest_answer_s)
        .into_iter()
        .chain(of(&f.honest_resolution_s));
    waited.into_iter().chain(both).collect()
}

fn levels(f: &Figures) -> Vec<String> {
    let levels = [
        f.levels.acknowledge,
        f.levels.answer,
        f.levels.next,
        f.levels.resolve,
    ];
    let shown = |counts: LevelCounts| match counts {
        counts if counts == LevelCounts::default() => "-".to_owned(),
        LevelCounts {
            met,
            breached,
            running,
        } => format!("{met} / {breached} / {running}"),
    };
    levels.map(shown).into()
}

fn attention(f: &Figures) -> Vec<String> {
    numbers([
        f.reply_limit.reached,
        f.reply_limit.exceeded,
        f.switched,
        f.chased_elsewhere,
        f.escalated,
    ])
}

fn follow_through(f: &Figures) -> Vec<String> {
    numbers([
        f.first_contact.solved,
        f.first_contact.not_solved,
        f.promises.kept,
        f.promises.broken,
        f.promises.running,
        f.transfers,
        f.deflected,
        f.chasers,
        f.echoes,
        f.let_go,
    ])
}

/// A table with a row a group, and one of all.
fn table(out: &mut Page, title: &str, columns: &[&str], row: Row, report: &Shown) {
    let rows: Vec<_> = groups(report)
        .map(|(labels, figures)| (labels, row(figures)))
        .collect();
    out.table(title, &report.by, columns, &rows);
}

/// The figures of each group, and of all, with what stands before them.
fn groups(report: &Shown) -> impl Iterator<Item = (Vec<String>, &Figures)> {
    let mut all = vec![String::new(); report.by.len().max(1)];
    all[0] = "all".to_owned();
    let labels = |group: &Group| {
        group
            .labels
            .0
            .iter()
            .map(|(_, label)| label.to_string())
            .collect()
    };
    let groups = report
        .groups
        .iter()
        .map(move |group| (labels(group), &group.figures));
    groups
        .filter(|_| !report.by.is_empty())
        .chain(std::iter::once((all, &report.total)))
}

/// Which cases are meant, unless all are.
fn meant(filter: &Filter) -> String {
    let names = |what: &str, names: &[SmolStr]| {
        let names: Vec<_> = names
            .iter()
            .map(|name| Label::Name(name.clone()).to_string())
            .collect();
        (!names.is_empty()).then(|| format!(" of {what} {}", names.join(", ")))
    };
    [
        names("brand", &filter.brands),
        names("channel", &filter.channels),
        filter.since.map(|since| format!(" opened since {}", time(since))),
        filter
            .until
            .map(|until| format!(" opened before {}", time(until))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use unicode_width::UnicodeWidthStr as _;

    use super::render;
    use crate::model::{Advocacy, Case, Millis, SlaState, Stage, SurveyScale};
    use crate::report::{Dimension, Filter, Report};

    fn report(by: &[Dimension], filter: Filter) -> Report {
        let mut report = Report::new(by, filter);
        for (channel, stage, brand, seconds) in [
            ("social", Stage::Onstage, Some("Parcels"), Some(6635)),
            ("social", Stage::Onstage, Some("包裹"), None),
            ("phone", Stage::Offstage, None, Some(184_807)),
        ] {
            report.add(&Case {
                channel: channel.into(),
                stage,
                brand: brand.map(Into::into),
                opened_at: Millis(1000),
                waits: 1,
                answered_at: seconds.map(|s| Millis((s + 1) * 1000)),
                first_response_ms: seconds.map(|s| s * 1000),
                sla_answer: if seconds == Some(6635) {
                    SlaState::Met
                } else {
                    SlaState::Breached
                },
                ..Case::default()
            });
        }
        report
    }

    const AS_OF: Millis = Millis(1_000_000_000);

    #[test]
    fn columns_line_up() {
        let report = report(&[Dimension::Channel, Dimension::Stage], Filter::default());
        insta::assert_snapshot!(render(&report.show(AS_OF), None));
    }

    fn surveyed() -> Report {
        let mut report = report(
            &[Dimension::Brand],
            Filter {
                since: Some(Millis(0)),
                ..Filter::default()
            },
        );
        for nth in 0..150 {
            let (promoters, answered) = if nth < 70 { (56, true) } else { (70 + 48, false) };
            report.add(&Case {
                channel: "email".into(),
                brand: Some("Parcels".into()),
                waits: 1,
                survey_scale: Some(SurveyScale::Nps0To10),
                advocacy: Some(if nth < promoters {
                    Advocacy::Promoter
                } else {
                    Advocacy::Detractor
                }),
                answered_at: answered.then_some(Millis(1)),
                ..Case::default()
            });
        }
        report
    }

    #[test]
    fn other_groups_with_surveys() {
        insta::assert_snapshot!(render(&surveyed().show(AS_OF), None));
    }

    /// CASES 46.
    #[test]
    fn it_fits_every_width_and_breaks_no_word() {
        let unbounded = render(&surveyed().show(AS_OF), None);
        let words: HashSet<&str> = unbounded.split_whitespace().collect();
        for width in [132, 100, 80, 60, 40] {
            let shown = render(&surveyed().show(AS_OF), Some(width));
            for line in shown.lines() {
                assert!(
                    line.width() <= width,
                    "{} columns of {width}: {line}",
                    line.width()
                );
            }
            // A title that is said once more is said in short: "Times, in seconds", "Times (continued)".
            let is_whole = |word: &&str| {
                let ends = [",", ":"].map(|end| format!("{word}{end}"));
                words.contains(word) || ends.iter().any(|word| words.contains(&**word))
            };
            let broken = shown
                .split_whitespace()
                .find(|word| !is_whole(word) && *word != "(continued)");
            assert_eq!(broken, None, "at {width}");
            let there: HashSet<&str> = shown.split_whitespace().collect();
            assert_eq!(
                words.iter().find(|word| !there.contains(*word)),
                None,
                "nothing is left out"
            );
            if [80, 60, 40].contains(&width) {
                insta::assert_snapshot!(format!("at_{width}_columns"), shown);
            }
        }
    }

    #[test]
    fn no_groups_and_no_cases() {
        insta::assert_snapshot!(render(&Report::new(&[], Filter::default()).show(AS_OF), None));
    }
}
