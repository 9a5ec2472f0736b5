//! What is answered to a request. Pure but for reading the metrics.

use std::sync::Arc;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Response, StatusCode};

use crate::observe::metrics::Metrics;

/// What this process shows of itself.
#[derive(Clone)]
pub struct Board {
    metrics: Arc<Metrics>,
    workers: usize,
}

const PLAIN: &str = "text/plain; charset=utf-8";
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";
const PATHS: &str = "/metrics\n/healthz\n/readyz\n";

impl Board {
    /// Of a process with so many workers.
    pub fn new(metrics: Arc<Metrics>, workers: usize) -> Self {
        Self { metrics, workers }
    }

    /// The answer to a request.
    pub fn answer(&self, method: &Method, path: &str) -> Response<Full<Bytes>> {
        if ![Method::GET, Method::HEAD].contains(method) {
            let mut response = text(
                StatusCode::METHOD_NOT_ALLOWED,
                PLAIN,
                "only GET and HEAD\n".into(),
            );
            response
                .headers_mut()
                .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        match path {
            "/metrics" => text(StatusCode::OK, METRICS, self.metrics.scrape()),
            "/healthz" => verdict("alive", &self.metrics.health(self.workers).not_alive),
            "/readyz" => verdict("ready", &self.metrics.health(self.workers).not_ready),
            "/" => text(StatusCode::OK, PLAIN, PATHS.to_owned()),
            _ => text(StatusCode::NOT_FOUND, PLAIN, format!("there is only:\n{PATHS}")),
        }
    }
}

/// That all is well, or what is not, a line each.
fn verdict(well: &str, reasons: &[String]) -> Response<Full<Bytes>> {
    match reasons {
        [] => text(StatusCode::OK, PLAIN, format!("{well}\n")),
        reasons => {
            let lines: String = reasons.iter().map(|reason| format!("{reason}\n")).collect();
            text(StatusCode::SERVICE_UNAVAILABLE, PLAIN, lines)
        }
    }
}

fn text(status: StatusCode, kind: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
