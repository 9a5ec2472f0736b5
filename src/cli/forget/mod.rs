//! `heard forget`: erases a person and says what of them ends when.
//!
//! A customer is forgotten by a tombstone in the topic of customers, as the CRM itself would write it: so
//! compaction takes the record, and no other road is needed. For an identifier there is no such topic: its
//! actor gets a message in the mailbox. The message holds a keyed hash and a time, so nothing that names the
//! person is written anywhere; and the mailbox is purged once it is taken in.

mod carriers;
mod effect;
mod receipt;
mod seen;

use std::io::{self, IsTerminal as _, Write as _};

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
use crate::intake::customer_key::CLEARS;
use crate::log::kafka::KafkaLog;
use crate::log::{Header, Log, LogError, Outgoing, Producer};
use crate::model::{Identifier, Millis};

use carriers::Found;
use effect::Sent;
use receipt::Receipt;
use seen::Seen;

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
    /// Where a phone number is from that is written without its country, such as GB; else as `[identity]` says.
    #[arg(long, value_name = "REGION", requires = "identifier", value_parser = region)]
    region: Option<Region>,
    /// Only say what would be done, and count what names them.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
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
        let customer = |id: &str| match intake::customer_id(id) {
            id if id.is_empty() => Err(Failure::Usage("--customer needs an id.".into())),
            id => Ok(Self::Customer(id.to_string())),
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
    one(&person, &found)?;
    let before = seen::look(
        settings,
        &log,
        &person,
        found.customer.as_deref(),
        found.carriers.len(),
    )?;
    if !quiet {
        tell_plan(&person, &found, before, args.dry_run);
    }
    let asks = !args.yes && !args.dry_run && io::stdin().is_terminal() && io::stderr().is_terminal();
    if asks && !agreed()? {
        return Err(Failure::Usage("nothing was done.".into()));
    }
    let at = when::now();
    let mut receipt = Receipt::new(person.what(), person.hash(&keys), at, &found, before);
    receipt.topics = receipt::topics(settings, &log, at)?;
    if !args.dry_run {
        let sent = send(settings, &log, &keys, &person, &found, at)?;
        receipt.sent = true;
        if !args.wait.is_zero() {
            let taken_in = effect::wait(settings, &log, sent, args.wait)?;
            receipt.taken_in = Some(taken_in);
            if taken_in {
                let again = carriers::find(settings, &log, &person)?;
                let customer = found.customer.as_deref();
                receipt.after = Some(seen::look(
                    settings,
                    &log,
                    &person,
                    customer,
                    again.carriers.len(),
                )?);
            }
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

/// An identifier that several customers carry does not say who is meant.
fn one(person: &Person, found: &Found) -> Result<(), Failure> {
    if found.customers > 1 && matches!(person, Person::Identifier(_)) {
        return Err(Failure::Run(format!(
            "{} customers carry this identifier, so it does not say who is meant. Forget those that are meant with \
             --customer, or take it out of the others' records first.",
            found.customers
        )));
    }
    Ok(())
}

/// Asks whether to go on.
fn agreed() -> Result<bool, Failure> {
    let _ = write!(io::stderr(), "This cannot be undone. Forget them? [y/N] ");
    let mut answer = String::new();
    io::stdin()
        .read_line(&mut answer)
        .map_err(|error| Failure::Run(format!("no answer could be read: {error}")))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Says what will be done, on standard error, which may be closed.
fn tell_plan(person: &Person, found: &Found, before: Seen, dry_run: bool) {
    let mut lines = Vec::new();
    let has_record = !found.carriers.is_empty();
    lines.push(match person {
        Person::Customer(_) if has_record => "The customer's record, cases and surveys are forgotten.",
        Person::Customer(_) if before.any() || found.was_dropped => {
            "There is no record of this customer any more; what there may be of them is forgotten."
        }
        Person::Customer(_) => "No such customer was ever seen: no record, no case and no work item names them.",
        Person::Identifier(_) if has_record => {
            "One customer carries the identifier, and is forgotten with record, cases and surveys; so is every case \
             that mentions it."
        }
        Person::Identifier(_) if before.any() => {
            "No customer carries the identifier; every case and survey that mentions it is forgotten."
        }
        Person::Identifier(_) => {
            "No customer carries the identifier, and it is in no case and no work item that can be seen; every case and \
             survey that mentions it is forgotten."
        }
    }
    .to_owned());
    lines.push(receipt::counted(before));
    if found.unreadable > 0 {
        lines.push(format!(
            "{} customer records cannot be read: whether they carry it is not known.",
            found.unreadable
        ));
    }
    if dry_run {
        lines.push("Nothing is done (--dry-run).".into());
    }
    for line in lines {
        let _ = writeln!(io::stderr(), "{line}");
    }
}

/// The tombstones that forget a customer: under each key that a record of theirs has; and under their id, if none of
/// these names them.
fn tombstones(found: &Found) -> Vec<Tombstone<'_>> {
    let mut all: Vec<_> = { found.carriers.iter() }
        .map(|carrier| Tombstone {
            key: &carrier.key,
            partition: Some(carrier.partition),
            erases: carrier.names_them,
        })
        .collect();
    if let Some(customer) = &found.customer
        && !all.iter().any(|tombstone| tombstone.erases)
    {
        all.push(Tombstone {
            key: customer.as_bytes(),
            partition: None,
            erases: true,
        });
    }
    all
}

/// A null value to write to the topic of customers.
struct Tombstone<'f> {
    key: &'f [u8],
    partition: Option<i32>,
    /// Whether its key says who is to be forgotten; else it only clears the key.
    erases: bool,
}

/// Sends what makes the person be forgotten, all or nothing.
fn send(
    settings: &Settings,
    log: &KafkaLog,
    keys: &Keys,
    person: &Person,
    found: &Found,
    at: Millis,
) -> Result<Sent, Failure> {
    let failed = connect::failed(settings);
    let customers = settings.topics.topic(TopicKind::Customers);
    let mailbox = settings.topics.topic(TopicKind::Interactions);
    let tombstones = tombstones(found);
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
        for tombstone in &tombstones {
            let clears = Header {
                name: CLEARS,
                value: None,
            };
            producer.send(&Outgoing {
                topic: &customers,
                partition: tombstone.partition,
                key: Some(tombstone.key),
                value: None,
                headers: if tombstone.erases {
                    &[]
                } else {
                    std::slice::from_ref(&clears)
                },
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
    let written = tombstones.iter().map(|tombstone| tombstone.key.to_vec());
    Ok(sent.expecting(written.collect(), letter))
}
