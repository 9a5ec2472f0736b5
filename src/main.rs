//! The command line of `heard`, nothing else.

use std::process::ExitCode;

/// Most of what a worker does ends in small allocations; this allocator halves their cost, and being the
/// process's own `malloc` it serves the Kafka client too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    heard::cli::main()
}
