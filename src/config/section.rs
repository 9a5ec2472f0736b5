//! Reads TOML tables value by value and collects every problem with its line.
//!
//! Used for the configuration and for ingest maps alike: a [`Document`] is parsed once, a
//! [`Section`] hands out its values, and what nobody asked for is reported as unknown, with the
//! nearest name that would have been known. A setting of the configuration is declared where it is
//! read, by [`Section::setting`] or [`Section::optional`]; its environment variable, its lines in
//! heard.example.toml and docs/configuration.md follow from that.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::book::{Entry, Setting, Shown};
pub use super::document::Document;
use super::document::Reporter;
use super::nearest::nearest;
use super::problem::Problem;
use super::value::{FromToml, ToToml, show};

/// One table of a document, there or not. Call [`Section::finish`] when everything has been asked for.
pub struct Section<'d> {
    reporter: Reporter<'d>,
    table: Option<&'d DeTable<'d>>,
    span: Range<usize>,
    path: String,
    pattern: String,
    secret: bool,
    asked: Vec<String>,
}

impl<'d> Section<'d> {
    pub(super) fn top(reporter: Reporter<'d>, table: &'d DeTable<'d>, span: Range<usize>) -> Self {
        Self {
            reporter,
            table: Some(table),
            span,
            path: String::new(),
            pattern: String::new(),
            secret: false,
            asked: Vec::new(),
        }
    }

    /// The dotted path of this table; empty at the top.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The dotted path of a key in this table.
    pub fn path_of(&self, key: &str) -> String {
        join(&self.path, key)
    }

    /// The keys that are there, in order: those of the file, then those from outside it.
    pub fn keys(&self) -> Vec<String> {
        let of_file = self.table.into_iter().flat_map(DeTable::keys);
        let mut keys: Vec<_> = of_file.map(|key| key.get_ref().to_string()).collect();
        for key in self.reporter.given.keys(&self.path, false) {
            let same = |there: &String| there.to_lowercase().replace(['-', '.'], "_") == key;
            if !keys.iter().any(same) {
                keys.push(key);
            }
        }
        keys
    }

    /// Declares and reads a setting: the value of `key`, or `otherwise`. `about` tells people what it
    /// means; it is not needed again for the like setting of a sibling table.
    pub fn setting<T: FromToml + ToToml>(&mut self, key: &str, otherwise: T, about: &str) -> T {
        self.note::<T>(key, Shown::Default(otherwise.to_toml()), about);
        self.get_or(key, otherwise)
    }

    /// Declares and reads a setting for which that of `of` holds if it is not set.
    pub fn like<T: FromToml>(
        &mut self,
        of: &'static str,
        key: &str,
        otherwise: T,
        example: &str,
        about: &str,
    ) -> T {
        let example = example.to_owned();
        self.note::<T>(key, Shown::Like { of, example }, about);
        self.get_or(key, otherwise)
    }

    /// Declares and reads a setting without which nothing in particular holds. `example` is how it
    /// could be written, as TOML.
    pub fn optional<T: FromToml>(&mut self, key: &str, example: &str, about: &str) -> Option<T> {
        self.note::<T>(key, Shown::Example(example.to_owned()), about);
        self.get(key)
    }

    /// Shows how a key of any name could be written, as TOML.
    pub fn example<T: FromToml>(&self, key: &str, example: &str, about: &str) {
        self.note::<T>(key, Shown::Example(example.to_owned()), about);
    }

    /// Declares and opens the table at `key`; without one in the file it is empty.
    pub fn table(&mut self, key: &str, about: &str) -> Self {
        let pattern = join(&self.pattern, key);
        self.open(key, pattern, about)
    }

    /// Declares and opens the table of one of several things of a kind, such as a channel; `kind` is a
    /// word in capitals.
    pub fn member(&mut self, name: &str, kind: &str, about: &str) -> Self {
        let pattern = join(&self.pattern, kind);
        self.open(name, pattern, about)
    }

