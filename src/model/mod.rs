//! The records of schemas/, a file each.
