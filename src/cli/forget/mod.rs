//! `heard forget`: erases a person and says what of them ends when.
//!
//! A customer is forgotten by a tombstone in the topic of customers, as the CRM itself would write it: so
//! compaction takes the record, and no other road is needed. For an identifier there is no such topic: its
//! actor gets a message in the mailbox. The message holds a keyed hash and a time, so nothing that names the
//! person is written anywhere; and the mailbox is purged once it is taken in.

mod carriers;
mod effect;
mod receipt;

use std::io::{self, Write as _};

use clap::{ArgGroup, Args};

use super::output::Output;
use super::{Exit, Failure, connect, when};
use crate::config::rules::{Region, Span};
use crate::config::value::FromToml as _;
use crate::config::{Settings, TopicKind, duration};
use crate::desk::Message;
use crate::desk::conversation::who::customer_key;
use crate::desk::forgetting::Forget;
use crate::desk::keys::Keys;
use crate::engine::post;
use crate::intake;
use crate::log::kafka::KafkaLog;
use crate::log::{Log, LogError, Outgoing, Producer};
use crate::model::{Identifier, Millis};

use carriers::Carrier;
use effect::Sent;
use receipt::Receipt;

#[derive(Args, Debug)]
#[command(group = ArgGroup::new("who").required(true).args(["customer", "identifier"]))]
pub(super) struct ForgetArgs {
    /// The customer with this id in the CRM's records.
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// Whoever has this identifier, such as email ann@example.org, known to the CRM or not.
    #[arg(long, num_args = 2, value_names = ["KIND", "VALUE"])]
    identifier: Option<Vec<String>>,
    /// The platform that the identifier is of, if messages say so.
    #[arg(long, value_name = "REALM", requires = "identifier")]
    realm: Option<String>,
    /// Where a phone number is from that is written without its country, such as GB; else as [identity] says.
    #[arg(long, value_name = "REGION", requires = "identifier", value_parser = region)]
    region: Option<Region>,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
    /// The receipt as JSON.
    #[arg(long)]
    json: bool,
    /// How long to wait until it has been taken in; 0s: not at all.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = span)]
    wait: std::time::Duration,
}

/// Who is to be forgotten.
pub(super) enum Person {
    /// A customer of the CRM.
    Customer(String),
    /// Whoever has this identifier, normalised.
    Identifier(Identifier),
}

fn span(text: &str) -> Result<std::time::Duration, String> {
    if text.trim_end_matches(|c: char| c.is_ascii_alphabetic()) == "0" {
        return Ok(std::time::Duration::ZERO);
    }
    let parsed = duration::parse(text).and_then(|span: Span| u64::try_from(span.ms()).ok());
    let ms = parsed.ok_or("write a length of time, such as 90s or 5m")?;
    Ok(std::time::Duration::from_millis(ms))
}

fn region(text: &str) -> Result<Region, String> {
    Region::from_text(text).ok_or_else(|| format!("write {}", Region::allowed()))
}

impl Person {
    fn of(settings: &Settings, args: &ForgetArgs) -> Result<Self, Failure> {
        let customer = |id: &str| match id.is_empty() {
            true => Err(Failure::Usage("--customer needs an id.".into())),
            false => Ok(Self::Customer(id.to_owned())),
        };
        if let Some(id) = &args.customer {
            return customer(id);
        }
        let [kind, value] = args.identifier.as_deref().unwrap_or_default() else {
            return Err(Failure::Usage("name a --customer or an --identifier.".into()));
        };
        let identity = &settings.rules.identity;
        let region = args.region.or(identity.regions.usual);
        let identifier = intake::identifier(identity, region, kind, value, args.realm.as_deref());
        match identifier {
            Some(identifier) if identifier.kind == "customer_id" => customer(&identifier.value),
            Some(identifier) => Ok(Self::Identifier(identifier)),
            None => Err(Failure::Usage(
                "this identifier names nobody: it is empty, or blocked in [identity]. Messages that carry it are \
                 told apart by others."
                    .into(),
            )),
        }
    }

    /// What of them may stand in a receipt: a keyed hash.
    fn hash(&self, keys: &Keys) -> String {
        let actor = match self {
            Self::Customer(id) => keys.party(&customer_key(id)),
            Self::Identifier(identifier) => keys.identifier(identifier),
        };
        format!("{:032x}", actor.hash)
    }

    fn what(&self) -> &'static str {
        match self {
            Self::Customer(_) => "customer",
            Self::Identifier(_) => "identifier",
        }
    }
}

