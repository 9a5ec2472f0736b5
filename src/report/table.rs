//! A report as aligned tables of plain text.

use std::fmt::Write as _;

use super::figures::{Durations, Figures, LevelCounts};
use super::{Group, Shown};
use crate::model::Stage;

/// The whole report. Durations are in seconds, as the headings say.
pub fn render(report: &Shown) -> String {
    let mut out = String::new();
    let tables: [(&str, &[&str], Row); 4] = [
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
    ];
    for (i, (title, columns, row)) in tables.into_iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        table(&mut out, title, columns, row, report);
    }
    out
}

type Row = fn(&Figures) -> Vec<String>;

fn cases(f: &Figures) -> Vec<String> {
    let counts = [
        f.cases,
        f.bystanders,
        f.customer_messages,
        f.human_replies,
        f.waits,
        f.answered,
        f.never_answered,
        f.unanswered,
        f.resolved,
        f.reopened,
    ];
    counts.iter().map(u64::to_string).collect()
}

fn times(f: &Figures) -> Vec<String> {
    let of = |d: &Durations| {
        let seconds = [d.p50, d.p90, d.max];
        let shown = seconds.map(|s| s.map_or("-".to_owned(), |s| s.to_string()));
        std::iter::once(d.n.to_string()).chain(shown)
    };
    of(&f.first_response_s).chain(of(&f.resolution_s)).collect()
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
    let counts = [
        f.reply_limit.reached,
        f.reply_limit.exceeded,
        f.switched,
        f.chased_elsewhere,
        f.escalated,
    ];
    counts.iter().map(u64::to_string).collect()
}

fn table(out: &mut String, title: &str, columns: &[&str], row: Row, report: &Shown) {
    out.push_str(title);
    out.push('\n');
    let heading = ["channel", "stage"].into_iter().chain(columns.iter().copied());
    let mut lines: Vec<Vec<String>> = vec![heading.map(str::to_owned).collect()];
    for Group {
        channel,
        stage,
        figures,
    } in &report.groups
    {
        let stage = match stage {
            Stage::Onstage => "onstage",
            Stage::Offstage => "offstage",
        };
        lines.push(
            [channel.to_string(), stage.to_owned()]
                .into_iter()
                .chain(row(figures))
                .collect(),
        );
    }
    lines.push(
        ["all".to_owned(), String::new()]
            .into_iter()
            .chain(row(&report.total))
            .collect(),
    );
    let widths: Vec<usize> = (0..columns.len() + 2)
        .map(|column| {
            lines
                .iter()
                .map(|line| line[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    for line in lines {
        let mut text = String::new();
        for (column, (cell, &width)) in line.iter().zip(&widths).enumerate() {
            // Names to the left, figures to the right. Writing to a String cannot fail.
            let _ = match column {
                0 | 1 => write!(text, "{cell:<width$}  "),
                _ => write!(text, "{cell:>width$}  "),
            };
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::model::{Case, Millis, Stage};
    use crate::report::Report;

    #[test]
    fn columns_line_up() {
        let mut report = Report::default();
        for (channel, stage, seconds) in [
            ("social", Stage::Onstage, Some(6635)),
            ("social", Stage::Onstage, None),
            ("phone", Stage::Offstage, Some(184_807)),
        ] {
            report.add(&Case {
                channel: channel.into(),
                stage,
                answered_at: seconds.map(|s| Millis(s * 1000)),
                first_response_ms: seconds.map(|s| s * 1000),
                ..Case::default()
            });
        }
        insta::assert_snapshot!(render(&report.show()), @r"
        Cases
        channel  stage     cases  bystanders  customer messages  human replies  waits  answered  never answered  unanswered  resolved  reopened
        phone    offstage      1           0                  0              0      0         1               0           0         0         0
        social   onstage       2           0                  0              0      0         1               1           0         0         0
        all                    3           0                  0              0      0         2               1           0         0         0

        Times, in seconds
        channel  stage     answered  first response p50     p90     max  resolved  resolution p50  p90  max
        phone    offstage         1              184807  184807  184807         0               -    -    -
        social   onstage          1                6635    6635    6635         0               -    -    -
        all                       2                6635  184807  184807         0               -    -    -

        Service levels: met / breached / running
        channel  stage     acknowledge  answer  next  resolve
        phone    offstage            -       -     -        -
        social   onstage             -       -     -        -
        all                          -       -     -        -

        Attention
        channel  stage     at reply limit  of them past it  switched  chased elsewhere  escalated
        phone    offstage               0                0         0                 0          0
        social   onstage                0                0         0                 0          0
        all                             0                0         0                 0          0
        ");
    }
}
