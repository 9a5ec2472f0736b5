//! What an installation goes through under load, and must come out of whole. The short ones are part of the tests; the long
//! ones are ignored there, and `make faults` runs them.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::acl::{GUARDED, Operation, Resource, give};
use crate::broker::Broker;
use crate::cluster::Cluster;
use crate::load::Plan;
use crate::ordeal::Ordeal;
use crate::process::Running;

/// Members of a group are missed early, so that many faults fit into a minute; all else is as in production.
pub const QUICK: &str = "session_timeout = \"3s\"\ntransaction_timeout = \"5s\"\nmax_poll_interval = \"20s\"";

/// As in production.
const DEFAULTS: &str = "";

/// How long an instance may take until it publishes again.
const BACK: Duration = Duration::from_secs(60);

/// F1, F2, F7: one after the other, at moments of chance.
#[test]
fn a_minute_of_everything() {
    let mut ordeal = Ordeal::new("everything", &Broker::shared().address(), 1, QUICK, 100);
    let mut instances = vec![ordeal.start("a"), ordeal.start("b")];
    ordeal.until_more(100, BACK);
    ordeal.measure();
    for round in 0..8 {
        ordeal.chance.pass(1_500);
        let name = ["a", "b"][round % 2];
        let mut one = instances.remove(0);
        match round % 4 {
            0 | 3 => {
                ordeal.kill(one);
                one = ordeal.start(name);
            }
            1 => {
                one.freeze();
                let since = Instant::now();
                ordeal.until_more(50, BACK);
                ordeal.chance.pass(6_000);
                println!("{name} stood still for {:?}", since.elapsed());
                one.thaw();
            }
            _ => {
                ordeal.end(one);
                one = ordeal.start(name);
            }
        }
        instances.push(one);
        ordeal.until_more(50, BACK);
    }
    ordeal.judge(instances);
}

/// F1 on one broker.
#[test]
#[ignore = "make faults: about 15 minutes"]
fn killed_200_times_on_one_broker() {
    let broker = Broker::start();
    kills("kills-1", &broker.address(), 1, 200);
}

/// F1 on three.
#[test]
#[ignore = "make faults: about 15 minutes"]
fn killed_200_times_on_three_brokers() {
    let cluster = Cluster::start();
    kills("kills-3", &cluster.addresses(), 3, 200);
}

/// Every third is killed as it starts, joins or restores; the others at work.
fn kills(name: &str, brokers: &str, copies: i32, times: usize) {
    let mut ordeal = Ordeal::new(name, brokers, copies, QUICK, 60);
    let mut one = ordeal.start("a");
    ordeal.until_more(50, BACK);
    for round in 0..times {
        if round % 3 != 2 {
            let records = 1 + ordeal.chance.below(60);
            ordeal.until_more(records, BACK);
        }
        ordeal.chance.pass(if round % 3 == 2 { 3_000 } else { 400 });
        ordeal.kill(one);
        one = ordeal.start("a");
        if (round + 1) % 20 == 0 {
            println!("{name}: {} kills", round + 1);
        }
    }
    ordeal.until_more(50, BACK);
    ordeal.judge(vec![one]);
}

/// F2, F21 with time-outs as in production: some shorter than the session, some longer than the transaction.
#[test]
#[ignore = "make faults: about 15 minutes"]
fn frozen_50_times() {
    let broker = Broker::start();
    let mut ordeal = Ordeal::new("freezes", &broker.address(), 1, DEFAULTS, 60);
    let mut both = [ordeal.start("a"), ordeal.start("b")];
    ordeal.until_more(50, BACK);
    for round in 0..50 {
        let one = &mut both[round % 2];
        one.freeze();
        ordeal.chance.pass(25_000);
        one.thaw();
        ordeal.until_more(20, BACK);
        both.iter_mut().for_each(Running::assert_runs);
        if (round + 1) % 10 == 0 {
            println!("freezes: {}", round + 1);
        }
    }
    ordeal.judge(both.into());
}

