//! Requests of one kind after another stall for longer than anybody waits for them; and answers come slowly (F10).

use std::time::{Duration, Instant};

use crate::dialogues;
use crate::figures::{MESSAGES, REPLIES};
use crate::oracle;
use crate::proxied::Proxied;
use crate::proxy::{Api, Rule};
use crate::takeover::HAS;

/// Longer than a request may take, a session, and a transaction.
const STALL: Duration = Duration::from_secs(12);

/// How soon work goes on after a stall.
const AGAIN_WITHIN: Duration = Duration::from_secs(30);

/// More than an instance takes with these dialogues, by far.
const MEMORY: u64 = 400 << 20;

/// All requests of each kind, of all instances.
#[test]
#[ignore = "make faults"]
fn whichever_kind_of_request_stalls_work_goes_on() {
    let all = [
        Api::Produce,
        Api::Fetch,
        Api::Heartbeat,
        Api::JoinGroup,
        Api::SyncGroup,
        Api::FindCoordinator,
        Api::Metadata,
        Api::ListOffsets,
        Api::OffsetFetch,
        Api::InitProducerId,
        Api::AddPartitionsToTxn,
        Api::AddOffsetsToTxn,
        Api::TxnOffsetCommit,
        Api::EndTxn,
    ];
    let proxied = Proxied::one();
    let Some(installation) = proxied.installation("stalls", all.len() + 1) else {
        return;
    };
    let slices = &installation.slices;
    let mut watch = installation.watch();
    let mut a = installation.start("a");
    watch.until("it has partitions", |_| a.said(HAS) > 0);
    for (number, api) in all.iter().enumerate() {
        let begun = Instant::now();
        let stall = proxied.rules.hold_requests(Rule::on(*api));
        // Another instance joins, so that there are requests of each kind. It may well not start while nobody answers.
        let b = installation.start("b");
        installation.feed(&slices[number..=number]);
        watch.until("it has stalled for long", |_| begun.elapsed() >= STALL);
        assert!(stall.met() > 0, "there was no {api:?}");
        a.assert_runs();
        drop(stall);
        let back = Instant::now();
        let (messages, replies) = dialogues::count(&slices[..=number]);
        watch.until_heard(messages, replies);
        let took = back.elapsed();
        println!("{api:?}: all is heard {took:?} after the stall");
        assert!(took < AGAIN_WITHIN, "{api:?}: it took {took:?}");
        a.assert_runs();
        drop(b);
    }
    installation.feed(&slices[all.len()..]);
    watch.until_heard(MESSAGES, REPLIES);
    a.ends_well();
    installation.drain();
    oracle::check(&installation, &watch.dump, 0);
}

/// Records come slowly: they wait at the brokers, and the group does not miss whoever waits for them.
#[test]
fn slow_fetches_cost_neither_memory_nor_membership() {
    let proxied = Proxied::one();
    let Some(installation) = proxied.installation("slow", 2) else {
        return;
    };
    let mut watch = installation.watch();
    let mut a = installation.start("a");
    watch.until("it has all its partitions", |_| a.said(HAS) == 3);
    let slow = proxied.rules.slow_answers(Rule::on(Api::Fetch), 40_000);
    installation.feed(&installation.slices);
    watch.until_heard(MESSAGES, REPLIES);
    assert!(slow.met() > 0, "nothing was slow");
    assert_eq!(a.said(HAS), 3, "it kept what it had");
    assert!(a.memory() < MEMORY, "it takes {} bytes", a.memory());
    a.assert_runs();
    drop(slow);
    a.ends_well();
    installation.drain();
    oracle::check(&installation, &watch.dump, 0);
}