pub(super) fn forget(settings: &Settings, args: &ForgetArgs, quiet: bool) -> Result<Exit, Failure> {
    let person = Person::of(settings, args)?;
    let log = connect::log(settings)?;
    let keys = Keys::new(settings.rules.secret);
    let found = carriers::find(settings, &log, &person)?;
    let carrier = one(&person, found.carriers)?;
    if !quiet {
        tell_plan(&person, carrier.as_ref(), found.unreadable, args.dry_run);
    }
    let at = when::now();
    let mut receipt = Receipt::new(person.what(), person.hash(&keys), at, carrier.is_some());
    receipt.topics = receipt::topics(settings, &log, at)?;
    if !args.dry_run {
        let sent = send(settings, &log, &keys, &person, carrier.as_ref(), at)?;
        receipt.sent = true;
        if !args.wait.is_zero() {
            receipt.taken_in = Some(effect::wait(settings, &log, sent, args.wait)?);
        }
    }
    let mut output = Output::new();
    if args.json {
        output.line(&format!("{:#}", receipt.as_json()))?;
    } else {
        receipt.lines().iter().try_for_each(|line| output.line(line))?;
    }
    output.flush()?;
    Ok(receipt.exit())
}

/// Of an identifier, the one customer whose record carries it.
fn one(person: &Person, carriers: Vec<Carrier>) -> Result<Option<Carrier>, Failure> {
    if carriers.len() > 1 && matches!(person, Person::Identifier(_)) {
        return Err(Failure::Run(format!(
            "{} customers carry this identifier, so it does not say who is meant. Forget those that are meant with \
             --customer, or take it out of the others' records first.",
            carriers.len()
        )));
    }
    Ok(carriers.into_iter().next())
}

/// Says what will be done, on standard error, which may be closed.
fn tell_plan(person: &Person, carrier: Option<&Carrier>, unreadable: u64, dry_run: bool) {
    let mut lines = Vec::new();
    lines.push(match (person, carrier) {
        (Person::Customer(_), Some(_)) => "The customer's record, cases and surveys are forgotten.".to_owned(),
        (Person::Customer(_), None) => {
            "There is no record of this customer any more; what there may be of them is forgotten.".to_owned()
        }
        (Person::Identifier(_), Some(_)) => {
            "One customer carries the identifier, and is forgotten with record, cases and surveys; so is every case \
             that mentions it."
                .to_owned()
        }
        (Person::Identifier(_), None) => {
            "No customer carries the identifier; every case and survey that mentions it is forgotten.".to_owned()
        }
    });
    if unreadable > 0 {
        lines.push(format!(
            "{unreadable} customer records cannot be read: whether they carry it is not known."
        ));
    }
    if dry_run {
        lines.push("Nothing is done (--dry-run).".into());
    }
    for line in lines {
        let _ = writeln!(io::stderr(), "{line}");
    }
}

/// Sends what makes the person be forgotten, all or nothing.
fn send(
    settings: &Settings,
    log: &KafkaLog,
    keys: &Keys,
    person: &Person,
    carrier: Option<&Carrier>,
    at: Millis,
) -> Result<Sent, Failure> {
    let failed = connect::failed(settings);
    let customers = settings.topics.topic(TopicKind::Customers);
    let mailbox = settings.topics.topic(TopicKind::Interactions);
    let named = match person {
        Person::Customer(id) => Some(id.as_bytes()),
        Person::Identifier(_) => None,
    };
    let key = carrier.map(|carrier| carrier.key.as_slice()).or(named);
    let letter = match person {
        // The tombstone of a record that points to another customer would be the end of a merge's clean-up.
        Person::Customer(id) => {
            let partitions = effect::count(settings, log, &mailbox)?;
            let forget = Message::Forget(Box::new(Forget::Customer { at }));
            Some(post(keys.party(&customer_key(id)), &forget, partitions))
        }
        Person::Identifier(identifier) => {
            let partitions = effect::count(settings, log, &mailbox)?;
            let forget = Message::Forget(Box::new(Forget::Identifier { at }));
            Some(post(keys.identifier(identifier), &forget, partitions))
        }
    };
    let sent = Sent::begin(settings, log, &customers, &mailbox)?;
    let transact = || -> Result<(), LogError> {
        let mut producer = log.producer(&format!("{}-forget", settings.application))?;
        producer.init()?;
        producer.begin()?;
        if let Some(key) = key {
            producer.send(&Outgoing {
                topic: &customers,
                partition: carrier.map(|carrier| carrier.partition),
                key: Some(key),
                value: None,
                headers: &[],
            })?;
        }
        if let Some(letter) = &letter {
            producer.send(&Outgoing {
                topic: &mailbox,
                partition: Some(letter.partition),
                key: Some(&letter.key),
                value: Some(&letter.value),
                headers: &[],
            })?;
        }
        producer.flush(effect::PATIENCE)?;
        producer.commit()
    };
    connect::waiting(settings, transact).map_err(&failed)?;
    let letter = letter.map(|letter| letter.key.to_vec());
    Ok(sent.expecting(key.map(<[u8]>::to_vec), letter))
}
