//! A TOML file as it was written, and where its problems go.

use std::cell::RefCell;
use std::fs;
use std::ops::Range;
use std::path::Path;

use toml::de::DeTable;

use super::book::Book;
use super::given::{Given, nearest_variable};
use super::problem::{Problem, Problems};
use super::section::Section;

/// A TOML file as it was written.
#[derive(Clone, Debug)]
pub struct Document {
    name: String,
    text: String,
}

impl Document {
    /// A document called `name` in messages.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// One [`Problem`] if it cannot be read or is not UTF-8.
    pub fn read(path: &Path) -> Result<Self, Problems> {
        let name = path.display().to_string();
        match fs::read_to_string(path) {
            Ok(text) => Ok(Self { name, text }),
            Err(error) => Err(Problems::with_file(
                name,
                format!("cannot be read: {error}. Check the path."),
            )),
        }
    }

    /// Parses the document and lets `read` take what it needs from the top table.
    ///
    /// # Errors
    /// Every syntax error; or else every problem that `read` met, and every key it did not ask for.
    pub fn interpret<T>(&self, read: impl FnOnce(&mut Section<'_>) -> T) -> Result<T, Problems> {
        self.interpret_with(&Given::default(), None, read)
    }

    /// As [`Document::interpret`], with values from outside that come before those of the document,
    /// and a book in which every setting asked for is noted.
    pub(super) fn interpret_with<T>(
        &self,
        given: &Given,
        book: Option<&RefCell<Book>>,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> Result<T, Problems> {
        let (table, errors) = DeTable::parse_recoverable(&self.text);
        let found = RefCell::default();
        let asked = RefCell::default();
        let reporter = Reporter {
            document: self,
            given,
            book,
            problems: &found,
            asked: &asked,
        };
        for error in errors {
            let what = error.message().trim_end_matches('.');
            let what = format!("this is not TOML: {what}.");
            reporter.report(error.span().unwrap_or(0..0), Problem::of("", what));
        }
        if !found.borrow().is_empty() {
            return Err(sorted(found));
        }
        let mut top = Section::top(reporter, table.get_ref(), table.span());
        let value = read(&mut top);
        top.finish();
        for name in given.unknown() {
            let near = nearest_variable(name, &asked.borrow());
            let mut what = "is no setting.".to_owned();
            match &near {
                Some(near) => what.push_str(&format!(" Did you mean {near}?")),
                None => what.push_str(
                    " It would be HEARD_, the setting's path in capitals, and two underscores for each dot, such \
                     as HEARD_ENGINE__WORKERS.",
                ),
            }
            found.borrow_mut().push(Problem {
                file: format!("environment variable {name}"),
                nearest: near,
                ..Problem::of("", what)
            });
        }
        if found.borrow().is_empty() {
            Ok(value)
        } else {
            Err(sorted(found))
        }
    }

    fn line(&self, at: usize) -> usize {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        1 + before.iter().filter(|&&byte| byte == b'\n').count()
    }
}

fn sorted(problems: RefCell<Vec<Problem>>) -> Problems {
    let mut problems = problems.into_inner();
    problems.sort();
    problems.dedup();
    Problems(problems)
}

/// Where the sections of a document take values from besides it, and where their problems go.
#[derive(Clone, Copy)]
pub(super) struct Reporter<'d> {
    document: &'d Document,
    pub given: &'d Given,
    pub book: Option<&'d RefCell<Book>>,
    problems: &'d RefCell<Vec<Problem>>,
    asked: &'d RefCell<Vec<String>>,
}

impl Reporter<'_> {
    /// A problem at a place of the document.
    pub fn report(&self, span: Range<usize>, problem: Problem) {
        let line = if self.document.text.is_empty() {
            0
        } else {
            self.document.line(span.start)
        };
        self.report_from(&self.document.name, line, problem);
    }

    /// A problem with a value from somewhere else.
    pub fn report_from(&self, origin: &str, line: usize, problem: Problem) {
        self.problems.borrow_mut().push(Problem {
            file: origin.to_owned(),
            line,
            ..problem
        });
    }

    /// Notes that somebody asked for the setting at `path`.
    pub fn ask(&self, path: String) {
        self.asked.borrow_mut().push(path);
    }
}
