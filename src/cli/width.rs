//! How wide what is said may be.

use console::Term;

/// A page is not narrower than this, on however narrow a terminal: words have to fit.
const NARROWEST: usize = 40;

/// The value of `--width`.
pub(super) fn parse(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(width) if width >= NARROWEST => Ok(width),
        _ => Err(format!("write how many columns, at least {NARROWEST}")),
    }
}

/// The width of what goes to standard output: as asked for, else the terminal's, else what COLUMNS says; `None`: without
/// a bound, since nobody knows where it goes.
pub(super) fn of_output(asked: Option<usize>) -> Option<usize> {
    let terminal = Term::stdout();
    let of_terminal = || terminal.size_checked().filter(|_| terminal.is_term());
    let of_terminal = || of_terminal().map(|(_, columns)| usize::from(columns));
    let named = || std::env::var("COLUMNS").ok()?.parse().ok();
    let width = asked.or_else(of_terminal).or_else(named);
    width.map(|width: usize| width.max(NARROWEST))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn widths() {
        for (text, width) in [
            ("80", Some(80)),
            ("40", Some(40)),
            ("39", None),
            ("-1", None),
            ("wide", None),
        ] {
            assert_eq!(parse(text).ok(), width, "{text}");
        }
    }
}
