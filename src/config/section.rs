//! Reads TOML tables value by value and collects every problem with its line.
//!
//! Used for the configuration and for ingest maps alike: a [`Document`] is parsed once, a
//! [`Section`] hands out its values, and what nobody asked for is reported as unknown, with the
//! nearest name that would have been known.

use std::cell::RefCell;
use std::fs;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Problem, Problems};
use super::value::FromToml;

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
        let (table, errors) = DeTable::parse_recoverable(&self.text);
        let problems = RefCell::new(Vec::new());
        let reporter = Reporter {
            document: self,
            problems: &problems,
        };
        for error in errors {
            reporter.report(error.span().unwrap_or(0..0), error.message().to_owned());
        }
        if !problems.borrow().is_empty() {
            return Err(sorted(problems));
        }
        let mut top = Section::new(reporter, table.get_ref(), table.span(), String::new());
        let value = read(&mut top);
        top.finish();
        if problems.borrow().is_empty() {
            Ok(value)
        } else {
            Err(sorted(problems))
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

#[derive(Clone, Copy)]
struct Reporter<'d> {
    document: &'d Document,
    problems: &'d RefCell<Vec<Problem>>,
}

impl Reporter<'_> {
    fn report(&self, span: Range<usize>, what: String) {
        self.problems.borrow_mut().push(Problem {
            file: self.document.name.clone(),
            line: self.document.line(span.start),
            what,
        });
    }
}

/// One table of a document. Call [`Section::finish`] when everything has been asked for.
pub struct Section<'d> {
    reporter: Reporter<'d>,
    table: &'d DeTable<'d>,
    span: Range<usize>,
    path: String,
    asked: Vec<String>,
}

impl<'d> Section<'d> {
    fn new(reporter: Reporter<'d>, table: &'d DeTable<'d>, span: Range<usize>, path: String) -> Self {
        Self {
            reporter,
            table,
            span,
            path,
            asked: Vec::new(),
        }
    }

    /// The dotted path of this table; empty at the top.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The dotted path of a key in this table.
    pub fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// The keys that are there, in order.
    pub fn keys(&self) -> Vec<&'d str> {
        self.table.keys().map(|key| &**key.get_ref()).collect()
    }

    /// The value of `key`; `None` if it is missing, or wrong and thereby reported.
    pub fn get<T: FromToml>(&mut self, key: &str) -> Option<T> {
        let value = self.raw(key)?;
        match T::from_toml(value.get_ref()) {
            Ok(read) => Some(read),
            Err(allowed) => {
                let what = format!("{} must be {allowed}.", self.path_of(key));
                self.reporter.report(value.span(), what);
                None
            }
        }
    }

    /// The value of `key`, or `otherwise`.
    pub fn get_or<T: FromToml>(&mut self, key: &str, otherwise: T) -> T {
        self.get(key).unwrap_or(otherwise)
    }

    /// The value of `key`; if it is missing that is reported, with `mend`, and `otherwise` stands in
    /// until the end.
    pub fn require<T: FromToml>(&mut self, key: &str, otherwise: T, mend: &str) -> T {
        if self.has(key) {
            return self.get_or(key, otherwise);
        }
        let of = if self.path.is_empty() {
            "the file"
        } else {
            &self.path
        };
        let what = format!("{of} has no {key}. {mend}");
        self.asked.push(key.to_owned());
        self.reporter.report(self.span.clone(), what);
        otherwise
    }

    /// The table at `key`, if there is one; anything else there is reported.
    pub fn section(&mut self, key: &str) -> Option<Section<'d>> {
        let value = self.raw(key)?;
        self.as_section(value, self.path_of(key))
    }

    /// The tables of the array at `key`; a single table counts as an array of one.
    pub fn sections(&mut self, key: &str) -> Vec<Section<'d>> {
        let path = self.path_of(key);
        let Some(value) = self.raw(key) else {
            return Vec::new();
        };
        match value.get_ref() {
            DeValue::Array(items) => {
                let items = items.iter().enumerate();
                items
                    .filter_map(|(i, item)| self.as_section(item, format!("{path}[{i}]")))
                    .collect()
            }
            _ => self.as_section(value, path).into_iter().collect(),
        }
    }

    /// Whether there is a `key`, right or wrong.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Whether `key` holds a table.
    pub fn is_table(&self, key: &str) -> bool {
        self.table
            .get(key)
            .is_some_and(|value| value.get_ref().is_table())
    }

    /// Reports a problem with the value of `key`, or with the table if there is none.
    pub fn problem(&self, key: &str, what: impl Into<String>) {
        let span = self.table.get(key).map_or(self.span.clone(), Spanned::span);
        self.reporter.report(span, what.into());
    }

    /// Reports every key that was not asked for.
    pub fn finish(self) {
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if self.asked.iter().any(|asked| asked == name) {
                continue;
            }
            let mut what = format!("{} is not known here.", self.path_of(name));
            match nearest(name, &self.asked) {
                Some(near) => what.push_str(&format!(" Did you mean {near}?")),
                None if self.asked.is_empty() => {}
                None => what.push_str(&format!(" Known: {}.", self.asked.join(", "))),
            }
            self.reporter.report(key.span(), what);
        }
    }

    fn raw(&mut self, key: &str) -> Option<&'d Spanned<DeValue<'d>>> {
        if !self.asked.iter().any(|asked| asked == key) {
            self.asked.push(key.to_owned());
        }
        self.table.get(key)
    }

    fn as_section(&self, value: &'d Spanned<DeValue<'d>>, path: String) -> Option<Section<'d>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(Section::new(self.reporter, table, value.span(), path)),
            other => {
                let what = format!("{path} must be a table, not a {}.", other.type_str());
                self.reporter.report(value.span(), what);
                None
            }
        }
    }
}

