//! The live table: what is known, at a time, as lines of a width.

use super::happening::Happening;
use super::overview::{Overview, Waiting};
use super::text::{cut, isolated, padded, span};
use crate::model::{Millis, Stage};
use crate::report::figures::Figures;
use crate::report::lines::wrapped;

/// Columns below which a table says less in each line.
const NARROW: usize = 76;
/// No line is longer, on however wide a terminal; and a narrower one has to wrap.
const WIDEST: usize = 140;
const NARROWEST: usize = 33;

/// The table at `now` in the story: at most `height` lines of at most `width` columns. A `notice` stands
/// below its head.
pub fn table(
    notice: Option<&str>,
    overview: &Overview,
    now: Millis,
    width: usize,
    height: usize,
) -> Vec<String> {
    let width = width.clamp(NARROWEST, WIDEST);
    let waiting = overview.waiting();
    let mut lines = head(&overview.figures(now), &waiting, now, width);
    lines.extend(notice.map(|notice| cut(notice, width)));
    let columns = Columns::of(width);
    let order = columns.order();
    // A third of what is left tells what just happened; those who wait matter more.
    let room = height.saturating_sub(lines.len() + 4 + order.len());
    let news = (room / 3).min(overview.happened().len());
    let rows = room - news;
    lines.push(String::new());
    lines.extend(order);
    lines.push(columns.titles());
    let hidden = waiting.len().saturating_sub(rows);
    let shown = if hidden == 0 { rows } else { rows.saturating_sub(1) };
    for who in waiting.iter().take(shown) {
        lines.push(columns.row(who, now));
    }
    if hidden > 0 {
        lines.push(cut(
            &format!("and {} more who wait", waiting.len() - shown.min(waiting.len())),
            width,
        ));
    }
    if waiting.is_empty() {
        lines.push(cut("Nobody waits.", width));
    }
    lines.push(String::new());
    lines.push(cut("Just now", width));
    let happened = overview.happened();
    for happening in happened[happened.len() - news..].iter().rev() {
        lines.push(line(happening, width));
    }
    lines.truncate(height);
    lines
}

/// What happened, in one line of at most `width` columns.
pub fn line(happening: &Happening, width: usize) -> String {
    let Happening {
        at,
        who,
        channel,
        what,
        text,
        ..
    } = happening;
    let narrow = width < NARROW;
    let (time, names) = if narrow {
        (clock(*at, "%H:%M"), 12)
    } else {
        (clock(*at, "%a %H:%M"), 20)
    };
    let place = if narrow {
        String::new()
    } else {
        padded(channel, 10)
    };
    let left = format!("{time} {place}{} ", padded(&isolated(who, names), names));
    let room = width.saturating_sub(unicode_width::UnicodeWidthStr::width(left.as_str()));
    match text {
        None => format!("{left}{}", cut(what, room)),
        Some(text) => {
            let what = cut(&format!("{what}: "), room);
            let room = room.saturating_sub(what.len());
            format!("{left}{what}{}", isolated(text, room))
        }
    }
}

/// The time of the story, by a format of strftime.
pub(super) fn clock(at: Millis, format: &str) -> String {
    jiff::Timestamp::from_millisecond(at.0)
        .map(|time| time.strftime(format).to_string())
        .unwrap_or_default()
}

fn head(figures: &Figures, waiting: &[Waiting], now: Millis, width: usize) -> Vec<String> {
    let late = waiting.iter().filter(|who| who.due < now).count();
    let share = percent(figures.answered, figures.expecting());
    let first = figures
        .first_response_s
        .p50
        .map_or("-".to_owned(), |s| span(s * 1000));
    let time = clock(now, "%A, %-d %B, %H:%M");
    let parts = [
        time,
        format!("{} complaints", figures.cases),
        format!("{share} answered"),
        format!("half of them within {first}"),
        format!("{} wait, {late} for too long", waiting.len()),
    ];
    if width < NARROW {
        let parts = [
            parts[0].clone(),
            format!("{}, {}", parts[1], parts[2]),
            parts[3].clone(),
            parts[4].clone(),
        ];
        return parts
            .iter()
            .flat_map(|part| wrapped(part, Some(width), 2))
            .collect();
    }
    [
        format!("{}   {}", parts[0], parts[4]),
        format!("{}: {}, {}", parts[1], parts[2], parts[3]),
    ]
    .iter()
    .flat_map(|part| wrapped(part, Some(width), 2))
    .collect()
}

/// A share for people.
pub(super) fn percent(part: u64, of: u64) -> String {
    match of {
        0 => "-".into(),
        _ => format!("{} %", (part * 100 + of / 2) / of),
    }
}

/// How wide each column is; 0: left out.
struct Columns {
    width: usize,
    who: usize,
    place: usize,
    waits: usize,
    due: usize,
    text: usize,
}

impl Columns {
    fn of(width: usize) -> Self {
        // The longest: "late by 23 h 59".
        let due = 16;
        let (who, place, waits) = match width {
            NARROW.. => (20, 18, 10),
            48.. => (width - 35, 10, 9),
            _ => (width - 25, 0, 9),
        };
        let text = width.saturating_sub(who + place + waits + due);
        Self {
            width,
            who,
            place,
            waits,
            due,
            text: if width < NARROW { 0 } else { text },
        }
    }

    /// In what order they are, and what there is no room for.
    fn order(&self) -> Vec<String> {
        let mut order = "Who waits: whose answer is due first, first.".to_owned();
        let left_out = [(self.place, "where"), (self.text, "what they say")];
        let left_out: Vec<_> = left_out
            .iter()
            .filter(|(width, _)| *width == 0)
            .map(|(_, what)| *what)
            .collect();
        if !left_out.is_empty() {
            order.push_str(&format!(" Too narrow for: {}.", left_out.join(", ")));
        }
        wrapped(&order, Some(self.width), 2)
    }

    fn titles(&self) -> String {
        let text = cut("what they say", self.text);
        let [who, place, waits, due] = ["Who", "where", "waits", "answer due"].map(str::to_owned);
        self.cells([who, place, waits, due, text])
    }

    fn row(&self, who: &Waiting, now: Millis) -> String {
        let place = match who.stage {
            Stage::Onstage if self.place > 12 => format!("{}, in public", who.channel),
            _ => who.channel.clone(),
        };
        let left = who.due.since(now);
        let due = match left {
            0.. => format!("in {}", span(left)),
            _ => format!("late by {}", span(-left)),
        };
        self.cells([
            isolated(&who.who, self.who - 1),
            cut(&place, self.place.saturating_sub(1)),
            span(now.since(who.since)),
            due,
            isolated(&who.text, self.text),
        ])
    }

    fn cells(&self, [who, place, waits, due, text]: [String; 5]) -> String {
        let mut line = padded(&who, self.who);
        if self.place > 0 {
            line += &padded(&place, self.place);
        }
        line += &padded(&waits, self.waits);
        line += &cut(&due, self.due);
        if self.text > 0 {
            line = padded(&line, self.who + self.place + self.waits + self.due) + &text;
        }
        line.trim_end().to_owned()
    }
}

#[cfg(test)]
pub(super) mod tests;
