//! Brokers that go away: work goes on, no instance ends by itself, and each ends in time when it is told to (F20, F21, F28).

use std::time::{Duration, Instant};

use crate::broker::Broker;
use crate::cluster::Cluster;
use crate::dialogues;
use crate::figures::{MESSAGES, REPLIES};
use crate::installation::Installation;
use crate::oracle;
use crate::takeover::HAS;

/// Longer than any client goes on hoping for a broker that it knows.
const AWAY: Duration = Duration::from_secs(35);

/// How long the end may take that SIGTERM asks for.
const GRACE: Duration = Duration::from_secs(10);

/// Each broker in its turn, so that one of them leads, one coordinates the group and one the transactions. An instance that is
/// told to end meanwhile does so in time.
#[test]
fn any_broker_of_three_may_be_away_while_instances_come_and_go() {
    let cluster = Cluster::start();
    let Some(installation) = Installation::at(&cluster.addresses(), "away", 7, 3, "") else {
        return;
    };
    let slices = &installation.slices;
    let mut watch = installation.watch();
    let [mut a, mut b] = installation.start_two(&mut watch, ["a", "b"]);
    for node in 0..3 {
        let fed = 2 * node;
        installation.feed(&slices[fed..=fed]);
        cluster.kill(node);
        let killed = Instant::now();
        // Two rebalances meanwhile.
        let third = installation.start("c");
        watch.until("the third has partitions", |_| third.said(HAS) > 0);
        let took = third.time_to_end();
        assert!(
            took < GRACE,
            "with broker {node} of three away it took {took:?} to end"
        );
        installation.feed(&slices[fed + 1..=fed + 1]);
        let (messages, replies) = dialogues::count(&slices[..fed + 2]);
        watch.until_heard(messages, replies);
        watch.until("it has been away for long", |_| killed.elapsed() >= AWAY);
        a.assert_runs();
        b.assert_runs();
        cluster.let_back(node);
    }
    installation.feed(&slices[6..]);
    watch.until_heard(MESSAGES, REPLIES);
    a.assert_runs();
    b.assert_runs();
    a.ends_well();
    b.ends_well();
    installation.drain();
    oracle::check(&installation, &watch.dump, 0);
}

/// Past the session, the transaction and the time between two polls, by defaults of the shortest kind: it is no zombie and
/// no rival, and costs a rejoin.
#[test]
fn an_instance_that_stood_still_joins_again() {
    let engine = "session_timeout = \"3s\"\ntransaction_timeout = \"5s\"\nmax_poll_interval = \"8s\"";
    let Some(installation) = Installation::at(&Broker::shared().address(), "still", 4, 1, engine) else {
        return;
    };
    let slices = &installation.slices;
    let mut watch = installation.watch();
    let mut a = installation.start("a");
    watch.until("it has partitions", |_| a.said(HAS) > 0);
    for slice in 0..3 {
        std::thread::scope(|scope| {
            scope.spawn(|| installation.feed(&slices[slice..=slice]));
            watch.until_more(50);
            installation.freeze_in_a_transaction(&mut a, || watch.look());
        });
        let since = Instant::now();
        watch.until("it has stood still", |_| {
            since.elapsed() >= Duration::from_secs(12)
        });
        a.thaw();
        let (messages, replies) = dialogues::count(&slices[..=slice]);
        watch.until_heard(messages, replies);
        a.assert_runs();
    }
    installation.feed(&slices[3..]);
    watch.until_heard(MESSAGES, REPLIES);
    a.ends_well();
    installation.drain();
    oracle::check(&installation, &watch.dump, 0);
}

/// With work open, and with none; brokers that answer nothing, and brokers that are gone.
#[test]
fn whatever_the_brokers_do_it_ends_in_time() {
    for (name, frozen) in [("end-frozen", true), ("end-gone", false)] {
        let mut broker = Some(Broker::start());
        let address = broker.as_ref().map(Broker::address).expect("it runs");
        let Some(installation) = Installation::at(&address, name, 2, 1, "") else {
            return;
        };
        let mut watch = installation.watch();
        let [busy, idle] = installation.start_two(&mut watch, ["busy", "idle"]);
        installation.feed(&installation.slices[..1]);
        watch.until_more(20);
        match frozen {
            true => broker.as_ref().expect("it runs").freeze(true),
            false => drop(broker.take()),
        }
        for instance in [busy, idle] {
            let took = instance.time_to_end();
            assert!(took < GRACE, "{name}: it took {took:?}");
        }
        if let Some(broker) = &broker {
            broker.freeze(false);
        }
    }
}

/// An instance that is started while the brokers do not answer waits for them, and says so; it ends in time all the same.
#[test]
fn who_begins_while_the_brokers_are_away_waits_for_them() {
    let broker = Broker::start();
    let Some(installation) = Installation::at(&broker.address(), "begins", 2, 1, "") else {
        return;
    };
    broker.freeze(true);
    let mut instance = installation.start("a");
    let until = |what: &str, asked: &str, status: u16| {
        let since = Instant::now();
        loop {
            match instance.answer(asked) {
                Some((answered, said)) if answered == status => return said,
                answer => assert!(since.elapsed() < Duration::from_secs(90), "{what}: {answer:?}"),
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    for path in ["/startupz", "/readyz"] {
        let said = until("it waits", path, 503);
        assert!(said.contains(&broker.address()), "{path} names no broker: {said}");
    }
    until("to restart it would help nobody", "/healthz", 200);
    broker.freeze(false);
    until("it has all partitions", "/startupz", 200);
    until("it reads them", "/readyz", 200);
    instance.assert_runs();
    assert!(instance.time_to_end() < GRACE);
}
