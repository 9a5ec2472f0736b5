//! One of two instances is killed; the other takes over.

use crate::figures::{MESSAGES, REPLIES};
use crate::installation::Installation;
use crate::oracle;

/// What an instance says of a partition that it has begun to read.
pub const HAS: &str = " restored: ";

#[test]
fn one_of_two_instances_is_killed_and_the_other_finishes() {
    let Some(installation) = Installation::new("takeover", 8, "5s") else {
        return;
    };
    let mut watch = installation.watch();
    let [mut a, mut b] = installation.start_two(&mut watch, ["a", "b"]);
    std::thread::scope(|scope| {
        scope.spawn(|| installation.feed(&installation.slices));
        watch.until_more(100);
        // With a transaction open, which nobody is left to end: only its time-out does.
        installation.freeze_in_a_transaction(&mut a, || watch.look());
        a.kill();
    });
    watch.until_heard(MESSAGES, REPLIES);
    b.assert_runs();
    b.ends_well();
    installation.drain();
    oracle::check(&installation, &watch.dump, 0);
}