/// The known name closest to `name`, if a slip of the keyboard would explain it.
fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let close = known.iter().map(|known| (distance(name, known), known.as_str()));
    let (distance, known) = close.min()?;
    (distance <= 1 + name.len() / 4).then_some(known)
}

/// Levenshtein distance: insertions, deletions and substitutions of characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{Document, distance};

    #[test]
    fn every_problem_comes_with_its_line() {
        let document = Document::new(
            "heard.toml",
            "name = 1\n\n[shop]\nopne = true\nzzzzzz = 2\nage = -3\n",
        );
        let problems = document
            .interpret(|top| {
                top.get::<String>("name");
                let mut shop = top.section("shop").expect("there is a shop");
                shop.get::<bool>("open");
                shop.get::<u32>("age");
                shop.require("city", String::new(), "Where is it?");
                shop.finish();
            })
            .expect_err("five things are wrong");
        insta::assert_snapshot!(problems.to_string(), @r#"
        heard.toml:1  name must be a text in quotes.
        heard.toml:3  shop has no city. Where is it?
        heard.toml:4  shop.opne is not known here. Did you mean open?
        heard.toml:5  shop.zzzzzz is not known here. Known: open, age, city.
        heard.toml:6  shop.age must be a whole number from 0.
        "#);
    }

    #[test]
    fn syntax_errors_come_before_all_others() {
        let problems = Document::new("m.toml", "a = \nb = 2\nc = [1,\n")
            .interpret(|_| ())
            .expect_err("not TOML");
        assert!(problems.0.iter().any(|p| p.line == 1), "{problems}");
        assert!(problems.0.len() > 1, "{problems}");
    }

    #[test]
    fn distances() {
        for (a, b, d) in [
            ("", "", 0),
            ("abc", "", 3),
            ("opne", "open", 2),
            ("stage", "stages", 1),
        ] {
            assert_eq!(distance(a, b), d, "{a} {b}");
            assert_eq!(distance(b, a), d, "{b} {a}");
        }
    }
}
