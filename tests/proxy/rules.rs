//! What happens to which requests.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::frame::{Api, Request};
use super::lock;

/// What happens to a request or its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The request is passed on later: after so long, or when it is let go.
    HoldRequest(Option<Duration>),
    /// Its answer is.
    HoldAnswer(Option<Duration>),
    /// The answer never comes; the connection stays.
    DropAnswer,
    /// The connection ends, and the broker never has the request.
    CutBefore,
    /// The connection ends as soon as the broker has the request.
    CutAfter,
    /// Its answer comes with so many bytes a second.
    Slow(u32),
    /// The broker does it, and the answer says this error.
    Fail(i16),
}

/// A rule in the making: which requests it is about. It holds from [`Rules::add`] on.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    apis: Option<Vec<Api>>,
    client: String,
    broker: Option<usize>,
    skips: usize,
    times: Option<usize>,
}

impl Rule {
    /// For all requests.
    pub fn all() -> Self {
        Self::default()
    }

    /// For requests of this kind.
    pub fn on(api: Api) -> Self {
        Self::on_any(&[api])
    }

    /// For requests of these kinds.
    pub fn on_any(apis: &[Api]) -> Self {
        Self {
            apis: Some(apis.to_vec()),
            ..Self::default()
        }
    }

    /// Only of clients whose names hold these words.
    pub fn of(self, client: &str) -> Self {
        let client = client.to_owned();
        Self { client, ..self }
    }

    /// Only on the way to this broker.
    pub fn to(self, broker: usize) -> Self {
        let broker = Some(broker);
        Self { broker, ..self }
    }

    /// Not for the first so many.
    pub fn after(self, skips: usize) -> Self {
        Self { skips, ..self }
    }

    /// Only for so many.
    pub fn times(self, times: usize) -> Self {
        let times = Some(times);
        Self { times, ..self }
    }

    fn is_about(&self, request: &Request, broker: usize) -> bool {
        let api = |apis: &Vec<Api>| apis.iter().any(|api| *api as i16 == request.api);
        self.apis.as_ref().is_none_or(api)
            && request.client.contains(&self.client)
            && self.broker.is_none_or(|only| only == broker)
    }
}

/// The rules of one proxy, or of several.
#[derive(Clone, Default)]
pub struct Rules {
    all: Arc<Mutex<Vec<Arc<Active>>>>,
    /// How many requests of each kind came by, by its number.
    seen: Arc<Mutex<Vec<usize>>>,
}

/// A rule that holds.
pub(super) struct Active {
    rule: Rule,
    pub fault: Fault,
    matched: AtomicUsize,
    is_released: Mutex<bool>,
    released: Condvar,
}

/// A rule that holds until this is dropped; what it holds back is let go then.
pub struct Ruled {
    rules: Rules,
    active: Arc<Active>,
}

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty)?) => $fault:expr;)*) => {
        impl Rules {
            $($(#[$doc])*
            pub fn $name(&self, rule: Rule $(, $arg: $type)?) -> Ruled {
                self.add(rule, $fault)
            })*
        }
    };
}

faults! {
    /// Holds requests back, until they are let go.
    hold_requests() => Fault::HoldRequest(None);
    /// Holds requests back for so long.
    delay_requests(by: Duration) => Fault::HoldRequest(Some(by));
    /// Holds answers back, until they are let go.
    hold_answers() => Fault::HoldAnswer(None);
    /// Holds answers back for so long.
    delay_answers(by: Duration) => Fault::HoldAnswer(Some(by));
    /// Lets answers never come.
    drop_answers() => Fault::DropAnswer;
    /// Ends connections in place of passing requests on.
    cut_before() => Fault::CutBefore;
    /// Ends connections when requests have been passed on.
    cut_after() => Fault::CutAfter;
    /// Lets answers come with so many bytes a second, on each connection.
    slow_answers(bytes: u32) => Fault::Slow(bytes);
    /// Lets answers say this error of the protocol, although the broker did what it was asked.
    fail_answers(code: i16) => Fault::Fail(code);
}

impl Rules {
    fn add(&self, rule: Rule, fault: Fault) -> Ruled {
        let active = Arc::new(Active {
            rule,
            fault,
            matched: AtomicUsize::new(0),
            is_released: Mutex::new(false),
            released: Condvar::new(),
        });
        lock(&self.all).push(Arc::clone(&active));
        Ruled {
            rules: self.clone(),
            active,
        }
    }

    /// How many requests of a kind have come by.
    pub fn seen(&self, api: Api) -> usize {
        lock(&self.seen).get(api as usize).copied().unwrap_or(0)
    }

    /// Notes a request; the rule that says what happens to it: the first that is about it, and not used up.
    pub(super) fn judge(&self, request: &Request, broker: usize) -> Option<Arc<Active>> {
        if let Ok(api) = usize::try_from(request.api) {
            let mut seen = lock(&self.seen);
            if seen.len() <= api {
                seen.resize(api + 1, 0);
            }
            seen[api] += 1;
        }
        let all = lock(&self.all);
        all.iter()
            .find(|active| active.rule.is_about(request, broker) && active.is_due())
            .cloned()
    }

    pub(super) fn release_all(&self) {
        lock(&self.all).iter().for_each(|active| active.release());
    }
}

impl Active {
    /// Counts a request that it is about. Whether this one is among those it is for.
    fn is_due(&self) -> bool {
        let before = self.matched.fetch_add(1, Ordering::AcqRel);
        let due = self.rule.skips
            ..self
                .rule
                .times
                .map_or(usize::MAX, |times| self.rule.skips + times);
        due.contains(&before)
    }

    /// Waits until what it holds back is let go, or so long at most.
    pub fn wait(&self, at_most: Option<Duration>) {
        let deadline = at_most.map(|time| Instant::now() + time);
        let mut is_released = lock(&self.is_released);
        while !*is_released {
            let left = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => return,
                Some(left) => left,
                None => Duration::from_secs(3600),
            };
            is_released = match self.released.wait_timeout(is_released, left) {
                Ok((guard, _)) => guard,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    fn release(&self) {
        *lock(&self.is_released) = true;
        self.released.notify_all();
    }
}

impl Ruled {
    /// How many requests it has been applied to.
    pub fn met(&self) -> usize {
        let rule = &self.active.rule;
        let met = self
            .active
            .matched
            .load(Ordering::Acquire)
            .saturating_sub(rule.skips);
        rule.times.map_or(met, |times| met.min(times))
    }

    /// Lets go what it holds back. It goes on holding what comes, for no time.
    pub fn release(&self) {
        self.active.release();
    }
}

impl Drop for Ruled {
    fn drop(&mut self) {
        lock(&self.rules.all).retain(|active| !Arc::ptr_eq(active, &self.active));
        self.active.release();
    }
}
