//! The harness itself: what it starts it also stops.

use std::net::TcpStream;

use crate::broker::Broker;

#[test]
fn a_broker_that_is_dropped_is_gone_and_leaves_nothing() {
    let broker = Broker::start();
    let (directory, address) = (broker.directory(), broker.address());
    assert!(TcpStream::connect(&address).is_ok());
    assert!(directory.exists());
    drop(broker);
    assert!(
        TcpStream::connect(&address).is_err(),
        "it still listens on {address}"
    );
    assert!(!directory.exists(), "{} is still there", directory.display());
}
