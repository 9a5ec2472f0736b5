//! The log over Kafka.