    /// Declares and opens the tables of the array at `key`; a single table counts as an array of one. While
    /// settings are noted down there is one, to be shown.
    pub fn tables(&mut self, key: &str, about: &str) -> Vec<Self> {
        if !self.is_noting() {
            return self.sections(key);
        }
        let pattern = join(&self.pattern, key);
        self.note_table(self.path_of(key), &pattern, about, true);
        vec![self.absent(key, pattern)]
    }

    /// Whether settings are only noted down, out of an empty file, to be shown to people. Then what has no
    /// default is missing, and nothing is wrong with that.
    pub fn is_noting(&self) -> bool {
        self.reporter.book.is_some()
    }

    fn note_table(&self, path: String, pattern: &str, about: &str, repeated: bool) {
        if let Some(book) = self.reporter.book {
            book.borrow_mut().0.push(Entry::Table {
                path,
                pattern: pattern.to_owned(),
                about: about.to_owned(),
                repeated,
            });
        }
    }

    /// A table that is not there.
    fn absent(&self, key: &str, pattern: String) -> Self {
        Self {
            reporter: self.reporter,
            table: None,
            span: self.span.clone(),
            path: self.path_of(key),
            pattern,
            secret: self.secret,
            asked: Vec::new(),
        }
    }

    fn open(&mut self, key: &str, pattern: String, about: &str) -> Self {
        let path = self.path_of(key);
        self.note_table(path.clone(), &pattern, about, false);
        let section = match self.raw(key) {
            Some(value) => self.as_section(value, path),
            None => None,
        };
        match section {
            Some(there) => Self { pattern, ..there },
            None => self.absent(key, pattern),
        }
    }

    /// Values of this table are not repeated in messages.
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// The value of `key`; `None` if it is missing, or wrong and thereby reported.
    pub fn get<T: FromToml>(&mut self, key: &str) -> Option<T> {
        let path = self.path_of(key);
        if let Some(given) = self.reporter.given.get(&path) {
            self.raw(key);
            let read = T::from_text(&given.text);
            if read.is_none() {
                let shown = show(&DeValue::String(given.text.as_str().into()));
                let problem = self.wrong::<T>(key, shown, Some(&given.text));
                self.reporter.report_from(&given.origin, 0, problem);
            }
            return read;
        }
        let value = self.raw(key)?;
        let read = T::from_toml(value.get_ref());
        if read.is_none() {
            let problem = self.wrong::<T>(key, show(value.get_ref()), value.get_ref().as_str());
            self.reporter.report(value.span(), problem);
        }
        read
    }

