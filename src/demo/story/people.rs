//! Customers of the story, and what the CRM knows of them.

use smol_str::{SmolStr, format_smolstr};

use super::words::Language;
use crate::demo::enterprise::source;
use crate::model::{Customer, Identifier, Millis, Person};

/// Somebody in the story.
#[derive(Clone, Debug)]
pub(super) struct Someone {
    /// Tells them from everybody else in the story.
    pub number: u32,
    /// As they write it.
    pub name: &'static str,
    /// In letters that addresses take.
    slug: &'static str,
    /// What they speak, BCP 47.
    language: &'static str,
    /// Whose telephone they use: their own number, unless it is shared.
    pub telephone: u32,
}

impl Someone {
    /// Person `number`, by the name at `index` in their language's list, taken round and round.
    pub fn new(number: u32, language: &Language, index: usize) -> Self {
        let (name, slug) = language.names[index % language.names.len()];
        Self {
            number,
            name,
            slug,
            language: language.code,
            telephone: number,
        }
    }

    /// Their id in the CRM.
    pub fn customer_id(&self) -> SmolStr {
        format_smolstr!("C{:06}", self.number)
    }

    /// As they are seen in a channel.
    pub fn seen_in(&self, channel: &str) -> Person {
        let identifiers = match channel {
            "phone" => vec![self.phone()],
            "email" => vec![self.email()],
            "chat" => vec![
                identifier("device", &format!("browser-{}", self.number)),
                self.email(),
            ],
            "messaging" => vec![self.phone()],
            _ => vec![self.handle(channel)],
        };
        Person {
            display_name: Some(self.name.into()),
            identifiers,
        }
    }

    /// What the CRM knows of them at a time.
    pub fn customer(&self, at: Millis) -> Customer {
        let handles = ["social", "review", "forum"].map(|channel| self.handle(channel));
        Customer {
            customer_id: self.customer_id(),
            identifiers: [self.email(), self.phone()].into_iter().chain(handles).collect(),
            display_name: Some(self.name.into()),
            tier: Some(["gold", "silver", "basic", "basic"][self.number as usize % 4].into()),
            lifetime_value: Some(f64::from(self.number % 90) * 75.0),
            vulnerable: self.number.is_multiple_of(17),
            preferred_language: Some(self.language.into()),
            updated_at: at,
            ..Customer::default()
        }
    }

    fn email(&self) -> Identifier {
        identifier("email", &format!("{}.{}@post.example", self.slug, self.number))
    }

    /// A number of a country that there is not.
    fn phone(&self) -> Identifier {
        identifier("phone", &format!("+999 20 {:07}", self.telephone))
    }

    fn handle(&self, channel: &str) -> Identifier {
        Identifier {
            realm: Some(source(channel).into()),
            ..identifier(
                "handle",
                &format!("{}_{}", self.slug.replace('.', "_"), self.number),
            )
        }
    }
}

fn identifier(kind: &str, value: &str) -> Identifier {
    Identifier {
        kind: kind.into(),
        value: value.into(),
        realm: None,
    }
}
