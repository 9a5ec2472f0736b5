//! Bytes to records.

use std::cell::OnceCell;
use std::marker::PhantomData;
use std::sync::Arc;

use super::datum::Read;
use super::direct;
use super::error::DecodeError;
use super::record::WireRecord;
use super::registry::Registry;
use super::resolve::{self, Plan};
use super::scan::rewrite::rewrite;
use super::scan::scan;

/// Decodes values into one record type, whatever known schema they were written with. One a thread.
///
/// ```
/// # use std::sync::Arc;
/// # use heard::{model::Complaint, wire::{Decoder, Encoder, Format, Registry}};
/// let decoder = Decoder::<Complaint>::new(Arc::new(Registry::built_in()));
/// let complaint = Complaint { id: "1".into(), ..Complaint::default() };
/// let mut value = Vec::new();
/// Encoder::new(Format::SingleObject).encode(&complaint, &mut value).unwrap();
/// assert_eq!(decoder.decode(&value).unwrap(), complaint);
/// ```
pub struct Decoder<T> {
    registry: Arc<Registry>,
    /// The index of our own present schema.
    own: Option<usize>,
    /// By the writer's index in the registry: how to read it as `T`, once that was worked out.
    plans: Vec<OnceCell<Result<Plan, Arc<str>>>>,
    record: PhantomData<fn() -> T>,
}

impl<T: WireRecord> Decoder<T> {
    /// A decoder of what was written with the schemas of `registry`.
    pub fn new(registry: Arc<Registry>) -> Self {
        Self {
            plans: vec![OnceCell::new(); registry.len()],
            own: registry.index_of_present::<T>(),
            registry,
            record: PhantomData,
        }
    }

    /// Decodes one value, header and all.
    ///
    /// Time and memory are bounded by the value's length, for any bytes. Of a value of the present schema nothing is
    /// allocated but what the record keeps.
    pub fn decode(&self, value: &[u8]) -> Result<T, DecodeError> {
        let (index, datum) = self.registry.open(value)?;
        if self.own == Some(index)
            && let Ok(record) = direct::read(datum)
        {
            return Ok(record);
        }
        let header = value.len() - datum.len();
        self.decode_by_schema(index, datum)
            .map_err(|error| error.moved(header))
    }

    /// The way of every other schema, and of what the shorter way refuses: here it is told why.
    fn decode_by_schema(&self, index: usize, datum: &[u8]) -> Result<T, DecodeError> {
        let writer = self.registry.writer(index);
        let plan = self.plans[index].get_or_init(|| resolve::plan(&writer.tree, T::reader()));
        let plan = plan.as_ref().map_err(|reason| DecodeError::Unresolvable {
            reason: Arc::clone(reason),
        })?;
        let changes = scan(T::NAME, plan, datum)?;
        let rewritten = rewrite(datum, &changes);
        let datum = rewritten.as_deref().unwrap_or(datum);
        let misfit = || DecodeError::Misfit { record: T::NAME };
        let value = writer.datum(datum).ok_or_else(misfit)?;
        // A message may quote the value, so it is dropped.
        T::deserialize(Read(&value)).map_err(|_| misfit())
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::sync::{Arc, LazyLock};

    use proptest::prelude::*;

    use super::Decoder;
    use crate::model::{Attachment, Case, CaseEvent, Complaint, Customer, Identifier, Person, WorkItem};
    use crate::wire::{Encoder, Format, Registry, WireRecord, direct};

    /// Flips, cuts, inserts: whatever the shorter way accepts, the longer one accepts, and finds the same
    /// in it. Numbers are compared by their text, since NaN is not equal to itself.
    fn agree<T: WireRecord + Debug>(record: &T, spoil: &[(usize, u8, u8)]) -> Result<(), TestCaseError> {
        static REGISTRY: LazyLock<Arc<Registry>> = LazyLock::new(|| Arc::new(Registry::built_in()));
        let decoder = Decoder::<T>::new(Arc::clone(&REGISTRY));
        let mut value = Vec::new();
        let mut encoder = Encoder::new(Format::SingleObject);
        encoder.encode(record, &mut value).expect("it encodes");
        let mut datum = value.split_off(10);
        for &(at, how, byte) in spoil {
            let at = at % (datum.len() + 1);
            match how {
                0 => datum.insert(at, byte),
                1 => datum.truncate(at),
                _ => datum.iter_mut().skip(at).take(1).for_each(|old| *old = byte),
            }
        }
        let short = direct::read::<T>(&datum).ok();
        let long = decoder.decode_by_schema(decoder.own.expect("it is compiled in"), &datum);
        if let Some(short) = short {
            let json = |record: &T| serde_json::to_string(record).expect("it is JSON");
            prop_assert_eq!(Ok(json(&short)), long.map(|long| json(&long)));
        } else if spoil.is_empty() {
            prop_assert!(false, "the shorter way refuses what was just written");
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

        #[test]
        fn the_shorter_way_agrees_with_the_longer(
            spoil in prop::collection::vec((any::<usize>(), 0..6_u8, any::<u8>()), 0..4),
            text in prop::option::of(".{0,40}"),
            number in any::<i64>(),
        ) {
            let attachment = Attachment { url: "a".into(), media_type: "b".into() };
            let identifier = Identifier { kind: "email".into(), value: "x@y".into(), realm: None };
            let complaint = Complaint {
                author: Person { identifiers: vec![identifier.clone(); 2], ..Person::default() },
                text: text.map(Into::into),
                audience: Some(number),
                sentiment: Some(0.5),
                attachments: vec![attachment; 2],
                attributes: [("k".to_owned(), "v".to_owned())].into_iter().collect::<std::collections::BTreeMap<_, _>>().into(),
                ..Complaint::default()
            };
            agree(&complaint, &spoil)?;
            agree(&Customer { identifiers: vec![identifier], ..Customer::default() }, &spoil)?;
            agree(&Case::default(), &spoil)?;
            agree(&CaseEvent { details: [("a", "b")].into(), ..CaseEvent::default() }, &spoil)?;
            agree(&WorkItem { complaint: Arc::new(complaint), ..WorkItem::default() }, &spoil)?;
        }
    }
}
