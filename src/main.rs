//! The command line of `heard`, nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    heard::cli::main()
}
