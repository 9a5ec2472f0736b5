//! `kill -9`, again and again (F1).

use crate::figures::{MESSAGES, REPLIES};
use crate::installation::Installation;
use crate::oracle;
use crate::seed::Chance;

const KILLS: usize = 10;

#[test]
fn killed_ten_times_while_dialogues_come_in_it_loses_nothing_and_says_nothing_twice() {
    let Some(installation) = Installation::new("kill", KILLS * 2, "15s") else {
        return;
    };
    let mut chance = Chance::new("kill");
    let mut watch = installation.watch();
    for round in 0..KILLS {
        let slices = &installation.slices[round * 2..round * 2 + 2];
        std::thread::scope(|scope| {
            let mut running = installation.start("a");
            scope.spawn(|| installation.feed(slices));
            // Every third is killed as it starts, joins or restores; the others at work.
            if round % 3 != 2 {
                watch.until_more(1 + chance.below(60));
                running.assert_runs();
            }
            chance.pass(if round % 3 == 2 { 3000 } else { 400 });
            running.kill();
        });
    }
    // The last one is let go on, and ends as it should.
    let running = installation.start("a");
    watch.until_heard(MESSAGES, REPLIES);
    running.ends_well();
    installation.drain();
    oracle::check(&installation, &watch.dump, 0);
}
