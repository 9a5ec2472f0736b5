//! Just enough HTTP to ask a server on this host, and to read its metrics.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The status and the body of a GET.
pub fn get(address: &str, path: &str) -> std::io::Result<(u16, String)> {
    ask("GET", address, path)
}

/// The status and the body of an answer.
pub fn ask(method: &str, address: &str, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    // HTTP/1.0: the body comes in one piece, and the connection's end is its end.
    write!(stream, "{method} {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.unwrap_or_else(|| panic!("no HTTP: {head}"));
    Ok((status, body.to_owned()))
}

/// The sum of the series of a metric in a scrape that have these labels.
pub fn sum(scrape: &str, name: &str, labels: &[&str]) -> f64 {
    let series = scrape.lines().filter_map(|line| line.strip_prefix(name));
    let series = series.filter(|rest| rest.starts_with(['{', ' ']));
    series
        .filter(|rest| labels.iter().all(|label| rest.contains(label)))
        .filter_map(|rest| rest.rsplit(' ').next()?.parse::<f64>().ok())
        .sum()
}
