//! Reads files row by row. A bad row is an item like any other; only a bad file ends the reading.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use csv::StringRecord;
use serde_json::Value;
use thiserror::Error;

use super::map::FileFormat;

/// Where a row stood.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Index of the file among those given.
    pub file: usize,
    /// Line of its beginning, from 1.
    pub line: u64,
}

/// A line that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Where it is.
    pub origin: Origin,
    /// Why; names columns, never their contents.
    pub reason: String,
}

/// A file that cannot be read at all.
#[derive(Debug, Error)]
pub enum FileError {
    /// The system says no.
    #[error("{path}: cannot be read: {cause}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// The map names columns that the file's header does not.
    #[error("{path}: the map names columns that are not there: {missing}. The file has: {present}.")]
    Columns {
        /// The file.
        path: PathBuf,
        /// Named by the map only.
        missing: String,
        /// Named by the file.
        present: String,
    },
}

/// One row.
#[derive(Clone, Debug)]
pub enum Row {
    /// A record of a CSV file, with its header.
    Csv(StringRecord, Arc<HashMap<String, usize>>),
    /// A JSON object.
    Json(Value),
}

impl Row {
    /// The value of a column as text; `None` if it is missing or null. JSON lists and objects are
    /// their own text.
    pub fn get(&self, column: &str) -> Option<Cow<'_, str>> {
        match self {
            Self::Csv(record, header) => record.get(*header.get(column)?).map(Cow::Borrowed),
            Self::Json(object) => {
                let value = match object.get(column) {
                    Some(value) => value,
                    None => column
                        .split('.')
                        .try_fold(object, |value, name| value.get(name))?,
                };
                match value {
                    Value::Null => None,
                    Value::String(text) => Some(Cow::Borrowed(text)),
                    other => Some(Cow::Owned(other.to_string())),
                }
            }
        }
    }
}

/// Reads a file, and gives each row, or why it is none, to `take`.
///
/// # Errors
/// [`FileError`]: nothing more can be read from it.
pub fn read(
    path: &Path,
    file: usize,
    format: FileFormat,
    columns: &BTreeSet<&str>,
    mut take: impl FnMut(Origin, Result<Row, String>),
) -> Result<(), FileError> {
    let io = |cause| FileError::Io {
        path: path.to_owned(),
        cause,
    };
    let input = BufReader::with_capacity(1 << 20, File::open(path).map_err(io)?);
    match format {
        FileFormat::Csv => read_csv(path, input, columns, |line, row| take(Origin { file, line }, row)),
        FileFormat::Ndjson => read_ndjson(input, |line, row| take(Origin { file, line }, row)).map_err(io),
    }
}

fn read_csv(
    path: &Path,
    input: impl Read,
    columns: &BTreeSet<&str>,
    mut take: impl FnMut(u64, Result<Row, String>),
) -> Result<(), FileError> {
    let io = |cause| FileError::Io {
        path: path.to_owned(),
        cause,
    };
    let mut reader = csv::Reader::from_reader(input);
    let names = reader.headers().map_err(|e| io(e.into()))?.clone();
    let missing: Vec<_> = columns
        .iter()
        .copied()
        .filter(|&c| !names.iter().any(|n| n == c))
        .collect();
    if !missing.is_empty() {
        return Err(FileError::Columns {
            path: path.to_owned(),
            missing: missing.join(", "),
            present: names.iter().collect::<Vec<_>>().join(", "),
        });
    }
    let header: HashMap<_, _> = names
        .iter()
        .enumerate()
        .map(|(i, name)| (name.to_owned(), i))
        .collect();
    let header = Arc::new(header);
    let mut record = StringRecord::new();
    loop {
        let before = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(false) => return Ok(()),
            Ok(true) => {
                let line = record.position().map_or(before, csv::Position::line);
                take(line, Ok(Row::Csv(record.clone(), Arc::clone(&header))));
            }
            Err(error) => {
                let line = error.position().map_or(before, csv::Position::line);
                let reason = match error.into_kind() {
                    csv::ErrorKind::Io(cause) => return Err(io(cause)),
                    csv::ErrorKind::Utf8 { err, .. } => {
                        let column = names.get(err.field()).unwrap_or("?");
                        format!("column {column} is not UTF-8")
                    }
                    csv::ErrorKind::UnequalLengths {
                        expected_len, len, ..
                    } => {
                        format!("it has {len} columns, the header {expected_len}")
                    }
                    _ => "it is not CSV".to_owned(),
                };
                take(line, Err(reason));
            }
        }
    }
}

fn read_ndjson(mut input: impl BufRead, mut take: impl FnMut(u64, Result<Row, String>)) -> io::Result<()> {
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        if input.read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        take(
            line,
            match serde_json::from_slice(&bytes) {
                Ok(value @ Value::Object(_)) => Ok(Row::Json(value)),
                Ok(_) => Err("it is JSON, but not an object".to_owned()),
                Err(error) => Err(format!("it is not JSON: wrong at column {}", error.column())),
            },
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::{FileError, read_csv, read_ndjson};

    type Read = Vec<(u64, Result<String, String>)>;

    fn csv(text: &[u8], columns: &[&str]) -> Result<Read, FileError> {
        let mut rows = Vec::new();
        let columns: BTreeSet<_> = columns.iter().copied().collect();
        read_csv(Path::new("f.csv"), text, &columns, |line, row| {
            rows.push((line, row.map(|row| row.get("b").unwrap_or_default().into_owned())));
        })?;
        Ok(rows)
    }

    #[test]
    fn a_bad_csv_line_does_not_end_the_file() {
        let text = b"\xef\xbb\xbfa,b\n1,\"two\nlines\"\n1,2,3\n4,\xff\n5,six\n";
        let rows = csv(text, &["a", "b"]).expect("the file can be read");
        assert_eq!(
            rows,
            [
                (2, Ok("two\nlines".into())),
                (4, Err("it has 3 columns, the header 2".into())),
                (5, Err("column b is not UTF-8".into())),
                (6, Ok("six".into())),
            ]
        );
    }

    #[test]
    fn a_column_that_is_not_there_is_the_files_error() {
        let error = csv(b"a,b\n1,2\n", &["b", "c"]).expect_err("no c").to_string();
        assert_eq!(
            error,
            "f.csv: the map names columns that are not there: c. The file has: a, b."
        );
    }

    #[test]
    fn json_columns_are_paths() {
        let text = b"{\"a\":{\"b\":1},\"a.c\":\"x\",\"n\":null}\n\n[1]\n{\"a\":\n\xff\n";
        let mut rows = Vec::new();
        read_ndjson(&text[..], |line, row| {
            let row = row.map(|row| {
                ["a.b", "a.c", "n", "z", "a"].map(|c| row.get(c).map(std::borrow::Cow::into_owned))
            });
            rows.push((line, row));
        })
        .expect("memory can be read");
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            rows[0],
            (1, Ok([some("1"), some("x"), None, None, some("{\"b\":1}")]))
        );
        let lines: Vec<_> = rows.iter().map(|(line, row)| (*line, row.is_ok())).collect();
        assert_eq!(lines, [(1, true), (3, false), (4, false), (5, false)]);
    }
}
