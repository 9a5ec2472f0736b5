//! Faults end to end: the real binary, real signals, a real broker. Needs java and, once, mvn.
//!
//! Every test puts the dialogues of ../shared/data through an [`installation`] of its own, does its
//! worst meanwhile, drains what is left, and holds what all topics then say against the published
//! figures and against a run that nothing disturbed ([`oracle`]).
//!
//! Random moments come from a seed, which is printed: `HEARD_FAULT_SEED=17 cargo test --test faults`
//! draws the same ones again, as far as the machine is as fast.

#[allow(dead_code, reason = "made for the tests in tests/check")]
#[path = "../check/acl.rs"]
mod acl;
mod answers;
#[path = "../background/mod.rs"]
mod background;
#[path = "../kafka/broker.rs"]
mod broker;
mod brokers;
mod clock;
mod cluster;
mod coordinators;
mod dialogues;
#[allow(dead_code, reason = "made for the tests in tests/e2e")]
#[path = "../e2e/dsl.rs"]
mod dsl;
mod figures;
mod hostile;
#[allow(dead_code, reason = "made for the tests in tests/e2e")]
#[path = "../e2e/http.rs"]
mod http;
mod installation;
mod kill;
mod load;
mod oracle;
mod ordeal;
mod ordeals;
mod planted;
mod poison;
mod process;
mod proxied;
#[path = "../proxy/mod.rs"]
mod proxy;
mod seed;
mod stalls;
mod takeover;
mod watch;
mod witness;
mod zombie;