    fn wrong<T: FromToml>(&self, key: &str, shown: Option<String>, text: Option<&str>) -> Problem {
        let path = self.path_of(key);
        let allowed = T::allowed();
        // Out of an environment variable a text may come with its quotes.
        let objection = text.and_then(|text| T::objection(text.trim().trim_matches('"')));
        let must_be = objection.unwrap_or(&allowed);
        let mut what = format!("{path} must be {must_be}");
        if let Some(shown) = shown.filter(|_| !self.secret) {
            what.push_str(&format!(", not {shown}"));
        }
        what.push('.');
        let near = text.and_then(|text| nearest(text, T::choices()));
        if let Some(near) = near {
            what.push_str(&format!(" Did you mean \"{near}\"?"));
        }
        Problem {
            allowed: Some(allowed),
            nearest: near.map(str::to_owned),
            ..Problem::of(path, what)
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
        let problem = Problem {
            allowed: Some(T::allowed()),
            ..Problem::of(self.path_of(key), what)
        };
        self.reporter.report(self.span.clone(), problem);
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

    /// Whether this table is there, in the file or by values from outside it.
    pub fn exists(&self) -> bool {
        self.table.is_some() || self.any_given()
    }

    /// Whether there is a `key`, right or wrong.
    pub fn has(&self, key: &str) -> bool {
        self.in_file(key).is_some() || self.is_given(key)
    }

    /// Whether `key` has a value from outside the file.
    pub fn is_given(&self, key: &str) -> bool {
        self.reporter.given.get(&self.path_of(key)).is_some()
    }

    /// The keys below this table, over all depths, that have values from outside the file.
    pub(super) fn given_below(&self) -> Vec<String> {
        self.reporter.given.keys(&self.path, true)
    }

    /// Whether anything of this table comes from outside the file.
    pub fn any_given(&self) -> bool {
        self.reporter.given.any_below(&self.path)
    }

    /// Whether `key` holds a table.
    pub fn is_table(&self, key: &str) -> bool {
        self.in_file(key).is_some_and(|value| value.get_ref().is_table())
    }

    /// Reports a problem with the value of `key`, or with the table if there is none.
    pub fn problem(&self, key: &str, what: impl Into<String>) {
        let path = if key.is_empty() {
            self.path.clone()
        } else {
            self.path_of(key)
        };
        self.tell(key, Problem::of(path, what));
    }

    /// As [`Section::problem`], with the name that was probably meant.
    pub(super) fn misspelt(&self, key: &str, what: impl Into<String>, nearest: Option<&str>) {
        let problem = Problem {
            nearest: nearest.map(str::to_owned),
            ..Problem::of(self.path_of(key), what)
        };
        self.tell(key, problem);
    }

    fn tell(&self, key: &str, problem: Problem) {
        if let Some(given) = self.reporter.given.get(&self.path_of(key)) {
            return self.reporter.report_from(&given.origin, 0, problem);
        }
        let span = self.in_file(key).map_or(self.span.clone(), Spanned::span);
        self.reporter.report(span, problem);
    }

    /// Reports every key that was not asked for.
    pub fn finish(self) {
        for key in self.table.into_iter().flat_map(DeTable::keys) {
            let name: &str = key.get_ref();
            if self.asked.iter().any(|asked| asked == name) {
                continue;
            }
            let path = self.path_of(name);
            let mut what = format!("{path} is not known here.");
            let near = nearest(name, self.asked.iter().map(String::as_str));
            match near {
                Some(near) => what.push_str(&format!(" Did you mean {near}?")),
                None if self.asked.is_empty() => {}
                None => what.push_str(&format!(" Known: {}.", self.asked.join(", "))),
            }
            let problem = Problem {
                allowed: Some(format!("one of {}", self.asked.join(", "))),
                nearest: near.map(str::to_owned),
                ..Problem::of(path, what)
            };
            self.reporter.report(key.span(), problem);
        }
    }

    fn note<T: FromToml>(&self, key: &str, value: Shown, about: &str) {
        if let Some(book) = self.reporter.book {
            book.borrow_mut().0.push(Entry::Setting(Setting {
                path: self.path_of(key),
                pattern: join(&self.pattern, key),
                about: about.to_owned(),
                allowed: T::allowed(),
                value,
            }));
        }
    }

    fn in_file(&self, key: &str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.table.and_then(|table| table.get(key))
    }

    fn raw(&mut self, key: &str) -> Option<&'d Spanned<DeValue<'d>>> {
        if !self.asked.iter().any(|asked| asked == key) {
            self.asked.push(key.to_owned());
            self.reporter.ask(self.path_of(key));
        }
        self.in_file(key)
    }

    fn as_section(&self, value: &'d Spanned<DeValue<'d>>, path: String) -> Option<Section<'d>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(Section {
                reporter: self.reporter,
                table: Some(table),
                span: value.span(),
                path,
                pattern: String::new(),
                secret: self.secret,
                asked: Vec::new(),
            }),
            other => {
                let shown = show(other).filter(|_| !self.secret);
                let shown = shown.unwrap_or_else(|| other.type_str().to_owned());
                let what = format!("{path} must be a table, not {shown}.");
                let problem = Problem {
                    allowed: Some("a table".into()),
                    ..Problem::of(path, what)
                };
                self.reporter.report(value.span(), problem);
                None
            }
        }
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

#[cfg(test)]
mod tests {
    use super::Document;

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
        heard.toml:1  name must be a text in quotes, not 1.
        heard.toml:3  shop has no city. Where is it?
        heard.toml:4  shop.opne is not known here. Did you mean open?
        heard.toml:5  shop.zzzzzz is not known here. Known: open, age, city.
        heard.toml:6  shop.age must be a whole number from 0, not -3.
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
}
