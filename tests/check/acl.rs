//! Gives rights on a broker with an authorizer, by the one request of Kafka's protocol that the client
//! library does not offer: CreateAcls, version 1.

use std::io::{Read, Write};
use std::net::TcpStream;

/// Properties of a broker with an authorizer: a second listener asks who we are; on what somebody has a right, nobody
/// else has one.
pub const GUARDED: &str = "\
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},GUARDED://127.0.0.1:{guarded}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},GUARDED://127.0.0.1:{guarded}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,GUARDED:SASL_PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.guarded.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_heard=\"sesame\";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=true
super.users=User:ANONYMOUS";

/// What a right is on.
#[derive(Clone, Copy)]
pub enum Resource<'n> {
    Topic(&'n str),
    Group(&'n str),
    /// All transactional ids that begin so.
    TransactionalIds(&'n str),
}

/// What may be done.
#[derive(Clone, Copy)]
pub enum Operation {
    Read = 3,
    Write = 4,
    Delete = 6,
    Describe = 8,
    DescribeConfigs = 10,
}

/// Gives a user rights. On what nobody has any right, the broker of these tests lets everybody do
/// anything; so giving one right takes away all others.
///
/// # Panics
/// If the broker does not take them.
pub fn give(broker: &str, user: &str, rights: &[(Resource<'_>, Operation)]) {
    let mut body = Vec::new();
    body.extend(30_i16.to_be_bytes()); // CreateAcls
    body.extend(1_i16.to_be_bytes()); // version
    body.extend(1_i32.to_be_bytes()); // correlation id
    text(&mut body, "test");
    body.extend(i32::try_from(rights.len()).expect("few").to_be_bytes());
    for &(resource, operation) in rights {
        let (kind, name, pattern) = match resource {
            Resource::Topic(name) => (2, name, 3),
            Resource::Group(name) => (3, name, 3),
            Resource::TransactionalIds(beginning) => (5, beginning, 4),
        };
        body.push(kind);
        text(&mut body, name);
        body.push(pattern);
        text(&mut body, &format!("User:{user}"));
        text(&mut body, "*");
        body.push(operation as u8);
        body.push(3); // allow
    }
    let answer = ask(broker, &body);
    let mut errors = Vec::new();
    let mut at = 12; // correlation id, throttle time, number of results
    for _ in rights {
        let number = |at: usize| i16::from_be_bytes([answer[at], answer[at + 1]]);
        errors.push(number(at));
        let length = usize::try_from(number(at + 2)).unwrap_or(0);
        at += 4 + length;
    }
    assert!(errors.iter().all(|code| *code == 0), "error codes {errors:?}");
}

fn text(into: &mut Vec<u8>, text: &str) {
    into.extend(i16::try_from(text.len()).expect("short").to_be_bytes());
    into.extend(text.as_bytes());
}

fn ask(broker: &str, body: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(broker).expect("the broker listens");
    let length = i32::try_from(body.len()).expect("short").to_be_bytes();
    stream
        .write_all(&[&length, body].concat())
        .expect("it takes the request");
    let mut length = [0; 4];
    stream.read_exact(&mut length).expect("it answers");
    let mut answer = vec![0; usize::try_from(i32::from_be_bytes(length)).expect("positive")];
    stream.read_exact(&mut answer).expect("it answers whole");
    answer
}
