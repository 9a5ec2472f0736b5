//! The desk: an actor per key. Pure: no runtime, no client library, no clock.
