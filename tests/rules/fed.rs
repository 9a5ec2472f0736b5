//! Stories as topics tell them: bytes, which intake reads.

use heard::intake::InputKind;
use heard::log::Batch;
use heard::log::batch::Place;
use heard::model::{Complaint, Millis, Response, Survey, Update};
use heard::wire::{Encoder, Format, WireRecord};

use crate::story::{INPUTS, Line, Story};

impl Story {
    /// Feeds lines in this order, each as a record that its topic got when it says.
    pub fn fed(settings: heard::config::rules::RuleSettings, lines: impl IntoIterator<Item = Line>) -> Self {
        let mut story = Self::new(settings);
        lines.into_iter().for_each(|line| story.feed(line));
        story
    }

    /// Feeds a line, which is taken.
    pub fn feed(&mut self, line: impl Into<Line>) {
        let refused = match line.into() {
            Line::Says(record) => self.reads::<Complaint>(InputKind::Complaints, &record, record.occurred_at),
            Line::Replies(record) => {
                self.reads::<Response>(InputKind::Responses, &record, record.occurred_at)
            }
            Line::Becomes(record) => self.reads::<Update>(InputKind::Updates, &record, record.occurred_at),
            Line::Survey(record) => self.reads::<Survey>(InputKind::Surveys, &record, record.occurred_at),
            Line::Customer(record) => {
                let key = record.customer_id.clone();
                let at = record.updated_at;
                self.read(
                    InputKind::Customers,
                    Some(key.as_bytes()),
                    Some(&bytes(&record)),
                    at,
                )
            }
            Line::Dropped(customer, at) => {
                self.read(InputKind::Customers, Some(customer.as_bytes()), None, at)
            }
            line => {
                self.tell(line);
                None
            }
        };
        assert_eq!(refused, None, "it is taken");
    }

    fn reads<T: WireRecord>(&mut self, input: InputKind, record: &T, at: Millis) -> Option<&'static str> {
        self.read(input, None, Some(&bytes(record)), at)
    }

    /// Reads a record of an input topic. Says why it was refused, if it was.
    pub fn read(
        &mut self,
        input: InputKind,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        at: Millis,
    ) -> Option<&'static str> {
        let place = Place {
            topic: 0,
            partition: 0,
            offset: 0,
            timestamp: at.0,
        };
        let mut batch = Batch::new();
        batch.push(place, key, value, []);
        let input = INPUTS.iter().position(|known| *known == input).expect("an input");
        let before = self.desk.rejected().len();
        self.desk.take(input, &batch.get(0).expect("it was pushed"));
        self.desk.rejected()[before..]
            .first()
            .map(|rejection| rejection.code)
    }
}

/// A record as it travels.
pub fn bytes<T: WireRecord>(record: &T) -> Vec<u8> {
    let mut value = Vec::new();
    let mut encoder = Encoder::new(Format::SingleObject);
    encoder.encode(record, &mut value).expect("it can be written");
    value
}
