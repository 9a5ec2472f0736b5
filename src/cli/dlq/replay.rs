//! `heard dlq replay`: sends letters again, each once.
//!
//! A letter's record and the mark that says so ([`crate::wire::Replayed`]) go out in one transaction, so that there is
//! one if and only if there is the other. All replays of an application use one transactional id: taking
//! hold of it ends what an earlier replay left open and keeps it from sending more. Only then the marks are
//! read, to the very end of the topic; so none can be missed, and none can be added by another.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use clap::Args;

use super::filter::FilterArgs;
use super::letters::{self, Letter, Letters, State, key_hash};
use super::ls::from;
use super::plan::{Destination, Kept, Origins, Plan, Selection, selected};
use super::send::Sending;
use crate::cli::output::Output;
use crate::cli::render::text;
use crate::cli::{Exit, Failure, connect};
use crate::config::{Settings, TopicKind};
use crate::log::{Isolation, Log, Producer as _, Topic};
use crate::wire::LetterId;
use crate::wiring;

#[derive(Args, Debug)]
pub(in crate::cli) struct ReplayArgs {
    /// These letters, by their ids; without ids, all that wait and that the options mean.
    #[arg(value_name = "ID", conflicts_with_all = ["reasons", "topics", "since", "until"])]
    ids: Vec<LetterId>,
    #[command(flatten)]
    filter: FilterArgs,
    /// Only say what would be sent.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask. Without a terminal nothing is asked either.
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn replay(settings: &Settings, args: &ReplayArgs) -> Result<Exit, Failure> {
    let log = connect::log(settings)?;
    let selection = match args.ids.is_empty() {
        true => Selection::Filtered(args.filter.resolve(settings)),
        false => Selection::Named(args.ids.clone()),
    };
    let named = !args.ids.is_empty();
    let mut output = Output::new();
    let mut agreed_to = None;
    let asks = !args.yes && !args.dry_run && io::stdin().is_terminal() && io::stderr().is_terminal();
    if args.dry_run || asks {
        let letters = letters::read(settings, &log, Isolation::Committed)?;
        let plan = plan(settings, &log, &letters, &selection)?;
        if args.dry_run {
            tell_only(&mut output, &letters, &plan, named)?;
            return Ok(Exit::Done);
        }
        if !plan.send.is_empty() && !agreed(plan.send.len())? {
            output.line("nothing was sent")?;
            output.flush()?;
            return Ok(Exit::Done);
        }
        agreed_to = Some(plan.send);
    }
    let producer = connect::waiting(settings, || {
        let mut producer = log.producer(&format!("{}-dlq-replay", settings.application))?;
        producer.init()?;
        Ok(producer)
    })
    .map_err(connect::failed(settings))?;
    let letters = letters::read(settings, &log, Isolation::Uncommitted)?;
    let mut plan = plan(settings, &log, &letters, &selection)?;
    if let Some(agreed_to) = agreed_to {
        // Not what came in since the question.
        plan.send.retain(|id, _| agreed_to.contains_key(id));
    }
    let mut sending = Sending::new(settings, producer, &letters, &plan);
    let done = sending.send_all(&log, &letters, &plan);
    if done.is_err() {
        sending.abort();
    }
    // Only now: a reader of our output that goes away must not keep letters from being sent, nor hide that
    // it failed.
    let told = sending.told.iter().try_for_each(|line| output.line(line));
    done?;
    told?;
    plan.kept
        .extend(sending.too_large.iter().map(|id| (*id, Kept::TooLarge)));
    tell_kept(&mut output, &letters, &plan, named)?;
    let (sent, kept) = (sending.told.len(), plan.kept.len());
    output.line(&format!("{sent} sent, {kept} kept"))?;
    output.flush()?;
    let left = plan.kept.iter().any(|(_, kept)| kept.is_left_to_do(named));
    Ok(if left { Exit::ToDo } else { Exit::Done })
}

/// What to do with the letters selected, as things stand at the brokers.
fn plan(
    settings: &Settings,
    log: &impl Log,
    letters: &Letters,
    selection: &Selection,
) -> Result<Plan, Failure> {
    let no_letter = |ids: Vec<LetterId>| Failure::NoLetter(ids);
    let asked = selected(letters, selection).map_err(no_letter)?;
    let origins = origins(settings, log, &asked)?;
    Plan::new(letters, selection, &origins).map_err(no_letter)
}

fn origins(settings: &Settings, log: &impl Log, asked: &[&Letter]) -> Result<Origins, Failure> {
    let mailbox = settings.topics.topic(TopicKind::Interactions);
    let inputs = wiring::inputs(&settings.topics, &settings.rules)
        .into_iter()
        .map(|(_, topic)| topic);
    let topics: Vec<_> = inputs.chain([mailbox.clone()]).collect();
    let counts = connect::waiting(settings, || log.partitions(&topics)).map_err(connect::failed(settings))?;
    let count = |topic: &Topic| counts.iter().find(|(there, _)| there == topic).map(|(_, n)| *n);
    let customers = settings.topics.topic(TopicKind::Customers);
    let latest = match count(&customers) {
        Some(_) => latest(settings, log, &customers, asked)?,
        None => HashMap::new(),
    };
    let destination = |topic: &Topic| Destination {
        partitions: count(topic),
        by_key: *topic == mailbox,
    };
    Ok(Origins {
        topics: topics
            .iter()
            .map(|topic| (topic.as_str().to_owned(), destination(topic)))
            .collect(),
        latest,
    })
}

/// In a compacted topic, the last offset of each key that a waiting letter from it has: the last record of
/// a key is the one that stays, so an older one must not be written behind it.
fn latest(
    settings: &Settings,
    log: &impl Log,
    topic: &Topic,
    asked: &[&Letter],
) -> Result<HashMap<(String, i32, u64), i64>, Failure> {
    let came_from_it = asked
        .iter()
        .filter(|letter| letter.state == State::Waiting && letter.envelope.topic == topic.as_str());
    let mut keys = HashSet::new();
    let mut oldest: BTreeMap<i32, i64> = BTreeMap::new();
    for letter in came_from_it {
        let (partition, offset) = (letter.envelope.partition, letter.envelope.offset);
        keys.insert((partition, letter.key));
        let first = oldest.entry(partition).or_insert(offset);
        *first = offset.min(*first);
    }
    let mut latest = HashMap::new();
    if keys.is_empty() {
        return Ok(latest);
    }
    let mut ranges = connect::ranges(settings, log, std::slice::from_ref(topic), Isolation::Committed)?;
    ranges.retain_mut(|(partition, range)| match oldest.get(&partition.partition) {
        Some(offset) => {
            range.start = range.start.max(*offset);
            true
        }
        None => false,
    });
    connect::read_ranges(settings, log, ranges, true, |_, record| {
        let key = key_hash(record.key);
        if keys.contains(&(record.partition, key)) {
            latest.insert((topic.as_str().to_owned(), record.partition, key), record.offset);
        }
        Ok(())
    })?;
    Ok(latest)
}

/// What is done with a letter, as told.
pub(super) fn line(what: &str, letter: &Letter) -> String {
    let reason = text(letter.envelope.reason.as_bytes());
    format!("{what}  {}  {reason}  from {}", letter.id, from(letter))
}

/// Says what would be done.
fn tell_only(output: &mut Output, letters: &Letters, plan: &Plan, named: bool) -> Result<(), Failure> {
    for letter in plan.send.keys().filter_map(|id| letters.get(*id)) {
        output.line(&line("would send", letter))?;
    }
    tell_kept(output, letters, plan, named)?;
    let (count, kept) = (plan.send.len(), plan.kept.len());
    output.line(&format!(
        "{count} to send, {kept} kept; nothing was sent (--dry-run)"
    ))?;
    output.flush()
}

/// Says which letters are kept and why; of those that were sent before, only if they were named.
fn tell_kept(output: &mut Output, letters: &Letters, plan: &Plan, named: bool) -> Result<(), Failure> {
    for (id, kept) in &plan.kept {
        let told = named || !matches!(kept, Kept::Replayed(_));
        if let Some(letter) = letters.get(*id).filter(|_| told) {
            output.line(&format!("{}: {}", line("kept", letter), kept.why()))?;
        }
    }
    Ok(())
}

/// Asks whether to go on.
fn agreed(letters: usize) -> Result<bool, Failure> {
    let failed = |cause| Failure::Run(format!("the answer cannot be read: {cause}"));
    let mut asked = io::stderr();
    write!(asked, "Send {letters} again? [y/N] ")
        .and_then(|()| asked.flush())
        .map_err(failed)?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(failed)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
