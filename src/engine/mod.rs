//! The engine: runs pure processors over the log, exactly once.
