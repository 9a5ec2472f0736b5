//! Brokers whose clients go through [proxies](crate::proxy), but for those of this process.

use crate::broker::Broker;
use crate::cluster::Cluster;
use crate::installation::Installation;
use crate::proxy::{Proxy, Rules};

/// What is proxied.
enum Brokers {
    One(Broker),
    Three(Cluster),
}

/// Brokers behind proxies.
pub struct Proxied {
    /// What happens to which requests, on all ways.
    pub rules: Rules,
    // In this order: the brokers end while proxies are there.
    brokers: Brokers,
    proxies: Vec<Proxy>,
}

impl Proxied {
    /// One broker.
    pub fn one() -> Self {
        let rules = Rules::default();
        let proxy = Proxy::listen(0, &rules);
        let broker = Broker::start_with(&proxy.properties());
        proxy.forward_to(&broker.guarded_address());
        Self {
            rules,
            brokers: Brokers::One(broker),
            proxies: vec![proxy],
        }
    }

    /// Three brokers; rules know them by 0 to 2.
    pub fn three() -> Self {
        let rules = Rules::default();
        let proxies = [0, 1, 2].map(|number| Proxy::listen(number, &rules));
        let properties = proxies.each_ref().map(Proxy::properties);
        let cluster = Cluster::start_with(&properties.each_ref().map(String::as_str));
        for (number, proxy) in proxies.iter().enumerate() {
            proxy.forward_to(&cluster.guarded_address(number));
        }
        Self {
            rules,
            brokers: Brokers::Three(cluster),
            proxies: proxies.into(),
        }
    }

    /// An installation whose instances go through the proxies. Members are missed after 3 s, transactions end after 5 s.
    pub fn installation(&self, name: &str, slices: usize) -> Option<Installation> {
        let engine = "session_timeout = \"3s\"\ntransaction_timeout = \"5s\"\nmax_poll_interval = \"20s\"";
        let by: Vec<_> = self.proxies.iter().map(Proxy::address).collect();
        let (direct, replication) = match &self.brokers {
            Brokers::One(broker) => (broker.address(), 1),
            Brokers::Three(cluster) => (cluster.addresses(), 3),
        };
        Installation::by_way_of(&by.join(","), &direct, name, slices, replication, engine)
    }
}