/// F7: one to three instances, another number every 5 s, for ten minutes.
#[test]
#[ignore = "make faults: 10 minutes"]
fn scaled_every_five_seconds_for_ten_minutes() {
    let cluster = Cluster::start();
    let mut ordeal = Ordeal::new("scaling", &cluster.addresses(), 3, DEFAULTS, 60);
    // Names of instances that have ended come back, those longest ago first.
    let mut free: VecDeque<_> = ["i0", "i1", "i2", "i3", "i4"].into();
    let mut instances = VecDeque::new();
    for _ in 0..120 {
        let since = Instant::now();
        let wanted = 1 + ordeal.chance.below(3);
        while instances.len() > wanted {
            let (name, one) = instances.pop_front().expect("there are more than are wanted");
            ordeal.end(one);
            free.push_back(name);
        }
        while instances.len() < wanted {
            let name = free.pop_front().expect("there are more names than instances");
            instances.push_back((name, ordeal.start(name)));
        }
        ordeal.chance.pass_until(since, Duration::from_secs(5));
        instances.iter_mut().for_each(|(_, one)| one.assert_runs());
    }
    let instances: Vec<_> = instances.into_iter().map(|(_, one)| one).collect();
    ordeal.until_more(50, BACK);
    ordeal.judge(instances);
}

/// F18: one conversation of 10,000 messages, jittered by a minute between two topics: nobody else waits for it.
#[test]
#[ignore = "make faults: 2 minutes"]
fn a_hot_conversation_keeps_nobody_waiting() {
    let broker = Broker::start();
    let plan = Plan::plain(100).with_hot(10_000, 200);
    let address = broker.address();
    let mut ordeal = Ordeal::reaching(&address, "hot", &address, 1, DEFAULTS, &plan);
    let instance = ordeal.start("a");
    ordeal.until_more(200, BACK);
    // What waited for the instance to start is no matter of the conversation.
    ordeal.chance.pass_until(Instant::now(), Duration::from_secs(10));
    ordeal.measure();
    ordeal.chance.pass_until(Instant::now(), Duration::from_secs(50));
    let figures = ordeal.judge(vec![instance]);
    assert!(figures.p99 < 1_000, "others wait for {} ms", figures.p99);
}

/// F17: the right to write an output is taken away, and given back.
#[test]
fn a_right_that_is_taken_away_and_given_back() {
    let broker = Broker::start_with(GUARDED);
    let (address, guarded) = (broker.address(), broker.guarded_address());
    let who = "security.protocol = \"SASL_PLAINTEXT\"\nsasl.mechanism = \"PLAIN\"\n\
               sasl.username = \"heard\"\nsasl.password = \"sesame\"";
    let engine = format!("{QUICK}\n[kafka]\n{who}");
    let mut ordeal = Ordeal::reaching(&guarded, "rights", &address, 1, &engine, &Plan::plain(50));
    let mut instance = ordeal.start("a");
    ordeal.until_more(100, BACK);
    // On what somebody has a right, nobody else has one.
    let topic = Resource::Topic("rights.cases");
    give(&address, "nobody", &[(topic, Operation::Write)]);
    let denied = Instant::now();
    while !instance.is_unready_for("rights.cases") {
        let said = instance.readiness();
        assert!(
            denied.elapsed() < BACK,
            "readiness does not name the topic: {said}"
        );
        ordeal.chance.pass(100);
    }
    instance.assert_runs();
    give(
        &address,
        "heard",
        &[(topic, Operation::Write), (topic, Operation::Describe)],
    );
    ordeal.until_more(100, BACK);
    ordeal.judge(vec![instance]);
}

/// F20: any one of three brokers killed and away for ten minutes, with two rebalances meanwhile, at 500 complaints a second.
#[test]
#[ignore = "make faults: 12 minutes"]
fn one_broker_of_three_is_away_for_ten_minutes() {
    let cluster = Cluster::start();
    let mut ordeal = Ordeal::new("away", &cluster.addresses(), 3, DEFAULTS, 1_100);
    let mut both = [ordeal.start("a"), ordeal.start("b")];
    ordeal.until_more(2_000, BACK);
    ordeal.measure();
    let node = ordeal.chance.below(3);
    cluster.kill(node);
    let killed = Instant::now();
    for pause in [20, 20] {
        std::thread::sleep(Duration::from_secs(pause));
        let third = ordeal.start("c");
        ordeal.until_more(1_000, BACK);
        std::thread::sleep(Duration::from_secs(10));
        ordeal.end(third);
    }
    ordeal.chance.pass_until(killed, Duration::from_secs(60));
    let gap = ordeal.gap();
    // From here on: how quick it is again while the broker is still away.
    ordeal.measure();
    both.iter_mut().for_each(Running::assert_runs);
    ordeal.chance.pass_until(killed, Duration::from_secs(600));
    both.iter_mut().for_each(Running::assert_runs);
    ordeal.stop_measuring();
    cluster.let_back(node);
    ordeal.until_more(1_000, BACK);
    let figures = ordeal.judge(both.into());
    println!(
        "away: the longest time without work {gap:?}; p99 {} ms from the second minute on",
        figures.p99
    );
    assert!(gap < Duration::from_secs(30), "work stood still for {gap:?}");
}

