//! How data of one schema is read as another (Avro specification, "Schema Resolution").

use std::sync::Arc;

use super::schema::{Enum, Record, Type};

/// How to walk a datum of a writer's schema, knowing what the reader makes of each part.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Plan {
    Null,
    Boolean,
    Int,
    Long,
    /// A number that the reader wants divided by this: a time in smaller parts than ours.
    Divided(i64),
    /// So many bytes of any content.
    Raw(usize),
    Bytes,
    Text,
    Uuid,
    /// Items of at least `least` bytes.
    Array {
        item: Box<Plan>,
        least: usize,
    },
    /// Entries of at least `least` bytes.
    Map {
        value: Box<Plan>,
        least: usize,
    },
    Union(Box<[Plan]>),
    Record(Box<[Plan]>),
    /// Of each symbol, whether the reader has something for it.
    Enum(Box<[bool]>),
    /// A union branch that the reader has nothing for.
    Never,
}

impl Plan {
    /// The fewest bytes such a datum takes.
    fn least(&self) -> usize {
        match self {
            Self::Null => 0,
            Self::Raw(size) => *size,
            Self::Record(fields) => fields.iter().map(Self::least).fold(0, usize::saturating_add),
            _ => 1,
        }
    }
}

/// Reads `writer` as `reader`, or says where they part and why. A writer's union branch or enum symbol
/// that the reader lacks is fine until a datum uses it.
pub(super) fn plan(writer: &Type, reader: &Type) -> Result<Plan, Arc<str>> {
    let mut resolver = Resolver::default();
    resolver
        .resolve(writer, reader)
        .map_err(|problem| resolver.placed(&problem))
}

/// Everything that keeps `reader` from reading whatever `writer` can write: empty if it can.
///
/// BACKWARD compatibility of a new version is `problems(old, new)`; FULL is that and `problems(new, old)`.
pub fn problems(writer: &Type, reader: &Type) -> Vec<String> {
    let mut resolver = Resolver::default();
    let resolved = resolver.resolve(writer, reader);
    if let Err(problem) = resolved {
        let problem = resolver.placed(&problem).to_string();
        resolver.losses.push(problem);
    }
    resolver.losses
}

#[derive(Default)]
struct Resolver {
    path: Vec<String>,
    losses: Vec<String>,
}

impl Resolver {
    fn placed(&self, problem: &str) -> Arc<str> {
        match self.path.join(".") {
            path if path.is_empty() => problem.into(),
            path => format!("{path}: {problem}").into(),
        }
    }

    fn resolve(&mut self, writer: &Type, reader: &Type) -> Result<Plan, String> {
        use Type::{
            Array, Boolean, Bytes, Double, FineTime, Fixed, Float, Int, Long, Map, Null, String, Union, Uuid,
        };
        Ok(match (writer, reader) {
            (Union(branches), _) => return self.union(branches, reader),
            (_, Union(branches)) => {
                // The same type before one that the writer's can be promoted to.
                let same = branches.iter().find(|branch| same_kind(writer, branch));
                let candidates = same.into_iter().chain(branches.iter());
                let depth = self.path.len();
                for branch in candidates {
                    let losses = self.losses.len();
                    match self.resolve(writer, branch) {
                        Ok(plan) => return Ok(plan),
                        Err(_) => {
                            self.path.truncate(depth);
                            self.losses.truncate(losses);
                        }
                    }
                }
                return Err(format!("{} is none of the reader's choices", noun(writer)));
            }
            (Null, Null) => Plan::Null,
            (Boolean, Boolean) => Plan::Boolean,
            (Int, Int | Long | Float | Double) => Plan::Int,
            (Long, Long | Float | Double) | (FineTime(_), FineTime(_)) => Plan::Long,
            // Local ones are taken as UTC: nothing in a schema says of which place they are.
            (FineTime(parts), Long | Float | Double) => Plan::Divided(*parts),
            (Float, Float | Double) => Plan::Raw(4),
            (Double, Double) => Plan::Raw(8),
            (Bytes, Bytes) => Plan::Bytes,
            (String | Uuid | Bytes, Uuid) => Plan::Uuid,
            (String | Uuid, String | Bytes) | (Bytes, String) => Plan::Text,
            (Array(w), Array(r)) => {
                let item = Box::new(self.resolve(w, r)?);
                let least = item.least();
                Plan::Array { item, least }
            }
            (Map(w), Map(r)) => {
                let value = Box::new(self.resolve(w, r)?);
                // A key is one byte at least: its length.
                let least = value.least().saturating_add(1);
                Plan::Map { value, least }
            }
            (Type::Record(w), Type::Record(r)) => return self.record(w, r),
            (Type::Enum(w), Type::Enum(r)) => return self.symbols(w, r),
            (Fixed(w), Fixed(r)) if w.size == r.size && short(&w.name) == short(&r.name) => Plan::Raw(w.size),
            _ => return Err(format!("{} cannot be read as {}", noun(writer), noun(reader))),
        })
    }

