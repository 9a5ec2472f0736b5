//! The clocks of a machine, and threads that wait for others to go on.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, ThreadId};
use std::time::Duration;

use heard::engine::Clock;
use heard::log::memory::MemoryLog;
use heard::model::Millis;

/// Time is the log's, but for what the wall clock is ahead of it; waiting moves it, or lets others go on meanwhile.
pub struct MachineClock {
    log: MemoryLog,
    start: Millis,
    ahead: AtomicI64,
    wavers: AtomicBool,
    gate: Mutex<Option<Arc<Gate>>>,
}

/// By so many milliseconds a wall clock that wavers is ahead, or not: less than what is off.
const WAVER: i64 = 3_000;

impl MachineClock {
    /// One that is right.
    pub fn new(log: MemoryLog) -> Self {
        Self {
            start: log.now(),
            log,
            ahead: AtomicI64::new(0),
            wavers: AtomicBool::new(false),
            gate: Mutex::default(),
        }
    }

    /// Sets the wall clock so many milliseconds ahead of the log's.
    pub fn set_ahead(&self, ms: i64) {
        self.ahead.store(ms, Ordering::Relaxed);
    }

    /// Whether the wall clock is set on and back at each look.
    pub fn set_wavers(&self, wavers: bool) {
        self.wavers.store(wavers, Ordering::Relaxed);
    }

    /// Whoever waits here stops at this gate instead.
    pub fn set_gate(&self, gate: Option<Arc<Gate>>) {
        *self.gate.lock().expect("nobody panics with it") = gate;
    }

    fn gate(&self) -> Option<Arc<Gate>> {
        self.gate.lock().expect("nobody panics with it").clone()
    }

    /// Holds this thread at the gate, if it is the one that works for this machine.
    pub fn hold(&self) -> bool {
        let gate = self.gate().filter(|gate| gate.is_mine());
        gate.map(|gate| gate.stop(Stop::Held)).is_some()
    }
}

impl Clock for MachineClock {
    fn wall(&self) -> Millis {
        let mut ahead = self.ahead.load(Ordering::Relaxed);
        if self.wavers.load(Ordering::Relaxed) {
            ahead = WAVER - ahead;
            self.ahead.store(ahead, Ordering::Relaxed);
        }
        self.log.now().plus(ahead)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.log.now().since(self.start).unsigned_abs())
    }

    fn sleep(&self, time: Duration) {
        match self.gate() {
            Some(gate) => gate.stop(Stop::Waits(time)),
            None => self.log.advance(time),
        }
    }
}

/// Why a thread stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It has come to the call at which it was to be held.
    Held,
    /// It waits for so long.
    Waits(Duration),
    /// It has come to its end.
    Over,
}

/// Where a thread stands still until it is told to go on. Only one of both sides runs at a time, so all is in order.
pub struct Gate {
    stops: Sender<Stop>,
    goes_on: Mutex<Receiver<()>>,
    /// Whose it is.
    thread: OnceLock<ThreadId>,
}

impl Gate {
    /// A gate, where its thread's stops are told, and how it is let go on.
    pub fn new() -> (Arc<Self>, Receiver<Stop>, Sender<()>) {
        let (stops, stopped) = channel();
        let (go_on, goes_on) = channel();
        let goes_on = Mutex::new(goes_on);
        let thread = OnceLock::new();
        let gate = Self {
            stops,
            goes_on,
            thread,
        };
        (Arc::new(gate), stopped, go_on)
    }

    /// It is this thread's, whose end is told when what is returned is dropped, also by a panic.
    pub fn enter(self: &Arc<Self>) -> End {
        self.thread.get_or_init(|| thread::current().id());
        End(Arc::clone(self))
    }

    fn is_mine(&self) -> bool {
        self.thread.get() == Some(&thread::current().id())
    }

    /// Stands still. If nobody is left to tell it to go on, the test is over.
    pub fn stop(&self, why: Stop) {
        _ = self.stops.send(why);
        _ = self.goes_on.lock().expect("nobody panics with it").recv();
    }
}

/// See [`Gate::enter`].
pub struct End(Arc<Gate>);

impl Drop for End {
    fn drop(&mut self) {
        _ = self.0.stops.send(Stop::Over);
    }
}
