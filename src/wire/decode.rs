//! Bytes to records.

use std::cell::OnceCell;
use std::marker::PhantomData;
use std::sync::Arc;

use serde_avro_fast::de::read::SliceRead;
use serde_avro_fast::de::{DeserializerConfig, DeserializerState};

use super::error::DecodeError;
use super::record::WireRecord;
use super::registry::Registry;
use super::resolve::{self, Plan};
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
    /// By the writer's index in the registry: how to read it as `T`, once that was worked out.
    plans: Vec<OnceCell<Result<Plan, Arc<str>>>>,
    record: PhantomData<fn() -> T>,
}

impl<T: WireRecord> Decoder<T> {
    /// A decoder of what was written with the schemas of `registry`.
    pub fn new(registry: Arc<Registry>) -> Self {
        Self {
            plans: vec![OnceCell::new(); registry.len()],
            registry,
            record: PhantomData,
        }
    }

    /// Decodes one value, header and all.
    ///
    /// Time and memory are bounded by the value's length, for any bytes. Nothing is allocated but what
    /// the record keeps.
    pub fn decode(&self, value: &[u8]) -> Result<T, DecodeError> {
        let (index, datum) = self.registry.open(value)?;
        let writer = self.registry.writer(index);
        let plan = self.plans[index].get_or_init(|| resolve::plan(&writer.tree, T::reader()));
        let plan = plan.as_ref().map_err(|reason| DecodeError::Unresolvable {
            reason: Arc::clone(reason),
        })?;
        scan(T::NAME, plan, datum)?;
        let config = DeserializerConfig::new(&writer.fast);
        let mut state = DeserializerState::with_config(SliceRead::new(datum), config);
        // The library's message may quote the value, so it is dropped.
        T::deserialize(state.deserializer()).map_err(|_| DecodeError::Misfit { record: T::NAME })
    }
}