/// F3: all three restarted, one after the other, twice.
#[test]
#[ignore = "make faults: 4 minutes"]
fn brokers_are_rolled_twice() {
    let cluster = Cluster::start();
    let mut ordeal = Ordeal::new("rolling", &cluster.addresses(), 3, DEFAULTS, 100);
    let both = [ordeal.start("a"), ordeal.start("b")];
    ordeal.until_more(500, BACK);
    ordeal.measure();
    let mut gaps = Vec::new();
    for node in [0, 1, 2, 0, 1, 2] {
        cluster.stop(node);
        cluster.let_back(node);
        ordeal.until_more(500, BACK);
        gaps.push(ordeal.gap());
    }
    ordeal.judge(both.into());
    println!("rolling: the longest times without work {gaps:?}");
    let longest = gaps.into_iter().max().unwrap_or_default();
    assert!(
        longest <= Duration::from_secs(15),
        "nothing was published for {longest:?}"
    );
}

/// F9: the disks of the brokers are full, of one, then of all; and there is room again.
#[test]
#[ignore = "make faults: 3 minutes"]
fn the_disks_of_brokers_are_full() {
    let cluster = Cluster::start();
    let mut ordeal = Ordeal::new("full-disks", &cluster.addresses(), 3, DEFAULTS, 60);
    let mut both = [ordeal.start("a"), ordeal.start("b")];
    ordeal.until_more(200, BACK);
    cluster.fill_the_disk(0);
    ordeal.until_more(200, BACK);
    [1, 2].iter().for_each(|node| cluster.fill_the_disk(*node));
    ordeal.chance.pass_until(Instant::now(), Duration::from_secs(20));
    both.iter_mut().for_each(Running::assert_runs);
    cluster.let_all_back();
    let back = ordeal.until_more(100, BACK);
    ordeal.judge(both.into());
    println!("full-disks: work went on {back:?} after there was room");
}

/// F3: all three killed, and back after five minutes.
#[test]
#[ignore = "make faults: 8 minutes"]
fn all_brokers_are_away_for_five_minutes() {
    let cluster = Cluster::start();
    let mut ordeal = Ordeal::new("all-away", &cluster.addresses(), 3, DEFAULTS, 60);
    let mut both = [ordeal.start("a"), ordeal.start("b")];
    ordeal.until_more(200, BACK);
    (0..3).for_each(|node| cluster.kill(node));
    let killed = Instant::now();
    ordeal.chance.pass_until(killed, Duration::from_secs(300));
    both.iter_mut().for_each(Running::assert_runs);
    cluster.let_all_back();
    let back = ordeal.until_more(100, BACK);
    ordeal.judge(both.into());
    println!("all-away: work went on {back:?} after the brokers were back");
    assert!(back < Duration::from_secs(30), "it took {back:?}");
}

/// Everything for half an hour, at a quarter of the benchmark's rate (2,000 complaints a second): a kill and a broker's bounce
/// every minute, one after the other.
#[test]
#[ignore = "make faults: 40 minutes"]
fn a_soak_of_half_an_hour() {
    let cluster = Cluster::start();
    let mut ordeal = Ordeal::new("soak", &cluster.addresses(), 3, DEFAULTS, 1_100);
    let mut instances = vec![ordeal.start("a"), ordeal.start("b")];
    ordeal.until_more(500, BACK);
    let steady = instances.pop().expect("there are two");
    let mut memory = Vec::new();
    for minute in 0..30 {
        let since = Instant::now();
        let one = instances.pop().expect("one is killed every minute");
        ordeal.kill(one);
        instances.push(ordeal.start("a"));
        ordeal.chance.pass_until(since, Duration::from_secs(30));
        cluster.kill(minute % 3);
        cluster.let_back(minute % 3);
        memory.push((steady.memory(), steady.bytes_of_rows()));
        ordeal.chance.pass_until(since, Duration::from_secs(60));
        ordeal.until_more(100, BACK);
        println!("soak: minute {}, {} MB", minute + 1, steady.memory() / 1_000_000);
    }
    instances.push(steady);
    ordeal.judge(instances);
    println!("soak: bytes of memory, and of them of rows, by the minute: {memory:?}");
    // Cases that are kept take room, each about twice what its row has in bytes; nothing else may.
    let (then, last) = (memory[5], memory[29]);
    let more = last.0.saturating_sub(then.0);
    let kept = last.1.saturating_sub(then.1);
    assert!(
        more < 2 * kept + 64_000_000,
        "memory grew by {more} bytes, and rows by {kept}"
    );
}
