//! Decodes what can be decoded of a value that may be no good, for people who look for what is wrong.

use serde_json::{Map, Number, Value};

use super::{DecodeError, MAX_TYPES, Plan, Scan};
use crate::wire::registry::Registry;
use crate::wire::schema::Type;

/// Parts that each byte of a datum may bring beyond those of an empty one: records within each other, a
/// choice, and what was chosen. What holds more has arrays of things that take no bytes.
const PARTS_A_BYTE: usize = 4;

/// What was decoded of a value, and where that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Partial {
    /// What it was read by; `None` if there was nothing to read it by.
    pub schema: Option<Schema>,
    /// What was read, named and shown as by [`to_json`](crate::wire::to_json); `None` if not even the
    /// first part could be read.
    pub value: Option<Value>,
    /// What is wrong with it; `None` if nothing is.
    pub stop: Option<Stop>,
}

/// The schema that a value was read by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schema {
    /// The one that the value names; by its full name, where it has one.
    Named(Option<String>),
    /// The value names one that is not known; this is the present one of the record that its topic holds.
    Guessed {
        /// The record's name.
        record: &'static str,
        /// The whole value could be read by it, so that the guess may be right.
        whole: bool,
    },
}

/// Where decoding ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The first byte of the part that could not be read, from the value's first.
    pub at: usize,
    /// The part, such as `author.identifiers[0].kind`; empty for the whole.
    pub path: String,
    /// What is wrong with it; offsets count from the value's first byte.
    pub error: DecodeError,
}

/// Decodes a value by the schema it was written with, up to the first thing that is wrong.
///
/// If that schema is not known, the present one of `expected` (the name of a record) is tried, and said to
/// be a guess. Time and memory are bounded by the value's length, for any bytes.
pub fn as_far_as_it_goes(value: &[u8], registry: &Registry, expected: Option<&'static str>) -> Partial {
    match registry.open(value) {
        Ok((index, datum)) => {
            let schema = Schema::Named(registry.writer(index).tree.name().map(str::to_owned));
            let (found, stop) = read(value, datum, index, registry);
            Partial {
                schema: Some(schema),
                value: found,
                stop,
            }
        }
        Err(error) => {
            let guess = expected.and_then(|record| guess(value, registry, record, &error));
            let (schema, found) = guess.unzip();
            let path = String::new();
            Partial {
                schema,
                value: found,
                stop: Some(Stop { at: 0, path, error }),
            }
        }
    }
}

/// What a value looks like by the schema it ought to have.
fn guess(
    value: &[u8],
    registry: &Registry,
    record: &'static str,
    error: &DecodeError,
) -> Option<(Schema, Value)> {
    let header = match error {
        DecodeError::UnknownFingerprint { .. } => 10,
        DecodeError::UnknownId { .. } => 5,
        _ => return None,
    };
    let datum = value.get(header..)?;
    let (found, stop) = read(value, datum, registry.index_of_name(record)?, registry);
    let whole = stop.is_none();
    Some((Schema::Guessed { record, whole }, found?))
}

fn read(value: &[u8], datum: &[u8], index: usize, registry: &Registry) -> (Option<Value>, Option<Stop>) {
    let writer = registry.writer(index);
    let mut reading = Reading {
        scan: Scan {
            record: "JSON",
            datum,
            at: 0,
            steps: MAX_TYPES + datum.len().saturating_mul(PARTS_A_BYTE),
            changes: Vec::new(),
        },
        began: 0,
        path: Vec::new(),
    };
    let mut found = None;
    let walked = reading.walk(&writer.tree, &writer.whole, &mut found);
    let error = match (walked, reading.scan.left()) {
        (Ok(()), 0) => return (found, None),
        (Ok(()), left) => {
            reading.began = reading.scan.at;
            DecodeError::TrailingBytes { left }
        }
        (Err(error), _) => error,
    };
    let header = value.len() - datum.len();
    let stop = Stop {
        at: header + reading.began,
        path: reading.path(),
        error: error.moved(header),
    };
    (found, Some(stop))
}

/// A step from a part to one within it.
enum Step<'t> {
    Field(&'t str),
    Item(usize),
    Key(String),
}

struct Reading<'a, 't> {
    scan: Scan<'a>,
    /// Where the part begins that is being read.
    began: usize,
    /// The way to it. A step is taken back when its part has been read, so that the way to what could not
    /// be read stays.
    path: Vec<Step<'t>>,
}

