//! The command line of `heard`, nothing else.
fn main() {}
