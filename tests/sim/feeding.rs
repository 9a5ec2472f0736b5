//! Inputs arrive, from an outside world that has no troubles.

use std::sync::atomic::Ordering;
use std::time::Duration;

use heard::log::{Log, LogError, Outgoing, Producer as _};
use rand::RngExt;

use super::chaos::Chaos;
use super::subject::Subject;

impl<S: Subject> Chaos<'_, S> {
    /// A few more inputs arrive, in a transaction; sometimes one is aborted first.
    pub fn feed(&mut self) -> Result<(), String> {
        self.calm.store(true, Ordering::Relaxed);
        self.world.log.faults().spare(true);
        let fed = self.feed_calmly();
        self.calm.store(false, Ordering::Relaxed);
        self.world.log.faults().spare(false);
        fed.map_err(|error| format!("feeding failed: {error}"))
    }

    fn feed_calmly(&mut self) -> Result<(), LogError> {
        let count = self.rng.random_range(1..6).min(self.waiting.len());
        let mut producer = self.world.log.producer("feeder")?;
        producer.init()?;
        let aborted = self.rng.random_bool(0.2);
        for abort in [aborted, false].iter().skip(usize::from(!aborted)) {
            producer.begin()?;
            for input in self.waiting.iter().rev().take(count) {
                let topic = &self.world.settings.topics.inputs[input.topic];
                let (key, value) = (Some(&input.key[..]), Some(&input.value[..]));
                let record = Outgoing {
                    topic,
                    partition: None,
                    key,
                    value,
                    headers: &[],
                };
                producer.send(&record)?;
            }
            producer.flush(Duration::ZERO)?;
            if *abort {
                producer.abort()
            } else {
                producer.commit()
            }?;
        }
        self.waiting.truncate(self.waiting.len() - count);
        Ok(())
    }
}
