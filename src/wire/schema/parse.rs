//! From a schema's JSON text to its tree.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Enum, Field, Fixed, MAX_DEPTH, MAX_TEXT, MAX_TYPES, Record, SchemaError, Type};

/// Reads a schema, in time and memory bounded by the limits of [`super`].
pub(super) fn parse(text: &str) -> Result<Type, SchemaError> {
    if text.len() > MAX_TEXT {
        return Err(SchemaError::TooLong(text.len()));
    }
    // serde_json refuses nesting beyond 128 levels, so the text cannot exhaust the stack either.
    let json: Value = serde_json::from_str(text).map_err(|e| SchemaError::NotJson(e.to_string()))?;
    Ok(Reader::default().read(&json, "", 0)?.kind)
}

/// A type, and how deep and how large it is.
#[derive(Clone)]
struct Sized {
    kind: Type,
    depth: usize,
    types: usize,
}

impl Sized {
    fn leaf(kind: Type) -> Self {
        Self {
            kind,
            depth: 1,
            types: 1,
        }
    }
}

#[derive(Default)]
struct Reader {
    /// `None` while the definition is being read.
    named: HashMap<String, Option<Sized>>,
}

impl Reader {
    fn read(&mut self, json: &Value, namespace: &str, level: usize) -> Result<Sized, SchemaError> {
        if level > MAX_DEPTH {
            return Err(SchemaError::TooDeep);
        }
        match json {
            Value::String(name) => self.by_name(name, namespace),
            Value::Array(branches) => {
                let branches = branches
                    .iter()
                    .map(|branch| self.read(branch, namespace, level + 1))
                    .collect::<Result<Vec<_>, _>>()?;
                checked(branches, |kinds| Type::Union(kinds.into()))
            }
            Value::Object(definition) => self.definition(definition, namespace, level),
            _ => Err(SchemaError::Lacks {
                kind: "type",
                attribute: "type",
            }),
        }
    }

    fn by_name(&self, name: &str, namespace: &str) -> Result<Sized, SchemaError> {
        if let Some(primitive) = primitive(name) {
            return Ok(Sized::leaf(primitive));
        }
        let full = full_name(name, namespace);
        match self.named.get(&full) {
            Some(Some(known)) => Ok(known.clone()),
            Some(None) => Err(SchemaError::Recursive(full)),
            None => Err(SchemaError::UnknownType(full)),
        }
    }

    fn definition(
        &mut self,
        json: &Map<String, Value>,
        namespace: &str,
        level: usize,
    ) -> Result<Sized, SchemaError> {
        let kind = json.get("type").ok_or(SchemaError::Lacks {
            kind: "type",
            attribute: "type",
        })?;
        match kind.as_str() {
            Some("array") => {
                let items = self.read(attribute(json, "array", "items")?, namespace, level + 1)?;
                checked(vec![items], |kinds| Type::Array(Arc::new(only(kinds))))
            }
            Some("map") => {
                let values = self.read(attribute(json, "map", "values")?, namespace, level + 1)?;
                checked(vec![values], |kinds| Type::Map(Arc::new(only(kinds))))
            }
            Some("record") => self.record(json, namespace, level),
            Some("enum") => {
                let name = self.open(json, namespace, "enum")?;
                let symbols = symbols(json)?;
                let default = json.get("default").and_then(Value::as_str).map(str::to_owned);
                let kind = Type::Enum(Arc::new(Enum {
                    name: name.clone(),
                    symbols,
                    default,
                }));
                Ok(self.close(name, Sized::leaf(kind)))
            }
            Some("fixed") => {
                let name = self.open(json, namespace, "fixed")?;
                let size = attribute(json, "fixed", "size")?.as_u64();
                let size = size.and_then(|size| usize::try_from(size).ok());
                let size = size.ok_or(SchemaError::Lacks {
                    kind: "fixed",
                    attribute: "size",
                })?;
                let kind = Type::Fixed(Arc::new(Fixed {
                    name: name.clone(),
                    size,
                }));
                Ok(self.close(name, Sized::leaf(kind)))
            }
            Some("string") if json.get("logicalType").and_then(Value::as_str) == Some("uuid") => {
                Ok(Sized::leaf(Type::Uuid))
            }
            Some("long") => Ok(Sized::leaf(
                match json.get("logicalType").and_then(Value::as_str) {
                    Some("timestamp-micros" | "local-timestamp-micros") => Type::FineTime(1_000),
                    Some("timestamp-nanos" | "local-timestamp-nanos") => Type::FineTime(1_000_000),
                    _ => Type::Long,
                },
            )),
            _ => self.read(kind, namespace, level + 1),
        }
    }

    fn record(
        &mut self,
        json: &Map<String, Value>,
        namespace: &str,
        level: usize,
    ) -> Result<Sized, SchemaError> {
        let lacks_fields = SchemaError::Lacks {
            kind: "record",
            attribute: "fields",
        };
        let name = self.open(json, namespace, "record")?;
        let within = name
            .rsplit_once('.')
            .map_or("", |(namespace, _)| namespace)
            .to_owned();
        let mut names = Vec::new();
        let mut sizes = Vec::new();
        for field in attribute(json, "record", "fields")?
            .as_array()
            .ok_or(lacks_fields)?
        {
            let field = field.as_object().ok_or(SchemaError::Lacks {
                kind: "field",
                attribute: "name",
            })?;
            sizes.push(self.read(attribute(field, "field", "type")?, &within, level + 1)?);
            names.push((text(field, "field", "name")?, field.get("default").cloned()));
        }
        let full = name.clone();
        let record = checked(sizes, |kinds| {
            let fields = names.into_iter().zip(kinds);
            let fields = fields.map(|((name, default), kind)| Field { name, kind, default });
            Type::Record(Arc::new(Record {
                name: full,
                fields: fields.collect(),
            }))
        })?;
        Ok(self.close(name, record))
    }

