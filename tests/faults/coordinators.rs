//! A broker of three cannot be reached, while the cluster knows nothing of it and goes on (F5): it refuses everybody, or says
//! nothing. Each in its turn, so that one of them coordinates the group and one the transactions.

use std::time::{Duration, Instant};

use crate::dialogues;
use crate::figures::{MESSAGES, REPLIES};
use crate::oracle;
use crate::proxied::Proxied;
use crate::proxy::Rule;

/// Longer than any request, session or transaction lasts.
const UNREACHABLE: Duration = Duration::from_secs(20);

/// How soon work goes on once there is a way.
const AGAIN_WITHIN: Duration = Duration::from_secs(30);

#[test]
#[ignore = "make faults"]
fn a_broker_that_refuses_everybody_is_waited_out() {
    each_is_unreachable("refuses", false);
}

#[test]
#[ignore = "make faults"]
fn a_broker_that_says_nothing_is_waited_out() {
    each_is_unreachable("silent", true);
}

fn each_is_unreachable(name: &str, is_silent: bool) {
    let proxied = Proxied::three();
    let Some(installation) = proxied.installation(name, 4) else {
        return;
    };
    let slices = &installation.slices;
    let mut watch = installation.watch();
    let [mut a, mut b] = installation.start_two(&mut watch, ["a", "b"]);
    for broker in 0..3 {
        let to = Rule::all().to(broker);
        let unreachable = match is_silent {
            true => proxied.rules.hold_requests(to),
            false => proxied.rules.cut_before(to),
        };
        let since = Instant::now();
        installation.feed(&slices[broker..=broker]);
        watch.until("it has been unreachable for long", |_| {
            since.elapsed() >= UNREACHABLE
        });
        assert!(unreachable.met() > 0, "nobody has asked broker {broker}");
        a.assert_runs();
        b.assert_runs();
        drop(unreachable);
        let back = Instant::now();
        let (messages, replies) = dialogues::count(&slices[..=broker]);
        watch.until_heard(messages, replies);
        println!(
            "{name}: all is heard {:?} after broker {broker} is back",
            back.elapsed()
        );
        assert!(back.elapsed() < AGAIN_WITHIN, "it took {:?}", back.elapsed());
    }
    installation.feed(&slices[3..]);
    watch.until_heard(MESSAGES, REPLIES);
    a.assert_runs();
    b.assert_runs();
    a.ends_well();
    b.ends_well();
    installation.drain();
    oracle::check(&installation, &watch.dump, 0);
}
