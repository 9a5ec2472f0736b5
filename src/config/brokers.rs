//! Where the brokers are.

use std::net::Ipv6Addr;

use super::section::Section;
use super::settings::text;

/// The port of a broker of whom none is said.
const PORT: u16 = 9092;

/// Reads `brokers`.
pub(super) fn read(top: &mut Section<'_>) -> String {
    let brokers = text(
        top,
        "brokers",
        "localhost:9092",
        "Kafka's bootstrap servers, host:port, separated by commas.",
    );
    if let Some(what) = objection(&brokers) {
        top.problem("brokers", what);
    }
    brokers
}

/// What is wrong with a list of brokers, and what to write. An empty one is another matter.
fn objection(brokers: &str) -> Option<String> {
    if brokers.trim().is_empty() {
        return None;
    }
    let items = || brokers.split(',').map(str::trim);
    if let Some((scheme, _)) = items().find_map(|item| item.split_once("://")) {
        let plain = |item: &str| {
            let bare = item.split_once("://").map_or(item, |(_, rest)| rest);
            let bare = bare.split_once('/').map_or(bare, |(address, _)| address);
            let is_bare = is_host(bare).then(|| format!("{bare}:{PORT}"));
            is_bare.or_else(|| is_broker(bare).then(|| bare.to_owned()))
        };
        // A name before a scheme may be part of a secret that was pasted here.
        let scheme = scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_')
            .then_some(scheme);
        let plain: Option<Vec<_>> = items().map(plain).collect();
        let write = plain.map_or_else(String::new, |plain| {
            format!(" Write brokers = \"{}\".", plain.join(","))
        });
        return Some(format!(
            "brokers must be host:port, without {}://.{write} Whether it is encrypted is said by security.protocol in \
             [kafka].",
            scheme.unwrap_or("anything before")
        ));
    }
    let wrong = items().position(|item| !is_broker(item))?;
    Some(format!(
        "brokers must be host:port, separated by commas; number {} is not. Write it as in \"kafka-1:9092,kafka-2:9092\" \
         or \"[::1]:9092\".",
        wrong + 1
    ))
}

/// Whether it is a host, with a port or without.
fn is_broker(item: &str) -> bool {
    let in_brackets = item.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (host, port) = match in_brackets {
        Some((address, "")) => (address.parse::<Ipv6Addr>().is_ok(), None),
        Some((address, rest)) => (
            address.parse::<Ipv6Addr>().is_ok(),
            rest.strip_prefix(':').or(Some("")),
        ),
        None => match item.rsplit_once(':') {
            Some((host, port)) => (is_host(host), Some(port)),
            None => (is_host(item), None),
        },
    };
    host && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

fn is_host(text: &str) -> bool {
    let fine = |c: char| c.is_alphanumeric() || "._-".contains(c);
    !text.is_empty() && text.chars().all(fine)
}

#[cfg(test)]
mod tests {
    use super::objection;

    #[test]
    fn a_list_of_brokers() {
        for brokers in [
            "localhost:9092",
            "localhost",
            "kafka-1:9092,kafka-2:9092",
            " kafka-1:9092 , kafka_2.example:9093 ",
            "10.0.0.1:9092",
            "[::1]:9092",
            "[fe80::1]",
        ] {
            assert_eq!(objection(brokers), None, "{brokers}");
        }
    }

    #[test]
    fn what_is_none_is_told_with_what_to_write() {
        for (brokers, told) in [
            ("kafka://k1", "without kafka://. Write brokers = \"k1:9092\"."),
            (
                "SASL_SSL://k1:9093,k2:9093",
                "without SASL_SSL://. Write brokers = \"k1:9093,k2:9093\".",
            ),
            ("http://k1:8080/path", "Write brokers = \"k1:8080\"."),
            (
                "k1:9092,kafka://[::1]:9092",
                "Write brokers = \"k1:9092,[::1]:9092\".",
            ),
            ("k1:9092,", "number 2 is not"),
            ("k1:", "number 1 is not"),
            ("k1:0", "number 1 is not"),
            ("k1:99999", "number 1 is not"),
            ("k1:kafka", "number 1 is not"),
            (":9092", "number 1 is not"),
            ("k1 k2", "number 1 is not"),
            ("k1;k2", "number 1 is not"),
            ("::1:9092", "number 1 is not"),
            ("[::1:9092", "number 1 is not"),
            ("[::1]9092", "number 1 is not"),
        ] {
            let said = objection(brokers).unwrap_or_else(|| panic!("{brokers} is no list of brokers"));
            assert!(said.contains(told), "{brokers}: {said}");
        }
        let said = objection("kafka://user:secret@k1").expect("it is none");
        assert!(!said.contains("secret"), "{said}");
    }
}
