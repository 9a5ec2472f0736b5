//! A worker that stands still past its session, and then goes on as if nothing had been (F2).

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};

use crate::broker::Broker;
use crate::dialogues;
use crate::figures::{MESSAGES, REPLIES};
use crate::installation::Installation;
use crate::oracle;
use crate::takeover::HAS;
use crate::watch::Watch;

/// It wakes when the other has done its work: the broker has ended its transaction long ago, and
/// whatever it sends is fenced.
#[test]
fn a_zombie_whose_transaction_has_timed_out_leaves_no_trace() {
    zombie("zombie-late", "5s", |watch, _, (messages, replies)| {
        watch.until_heard(messages, replies)
    });
}

/// It wakes when it has just been expelled: its transaction is still open and could be committed, but
/// for its offsets, which are of an old generation.
#[test]
fn a_zombie_whose_transaction_is_still_open_leaves_no_trace() {
    zombie("zombie-early", "60s", |watch, installation, _| {
        watch.until("it is expelled", |_| members(&installation.name) == 1);
    });
}

/// Freezes one of two instances in a transaction, until something is so; then it goes on.
fn zombie(name: &str, transaction_timeout: &str, until: impl FnOnce(&mut Watch, &Installation, (u32, u32))) {
    let Some(installation) = Installation::new(name, 8, transaction_timeout) else {
        return;
    };
    let (before, after) = installation.slices.split_at(7);
    let mut watch = installation.watch();
    let [mut a, mut b] = installation.start_two(&mut watch, ["a", "b"]);
    std::thread::scope(|scope| {
        scope.spawn(|| installation.feed(before));
        watch.until_more(100);
        installation.freeze_in_a_transaction(&mut a, || watch.look());
    });
    let had = a.said(HAS);
    let (messages, replies) = dialogues::count(before);
    until(&mut watch, &installation, (messages, replies));
    a.thaw();
    watch.until_heard(messages, replies);
    // It learns what has happened, joins again, and is of use.
    watch.until("it is back", |_| a.said(HAS) > had);
    installation.feed(after);
    watch.until_heard(MESSAGES, REPLIES);
    a.assert_runs();
    b.assert_runs();
    a.ends_well();
    b.ends_well();
    installation.drain();
    oracle::check(&installation, &watch.dump, 0);
}

/// How many members the broker counts in a group that is not being rebalanced; 0 in one that is.
fn members(group: &str) -> usize {
    let client: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", Broker::shared().address())
        .create()
        .expect("these settings are valid");
    let groups = client.fetch_group_list(Some(group), std::time::Duration::from_secs(5));
    let groups = groups.expect("the broker is there");
    let group = groups.groups().first().expect("it is the one asked for");
    if group.state() == "Stable" {
        group.members().len()
    } else {
        0
    }
}
