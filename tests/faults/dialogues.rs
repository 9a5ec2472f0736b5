//! The dialogues of social_ibm_care, whole or in slices.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::dsl::{Heard, data};

/// The file of the real data.
const FILE: &str = "social_ibm_care_1025_dialogs.csv";
/// The map to ingest it by, in maps/.
pub const MAP: &str = "social_ibm_care_csv.toml";

/// Writes the dialogues into `count` files in the installation's directory, each dialogue whole and in
/// one of them. `None`, and said so, where the data are not.
pub fn slices(heard: &Heard, count: usize) -> Option<Vec<PathBuf>> {
    let mut reader = csv::Reader::from_path(data(FILE)?).expect("it can be read");
    let header = reader.headers().expect("it has a header").clone();
    let session = header
        .iter()
        .position(|name| name == "session_id")
        .expect("it has this column");
    let mut of_session: HashMap<String, usize> = HashMap::new();
    let mut slices: Vec<csv::Writer<Vec<u8>>> =
        (0..count).map(|_| csv::Writer::from_writer(Vec::new())).collect();
    for slice in &mut slices {
        slice.write_record(&header).expect("memory takes it");
    }
    for row in reader.records() {
        let row = row.expect("the data are good");
        let next = of_session.len() % count;
        let slice = *of_session.entry(row[session].to_owned()).or_insert(next);
        slices[slice].write_record(&row).expect("memory takes it");
    }
    let write = |(n, slice): (usize, csv::Writer<Vec<u8>>)| {
        let text = String::from_utf8(slice.into_inner().expect("memory takes it"));
        heard.file(&format!("dialogues-{n}.csv"), &text.expect("it was UTF-8"))
    };
    Some(slices.into_iter().enumerate().map(write).collect())
}

/// How many customer messages and human replies there are in files of dialogues.
pub fn count(slices: &[PathBuf]) -> (u32, u32) {
    let mut both = (0, 0);
    for slice in slices {
        let mut reader = csv::Reader::from_path(slice).expect("it was written");
        for row in reader.deserialize::<Row>() {
            match row.expect("it was written so").role.as_str() {
                "agent" => both.1 += 1,
                _ => both.0 += 1,
            }
        }
    }
    both
}

#[derive(serde::Deserialize)]
struct Row {
    role: String,
}
