//! A proxy in front of a Kafka broker that knows requests apart, and by [rules](Rule) holds them, or their answers, drops
//! answers, cuts connections or passes bytes slowly.
//!
//! Brokers give clients the proxies' ports by a listener of its own, see [`Proxy::properties`]: so whoever begins at the
//! proxies' addresses meets nothing else, and whoever begins at the brokers' own never meets a proxy.
//!
//! Answers come in the order of the requests of a connection, so what is held holds what comes behind it on the same
//! connection, as a slow broker would.
//!
//! Another test crate takes it in with `#[path = "../proxy/mod.rs"] mod proxy;`.

#![allow(dead_code, reason = "not every test crate uses every helper")]

mod connection;
mod frame;
mod rules;

use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

pub use frame::Api;
pub use rules::{Rule, Ruled, Rules};

/// A listener in front of one broker.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

/// What all threads of a proxy share.
struct Shared {
    /// Where connections go; none before it is told.
    target: Mutex<Option<String>>,
    rules: Rules,
    /// Which of the brokers is behind it, from 0.
    broker: usize,
    ended: AtomicBool,
    /// Both ends of every connection there was, to end them all.
    streams: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Listens for the broker of this number, under these rules. Connections are taken once there is a target.
    pub fn listen(broker: usize, rules: &Rules) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        let address = listener.local_addr().expect("it is bound");
        let shared = Arc::new(Shared {
            target: Mutex::default(),
            rules: rules.clone(),
            broker,
            ended: AtomicBool::new(false),
            streams: Mutex::default(),
        });
        let accepts = Arc::clone(&shared);
        let accepting = thread::spawn(move || accept(&listener, &accepts));
        Self {
            address,
            shared,
            accepting: Some(accepting),
        }
    }

    /// Where clients are to begin.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Lines of a broker's server.properties that give it a third listener, at `{guarded}`, whose clients are sent here.
    pub fn properties(&self) -> String {
        format!(
            "listeners=PLAINTEXT://127.0.0.1:{{port}},CONTROLLER://127.0.0.1:{{controller}},PROXIED://127.0.0.1:{{guarded}}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{{port}},PROXIED://{}\n\
             listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT",
            self.address
        )
    }

    /// Passes connections on to this address from now on.
    pub fn forward_to(&self, target: &str) {
        *lock(&self.shared.target) = Some(target.to_owned());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Release);
        self.shared.rules.release_all();
        for stream in lock(&self.shared.streams).iter() {
            let _ = stream.shutdown(Shutdown::Both); // it may be closed already
        }
        // Rouses whoever accepts.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for client in listener.incoming() {
        if shared.ended.load(Ordering::Acquire) {
            return;
        }
        let target = lock(&shared.target).clone();
        let (Ok(client), Some(target)) = (client, target) else {
            continue;
        };
        let Ok(broker) = TcpStream::connect(target) else {
            continue; // the client sees its connection closed, and comes again
        };
        let mut streams = lock(&shared.streams);
        for stream in [&client, &broker] {
            let _ = stream.set_nodelay(true);
            streams.extend(stream.try_clone());
        }
        drop(streams);
        connection::begin(client, broker, shared);
    }
}

/// What is behind the lock stays whole even if a thread panics while it holds it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
