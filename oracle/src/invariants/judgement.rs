//! O5: the last records are those of the model.

use std::collections::BTreeMap;

use heard::model::{Case, CaseId, WorkId, WorkItem};

use super::Verdict;
use super::outputs::Outputs;
use crate::differ::{mishandled, misjudged};
use crate::expected::Expected;

/// O5.
pub fn as_the_model(expected: &Expected, outputs: &Outputs) -> Verdict {
    let cases: BTreeMap<CaseId, Case> = outputs
        .cases
        .iter()
        .map(|case| {
            let unversioned = Case {
                version: 0,
                ..case.record.clone()
            };
            (unversioned.case_id, unversioned)
        })
        .collect();
    let work: BTreeMap<WorkId, WorkItem> = outputs
        .work
        .iter()
        .map(|item| (item.record.work_id, item.record.clone()))
        .collect();
    let mut differ = misjudged(&expected.cases, &cases);
    let first = expected.family_of.iter().find(|(id, _)| {
        let id = format!("case {id}");
        differ.first().is_some_and(|difference| difference.id == id)
    });
    let family = first.map(|(_, number)| expected.families[*number].as_slice());
    differ.extend(mishandled(&expected.work, &work, &expected.cases));
    let wrong = differ
        .iter()
        .map(|difference| format!("{}: {}", difference.id, difference.what));
    let looked_at = (expected.cases.len() + expected.work.len(), "cases, work");
    let must = "the last record of each case and work item is the model's";
    let wrong = wrong.collect();
    let told = differ.into_iter().map(|difference| difference.told);
    let family = family
        .unwrap_or_default()
        .iter()
        .map(|record| format!("{record:?}"));
    Verdict {
        values: told.chain(family).collect(),
        ..Verdict::new("O5", must, looked_at, wrong)
    }
}