impl<'t> Reading<'_, 't> {
    /// Reads a part into `found`, which also gets what there is of one that ends early.
    fn walk(&mut self, kind: &'t Type, plan: &'t Plan, found: &mut Option<Value>) -> Result<(), DecodeError> {
        self.began = self.scan.at;
        match (kind, plan) {
            (Type::Record(record), Plan::Record(plans)) => {
                self.step()?;
                let object = object(found);
                for (field, plan) in record.fields.iter().zip(plans) {
                    self.path.push(Step::Field(&field.name));
                    let mut value = None;
                    let read = self.walk(&field.kind, plan, &mut value);
                    object.extend(value.map(|value| (field.name.clone(), value)));
                    read?;
                    self.path.pop();
                }
            }
            (Type::Array(kind), Plan::Array { item, least }) => {
                self.step()?;
                let array = array(found);
                self.blocks(*least, |reading| {
                    reading.path.push(Step::Item(array.len()));
                    let mut value = None;
                    let read = reading.walk(kind, item, &mut value);
                    array.extend(value);
                    read?;
                    reading.path.pop();
                    Ok(())
                })?;
            }
            (Type::Map(kind), Plan::Map { value: plan, least }) => {
                self.step()?;
                let object = object(found);
                self.blocks(*least, |reading| {
                    reading.began = reading.scan.at;
                    let key = reading.scan.text()?.to_owned();
                    reading.path.push(Step::Key(key.clone()));
                    let mut value = None;
                    let read = reading.walk(kind, plan, &mut value);
                    object.extend(value.map(|value| (key, value)));
                    read?;
                    reading.path.pop();
                    Ok(())
                })?;
            }
            (Type::Union(kinds), Plan::Union(plans)) => {
                self.step()?;
                let index = usize::try_from(self.scan.long()?).unwrap_or(usize::MAX);
                let at = self.scan.at;
                let (Some(kind), Some(plan)) = (kinds.get(index), plans.get(index)) else {
                    return Err(DecodeError::BadIndex { at });
                };
                self.walk(kind, plan, found)?;
            }
            _ => {
                *found = Some(self.leaf(kind, plan)?);
            }
        }
        Ok(())
    }

    /// Reads a part that has none within it: walks over it first, so that only what is well-formed is
    /// taken.
    fn leaf(&mut self, kind: &Type, plan: &Plan) -> Result<Value, DecodeError> {
        let start = self.scan.at;
        self.scan.walk(plan)?;
        let bytes = &self.scan.datum[start..self.scan.at];
        let mut again = Scan {
            record: self.scan.record,
            datum: bytes,
            at: 0,
            steps: 1,
            changes: Vec::new(),
        };
        Ok(match kind {
            Type::Boolean => Value::Bool(bytes == [1]),
            Type::Int | Type::Long | Type::FineTime(_) => again.long()?.into(),
            Type::Float => double(
                bytes
                    .try_into()
                    .map_or(f64::NAN, |b| f64::from(f32::from_le_bytes(b))),
            ),
            Type::Double => double(bytes.try_into().map_or(f64::NAN, f64::from_le_bytes)),
            Type::Fixed(_) => characters(bytes),
            Type::Bytes => {
                let length = again.length()?;
                characters(again.take(length)?)
            }
            Type::String | Type::Uuid => again.text()?.into(),
            Type::Enum(symbols) => {
                let symbol = again.choice(&symbols.symbols)?;
                symbol.as_str().into()
            }
            // The others have parts, and do not come here.
            Type::Null | Type::Array(_) | Type::Map(_) | Type::Union(_) | Type::Record(_) => Value::Null,
        })
    }

    /// Counts a part that has others within it; the others are counted when they are walked over.
    fn step(&mut self) -> Result<(), DecodeError> {
        let at = self.scan.at;
        let left = self.scan.steps.checked_sub(1);
        self.scan.steps = left.ok_or(DecodeError::TooManyParts { at })?;
        Ok(())
    }

    /// As [`Scan::blocks`].
    fn blocks(
        &mut self,
        least: usize,
        mut item: impl FnMut(&mut Self) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        loop {
            self.began = self.scan.at;
            let (count, end) = self.scan.block(least)?;
            for _ in 0..count {
                item(self)?;
            }
            self.scan.ends_at(end)?;
            if count == 0 {
                return Ok(());
            }
        }
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for step in &self.path {
            match step {
                Step::Field(name) if path.is_empty() => path.push_str(name),
                Step::Field(name) => path.extend([".", name]),
                Step::Item(index) => path.push_str(&format!("[{index}]")),
                Step::Key(key) => path.push_str(&format!("[{key:?}]")),
            }
        }
        path
    }
}

fn object(found: &mut Option<Value>) -> &mut Map<String, Value> {
    let value = found.insert(Value::Object(Map::new()));
    value.as_object_mut().expect("it was just made")
}

fn array(found: &mut Option<Value>) -> &mut Vec<Value> {
    let value = found.insert(Value::Array(Vec::new()));
    value.as_array_mut().expect("it was just made")
}

fn double(number: f64) -> Value {
    Number::from_f64(number).map_or_else(|| number.to_string().into(), Value::Number)
}

fn characters(bytes: &[u8]) -> Value {
    bytes.iter().copied().map(char::from).collect::<String>().into()
}

#[cfg(test)]
mod tests;
