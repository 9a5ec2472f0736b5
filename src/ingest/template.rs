//! Texts with columns in them: `"{Complaint Type}: {Descriptor}"`.

use std::borrow::Cow;

/// A text in which `{column}` stands for a row's value. `{{` and `}}` are braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Column(String),
}

/// What a template came to in one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filled<'a> {
    /// Nothing: every column in it was empty or missing.
    Empty,
    /// Some columns were empty; the first of them is named.
    Partly(String, &'a str),
    /// Every column had a value, or there was none.
    Wholly(String),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const LONE: &str = "it has a } without a {; write }} for the brace itself";
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            literal.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                literal.push_str(brace);
                rest = after;
                continue;
            }
            if brace == "}" {
                return Err(LONE);
            }
            let end = rest
                .find('}')
                .ok_or("it has a { without a }; write {{ for the brace itself")?;
            if end == 0 {
                return Err("{} names no column");
            }
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(Part::Column(rest[..end].to_owned()));
            rest = &rest[end + 1..];
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self(parts))
    }

    /// The columns it names.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Column(name) => Some(name.as_str()),
        })
    }

    /// The text, if it is the same in every row.
    pub fn constant(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Fills it in; `value` gives a column's value, `None` if there is none. Values are trimmed.
    pub fn fill<'r>(&self, value: impl Fn(&str) -> Option<Cow<'r, str>>) -> Filled<'_> {
        let mut text = String::new();
        let mut empty = None;
        let mut constant = true;
        let mut any = false;
        for part in &self.0 {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Column(name) => {
                    constant = false;
                    match value(name).as_deref().map(str::trim).filter(|v| !v.is_empty()) {
                        Some(value) => {
                            any = true;
                            text.push_str(value);
                        }
                        None => {
                            empty.get_or_insert(name.as_str());
                        }
                    }
                }
            }
        }
        match empty {
            _ if !any && !constant => Filled::Empty,
            Some(name) => Filled::Partly(text, name),
            None if text.is_empty() => Filled::Empty,
            None => Filled::Wholly(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Filled, Template};

    fn fill(template: &str) -> String {
        let template = Template::parse(template).expect("a template");
        let row = |column: &str| match column {
            "a" => Some(" 1 ".into()),
            "b b" => Some("2".into()),
            "empty" => Some(" ".into()),
            _ => None,
        };
        match template.fill(row) {
            Filled::Empty => "(empty)".into(),
            Filled::Partly(text, column) => format!("{text} without {column}"),
            Filled::Wholly(text) => text,
        }
    }

    #[test]
    fn columns_are_filled_in() {
        for (template, filled) in [
            ("constant", "constant"),
            ("", "(empty)"),
            ("{a}", "1"),
            ("x-{a}-{b b}", "x-1-2"),
            ("{empty}", "(empty)"),
            ("x-{missing}", "(empty)"),
            ("{a}: {empty}", "1:  without empty"),
            ("{{{a}}}", "{1}"),
        ] {
            assert_eq!(fill(template), filled, "{template}");
        }
    }

    #[test]
    fn braces_must_pair() {
        for bad in ["{", "a}", "{}", "{a"] {
            assert!(Template::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_plain_text_is_constant() {
        for (template, constant) in [("phone", Some("phone")), ("{a}", None), ("x{a}", None)] {
            assert_eq!(
                Template::parse(template).expect("a template").constant(),
                constant
            );
        }
    }
}