    fn union(&mut self, branches: &[Type], reader: &Type) -> Result<Plan, String> {
        let depth = self.path.len();
        let mut plans = Vec::with_capacity(branches.len());
        for branch in branches {
            let plan = self.resolve(branch, reader).unwrap_or_else(|problem| {
                let problem = self.placed(&problem).to_string();
                self.losses.push(problem);
                self.path.truncate(depth);
                Plan::Never
            });
            plans.push(plan);
        }
        if plans.iter().all(|plan| *plan == Plan::Never) {
            return Err(format!("no branch of the union can be read as {}", noun(reader)));
        }
        Ok(Plan::Union(plans.into()))
    }

    fn record(&mut self, writer: &Record, reader: &Record) -> Result<Plan, String> {
        if short(&writer.name) != short(&reader.name) {
            return Err(format!(
                "record {} where {} is expected",
                writer.name, reader.name
            ));
        }
        let mut plans = Vec::with_capacity(writer.fields.len());
        for field in &writer.fields {
            self.path.push(field.name.clone());
            let wanted = reader.fields.iter().find(|known| known.name == field.name);
            // A field that the reader lacks is read as itself, and skipped.
            plans.push(self.resolve(&field.kind, wanted.map_or(&field.kind, |known| &known.kind))?);
            self.path.pop();
        }
        for field in reader.fields.iter().filter(|field| field.default.is_none()) {
            if !writer.fields.iter().any(|known| known.name == field.name) {
                self.path.push(field.name.clone());
                return Err("the writer lacks it and it has no default".to_owned());
            }
        }
        Ok(Plan::Record(plans.into()))
    }

    fn symbols(&mut self, writer: &Enum, reader: &Enum) -> Result<Plan, String> {
        if short(&writer.name) != short(&reader.name) {
            return Err(format!("enum {} where {} is expected", writer.name, reader.name));
        }
        let known = |symbol: &String| reader.default.is_some() || reader.symbols.contains(symbol);
        for symbol in writer.symbols.iter().filter(|symbol| !known(symbol)) {
            let loss = self.placed(&format!("symbol {symbol} is not known and has no fallback"));
            self.losses.push(loss.to_string());
        }
        Ok(Plan::Enum(writer.symbols.iter().map(known).collect()))
    }
}

/// A name without its namespace: what must agree between writer and reader.
fn short(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, short)| short)
}

fn same_kind(a: &Type, b: &Type) -> bool {
    match (a.name(), b.name()) {
        (Some(a), Some(b)) => short(a) == short(b),
        _ => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}

fn noun(kind: &Type) -> String {
    let word = match kind {
        Type::Null => "null",
        Type::Boolean => "a boolean",
        Type::Int => "an int",
        Type::Long | Type::FineTime(_) => "a long",
        Type::Float => "a float",
        Type::Double => "a double",
        Type::Bytes => "bytes",
        Type::String => "a string",
        Type::Uuid => "a UUID",
        Type::Array(_) => "an array",
        Type::Map(_) => "a map",
        Type::Union(_) => "a union",
        Type::Record(record) => return format!("record {}", record.name),
        Type::Enum(symbols) => return format!("enum {}", symbols.name),
        Type::Fixed(fixed) => return format!("fixed {}", fixed.name),
    };
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::problems;
    use crate::wire::schema::Type;

    fn record(fields: &str) -> Type {
        let text = format!(r#"{{"type": "record", "name": "R", "fields": [{fields}]}}"#);
        Type::parse(&text).expect("a valid schema")
    }

    #[test]
    fn what_a_reader_can_make_of_a_writer() {
        const AB: &str = r#"{"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"]}}"#;
        const A: &str = r#"{"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A"]}}"#;
        const A_OR: &str =
            r#"{"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A"], "default": "A"}}"#;
        const INT: &str = r#"{"name": "n", "type": "int"}"#;
        const LONG: &str = r#"{"name": "n", "type": "long"}"#;
        const OPTIONAL: &str = r#"{"name": "n", "type": ["null", "long"], "default": null}"#;
        //   written as      read as       is a problem with
        for (writer, reader, problem) in [
            (INT, INT, None),
            (INT, LONG, None),
            (LONG, INT, Some("n: a long cannot be read as an int")),
            (INT, OPTIONAL, None),
            (OPTIONAL, LONG, Some("n: null cannot be read as a long")),
            (INT, "", None),
            ("", OPTIONAL, None),
            ("", INT, Some("n: the writer lacks it and it has no default")),
            (A, AB, None),
            (AB, A, Some("e: symbol B is not known and has no fallback")),
            (AB, A_OR, None),
        ] {
            let found = problems(&record(writer), &record(reader));
            assert_eq!(found.first().map(String::as_str), problem, "{writer} as {reader}");
        }
    }

    #[test]
    fn records_of_another_name_are_not_read() {
        let other = Type::parse(r#"{"type": "record", "name": "S", "fields": []}"#).expect("a valid schema");
        assert_eq!(problems(&other, &record("")), ["record S where R is expected"]);
    }
}
