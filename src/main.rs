//! The command line of `heard`, nothing else.

use std::process::ExitCode;

/// Most of what a worker does ends in small allocations; this allocator halves their cost, and being the
/// process's own `malloc` it serves the Kafka client too.
///
/// It is not named as Rust's allocator besides: through `malloc` its quick way is taken, through the aligned
/// calls that Rust's interface would make it is not, which costs a tenth of a worker's time.
use mimalloc as _;

fn main() -> ExitCode {
    heard::cli::main()
}
