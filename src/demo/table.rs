//! The live table: what is known, at a time, as lines of a width.

use super::happening::Happening;
use super::overview::{Overview, Waiting};
use super::text::{cut, isolated, padded, span};
use crate::model::{Millis, Stage};
use crate::report::figures::Figures;

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
    // A third of what is left tells what just happened; those who wait matter more.
    let room = height.saturating_sub(lines.len() + 4);
    let news = (room / 3).min(overview.happened().len());
    let rows = room - news;
    lines.push(String::new());
    lines.push(Columns::of(width).titles());
    let hidden = waiting.len().saturating_sub(rows);
    let shown = if hidden == 0 { rows } else { rows.saturating_sub(1) };
    for who in waiting.iter().take(shown) {
        lines.push(Columns::of(width).row(who, now));
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
    let late = waiting.iter().filter(|who| who.due <= now).count();
    let share = percent(figures.answered, figures.cases);
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
        return vec![
            cut(&parts[0], width),
            cut(&format!("{}, {}", parts[1], parts[2]), width),
            cut(&parts[3], width),
            cut(&parts[4], width),
        ];
    }
    vec![
        cut(&format!("{}   {}", parts[0], parts[4]), width),
        cut(&format!("{}: {}, {}", parts[1], parts[2], parts[3]), width),
    ]
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
    who: usize,
    place: usize,
    waits: usize,
    due: usize,
    text: usize,
}

impl Columns {
    fn of(width: usize) -> Self {
        let (who, place, waits, due) = if width < NARROW {
            (13, 10, 9, width.saturating_sub(32))
        } else {
            (20, 18, 10, 11)
        };
        let text = width.saturating_sub(who + place + waits + due + 1);
        Self {
            who,
            place,
            waits,
            due,
            text: if width < NARROW { 0 } else { text },
        }
    }

    fn titles(&self) -> String {
        self.cells(["Who", "where", "waits", "due in", "what they say"].map(str::to_owned))
    }

    fn row(&self, who: &Waiting, now: Millis) -> String {
        let place = match who.stage {
            Stage::Onstage if self.place > 12 => format!("{}, in public", who.channel),
            _ => who.channel.clone(),
        };
        let left = who.due.since(now);
        let due = if left <= 0 { "LATE".into() } else { span(left) };
        self.cells([
            isolated(&who.who, self.who - 1),
            cut(&place, self.place - 1),
            span(now.since(who.since)),
            due,
            isolated(&who.text, self.text),
        ])
    }

    fn cells(&self, [who, place, waits, due, text]: [String; 5]) -> String {
        let mut line = padded(&who, self.who) + &padded(&place, self.place) + &padded(&waits, self.waits);
        line += &cut(&due, self.due);
        if self.text > 0 {
            line = padded(&line, self.who + self.place + self.waits + self.due) + &text;
        }
        line.trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests;
