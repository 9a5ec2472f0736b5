//! Intake: decode, validate, normalise, address. Pure and without state.