    /// Begins a named definition: until it is closed, a reference to it is recursion.
    fn open(
        &mut self,
        json: &Map<String, Value>,
        namespace: &str,
        kind: &'static str,
    ) -> Result<String, SchemaError> {
        let own = json.get("namespace").and_then(Value::as_str);
        let full = full_name(&text(json, kind, "name")?, own.unwrap_or(namespace));
        match self.named.insert(full.clone(), None) {
            Some(_) => Err(SchemaError::DefinedTwice(full)),
            None => Ok(full),
        }
    }

    fn close(&mut self, name: String, kind: Sized) -> Sized {
        self.named.insert(name, Some(kind.clone()));
        kind
    }
}

/// Puts types under one, if that does not get too deep or too large.
fn checked(parts: Vec<Sized>, make: impl FnOnce(Vec<Type>) -> Type) -> Result<Sized, SchemaError> {
    let depth = 1 + parts.iter().map(|part| part.depth).max().unwrap_or(0);
    let types = 1 + parts.iter().map(|part| part.types).sum::<usize>();
    if depth > MAX_DEPTH {
        return Err(SchemaError::TooDeep);
    }
    if types > MAX_TYPES {
        return Err(SchemaError::TooManyTypes);
    }
    let kind = make(parts.into_iter().map(|part| part.kind).collect());
    Ok(Sized { kind, depth, types })
}

fn only(mut kinds: Vec<Type>) -> Type {
    kinds.pop().unwrap_or(Type::Null)
}

fn primitive(name: &str) -> Option<Type> {
    Some(match name {
        "null" => Type::Null,
        "boolean" => Type::Boolean,
        "int" => Type::Int,
        "long" => Type::Long,
        "float" => Type::Float,
        "double" => Type::Double,
        "bytes" => Type::Bytes,
        "string" => Type::String,
        _ => return None,
    })
}

fn full_name(name: &str, namespace: &str) -> String {
    if name.contains('.') || namespace.is_empty() {
        name.to_owned()
    } else {
        format!("{namespace}.{name}")
    }
}

fn attribute<'a>(
    json: &'a Map<String, Value>,
    kind: &'static str,
    attribute: &'static str,
) -> Result<&'a Value, SchemaError> {
    json.get(attribute).ok_or(SchemaError::Lacks { kind, attribute })
}

fn text(json: &Map<String, Value>, kind: &'static str, name: &'static str) -> Result<String, SchemaError> {
    let text = attribute(json, kind, name)?.as_str();
    text.map(str::to_owned).ok_or(SchemaError::Lacks {
        kind,
        attribute: name,
    })
}

fn symbols(json: &Map<String, Value>) -> Result<Vec<String>, SchemaError> {
    let symbols = json.get("symbols").and_then(Value::as_array);
    let symbols = symbols.and_then(|all| all.iter().map(|s| s.as_str().map(str::to_owned)).collect());
    symbols.ok_or(SchemaError::Lacks {
        kind: "enum",
        attribute: "symbols",
    })
}

#[cfg(test)]
mod tests {
    use crate::wire::schema::{SchemaError, Type};

    #[test]
    fn a_type_that_contains_itself_is_refused() {
        let text = r#"{"type": "record", "name": "a.Node", "fields": [
            {"name": "next", "type": ["null", "Node"], "default": null}]}"#;
        let refused = Type::parse(text).expect_err("recursive");
        assert_eq!(refused, SchemaError::Recursive("a.Node".into()));
    }

    #[test]
    fn a_type_that_contains_itself_by_way_of_another_is_refused() {
        let text = r#"{"type": "record", "name": "A", "fields": [{"name": "b", "type":
            {"type": "record", "name": "B", "fields": [{"name": "a", "type": {"type": "array", "items": "A"}}]}}]}"#;
        let refused = Type::parse(text).expect_err("recursive");
        assert_eq!(refused, SchemaError::Recursive("A".into()));
    }

    #[test]
    fn references_that_double_at_each_level_are_refused() {
        let mut text =
            r#"{"type": "record", "name": "R0", "fields": [{"name": "x", "type": "null"}]}"#.to_owned();
        for level in 1..25 {
            text = format!(
                r#"{{"type": "record", "name": "R{level}", "fields": [
                    {{"name": "a", "type": {text}}}, {{"name": "b", "type": "R{}"}}]}}"#,
                level - 1
            );
        }
        assert_eq!(
            Type::parse(&text).expect_err("2^24 types"),
            SchemaError::TooManyTypes
        );
    }

    #[test]
    fn deep_nesting_is_refused() {
        let text = format!(
            "{}\"int\"{}",
            r#"{"type": "array", "items": "#.repeat(40),
            "}".repeat(40)
        );
        assert_eq!(Type::parse(&text).expect_err("40 levels"), SchemaError::TooDeep);
        let text = "[".repeat(100_000);
        assert!(matches!(Type::parse(&text), Err(SchemaError::NotJson(_))));
    }

    #[test]
    fn names_are_found_by_namespace() {
        let text = r#"{"type": "record", "name": "a.b.R", "fields": [
            {"name": "x", "type": {"type": "enum", "name": "E", "symbols": ["P"]}},
            {"name": "y", "type": "E"}, {"name": "z", "type": "a.b.E"}]}"#;
        let Ok(Type::Record(record)) = Type::parse(text) else {
            panic!("a record")
        };
        assert_eq!(record.fields[0].kind.name(), Some("a.b.E"));
        assert_eq!(record.fields[1].kind, record.fields[2].kind);
    }
}
