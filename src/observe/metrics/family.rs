//! Building what a scrape consists of.

use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};

use super::names::{Kind, Name};
use crate::model::Millis;

/// The series of one metric, growing.
pub(super) struct Family {
    name: Name,
    series: Vec<Metric>,
}

/// A distribution: for each bucket its upper bound in seconds and how many are in it, not counting
/// those of the buckets before; then how many are beyond all bounds, and the sum.
pub(super) struct Distribution<B> {
    pub buckets: B,
    pub beyond: u64,
    pub sum_seconds: f64,
}

impl Family {
    pub fn new(name: Name) -> Self {
        Self {
            name,
            series: Vec::new(),
        }
    }

    /// A series of a counter or a gauge, with label values in the order of the name's labels.
    pub fn value(&mut self, labels: &[&str], value: f64) {
        let mut metric = self.labelled(labels);
        if self.name.kind == Kind::Counter {
            let mut counter = Counter::default();
            counter.set_value(value);
            metric.set_counter(counter);
        } else {
            let mut gauge = Gauge::default();
            gauge.set_value(value);
            metric.set_gauge(gauge);
        }
        self.series.push(metric);
    }

    /// A whole number.
    pub fn number(&mut self, labels: &[&str], number: i64) {
        // Exact up to 2^53, which no figure here comes near.
        self.value(labels, number as f64);
    }

    /// A series of a histogram.
    pub fn distribution(
        &mut self,
        labels: &[&str],
        distribution: Distribution<impl Iterator<Item = (f64, u64)>>,
    ) {
        let mut count = 0;
        let bucket = |(bound, number)| {
            count += number;
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(bound);
            bucket.set_cumulative_count(count);
            bucket
        };
        let buckets = distribution.buckets.map(bucket).collect();
        let mut histogram = Histogram::default();
        histogram.set_bucket(buckets);
        histogram.set_sample_count(count + distribution.beyond);
        histogram.set_sample_sum(distribution.sum_seconds);
        let mut metric = self.labelled(labels);
        metric.set_histogram(histogram);
        self.series.push(metric);
    }

    fn labelled(&self, values: &[&str]) -> Metric {
        debug_assert_eq!(values.len(), self.name.labels.len(), "{}", self.name.name);
        let pair = |(name, value): (&&str, &&str)| {
            let mut pair = LabelPair::default();
            pair.set_name((*name).to_owned());
            pair.set_value((*value).to_owned());
            pair
        };
        Metric::from_label(self.name.labels.iter().zip(values).map(pair).collect())
    }

    /// Adds it to a scrape, unless it has no series.
    pub fn finish(self, scrape: &mut Vec<MetricFamily>) {
        if self.series.is_empty() {
            return;
        }
        let mut family = MetricFamily::default();
        family.set_name(self.name.name.to_owned());
        family.set_help(self.name.help.to_owned());
        family.set_field_type(match self.name.kind {
            Kind::Counter => MetricType::COUNTER,
            Kind::Gauge => MetricType::GAUGE,
            Kind::Histogram => MetricType::HISTOGRAM,
        });
        family.set_metric(self.series);
        scrape.push(family);
    }
}

/// A metric with one series and no labels, or a few with one label each.
pub(super) fn plain(scrape: &mut Vec<MetricFamily>, name: Name, values: &[(&[&str], i64)]) {
    let mut family = Family::new(name);
    for (labels, value) in values {
        family.number(labels, *value);
    }
    family.finish(scrape);
}

/// Seconds from a time to another, not less than none.
pub(super) fn age(since: Millis, now: Millis) -> f64 {
    now.since(since).max(0) as f64 / 1000.0
}
