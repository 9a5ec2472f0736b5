//! The answer to a commit comes late, or never, or the commit itself does (F4).

use crate::dialogues;
use crate::figures::{MESSAGES, REPLIES};
use crate::oracle;
use crate::proxied::Proxied;
use crate::proxy::{Api, Rule, Ruled};
use crate::takeover::HAS;

/// What it says when it has found out whether a commit happened; at most once a minute.
const LEARNT: &str = "a commit without an answer had ";

#[test]
fn a_commit_whose_answer_is_late_or_lost_is_found_out_and_done_once() {
    let proxied = Proxied::one();
    let Some(installation) = proxied.installation("answers", 6) else {
        return;
    };
    let rules = &proxied.rules;
    let one = || Rule::on(Api::EndTxn).times(1);
    // What happens to one commit. Where the connection ends, the client comes again; else the outcome is unknown.
    let troubles: [&dyn Fn() -> Ruled; 5] = [
        &|| rules.hold_answers(one()),
        &|| rules.drop_answers(one()),
        &|| rules.hold_requests(one()),
        &|| rules.cut_before(one()),
        &|| rules.cut_after(one()),
    ];
    let slices = &installation.slices;
    let mut watch = installation.watch();
    let mut a = installation.start("a");
    watch.until("it has partitions", |_| a.said(HAS) > 0);
    let mut late = Vec::new();
    for (number, trouble) in troubles.iter().enumerate() {
        let ruled = trouble();
        installation.feed(&slices[number..=number]);
        watch.until("a commit is in trouble", |_| ruled.met() == 1);
        if number == 0 {
            watch.until("the outcome is found out", |_| a.said(LEARNT) > 0);
        }
        let (messages, replies) = dialogues::count(&slices[..=number]);
        watch.until_heard(messages, replies);
        // What was held comes now, when another producer has the id.
        ruled.release();
        late.push(ruled);
        a.assert_runs();
    }
    installation.feed(&slices[5..]);
    watch.until_heard(MESSAGES, REPLIES);
    a.ends_well();
    drop(late);
    installation.drain();
    oracle::check(&installation, &watch.dump, 0);
}

/// What a broker says of a commit that it has done: it should be asked again, it does not know what went wrong, the transaction
/// is in the wrong state, there is no right to it.
const SAYS: [i16; 4] = [16, -1, 48, 53];

#[test]
fn a_commit_that_was_done_and_called_failed_is_done_once() {
    let proxied = Proxied::one();
    let Some(installation) = proxied.installation("called-failed", SAYS.len() + 1) else {
        return;
    };
    let slices = &installation.slices;
    let mut watch = installation.watch();
    let mut a = installation.start("a");
    watch.until("it has partitions", |_| a.said(HAS) > 0);
    for (number, code) in SAYS.into_iter().enumerate() {
        let failing = proxied.rules.fail_answers(Rule::on(Api::EndTxn).times(1), code);
        installation.feed(&slices[number..=number]);
        watch.until("a commit is called failed", |_| failing.met() == 1);
        let (messages, replies) = dialogues::count(&slices[..=number]);
        watch.until_heard(messages, replies);
        a.assert_runs();
    }
    installation.feed(&slices[SAYS.len()..]);
    watch.until_heard(MESSAGES, REPLIES);
    a.ends_well();
    installation.drain();
    oracle::check(&installation, &watch.dump, 0);
}
