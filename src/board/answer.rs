//! What is answered to a request. Pure but for reading the metrics.

use std::sync::Arc;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Response, StatusCode};
use serde_json::json;

use crate::observe::health::Wait;
use crate::observe::metrics::Metrics;

/// What this process shows of itself.
#[derive(Clone)]
pub struct Board {
    metrics: Arc<Metrics>,
    workers: usize,
}

const PLAIN: &str = "text/plain; charset=utf-8";
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";
const JSON: &str = "application/json";
const PATHS: &str = "/metrics\n/startupz\n/readyz\n/healthz\n";

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
            "/startupz" => verdict("started", &self.metrics.health(self.workers).not_started),
            "/readyz" => verdict("ready", &self.metrics.health(self.workers).not_ready),
            "/healthz" => verdict("alive", &self.metrics.health(self.workers).not_alive),
            "/" => text(StatusCode::OK, PLAIN, PATHS.to_owned()),
            _ => text(StatusCode::NOT_FOUND, PLAIN, format!("there is only:\n{PATHS}")),
        }
    }
}

/// Whether it is so; if not, what is waited for, and since when.
fn verdict(question: &str, waits: &[Wait]) -> Response<Full<Bytes>> {
    let status = match waits {
        [] => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    let wait = |wait: &Wait| json!({ "for": wait.what, "since": wait.since.second().to_string() });
    let waits: Vec<_> = waits.iter().map(wait).collect();
    let told = json!({ question: waits.is_empty(), "waits": waits });
    text(status, JSON, format!("{told}\n"))
}

fn text(status: StatusCode, kind: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
