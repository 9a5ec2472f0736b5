//! The seam to the log: one trait, implemented over Kafka and in memory.
