//! Whether metrics and health could be served here.

use super::finding::Finding;
use crate::board::{ListenError, Listener};
use crate::cli::Exit;
use crate::config::{Listen, Settings};

/// Listens at the address of `[http]`, for a moment.
pub(super) fn look(settings: &Settings) -> Finding {
    let Listen(Some(address)) = settings.http.listen else {
        return Finding::fine("address", "listen in [http] is off: no metrics, no health");
    };
    let about = format!("address {address}");
    match Listener::bind(address) {
        Ok(_) => Finding::fine(about, "metrics and health can be served there"),
        Err(ListenError::Taken(_)) => Finding::lacks(
            Exit::Taken,
            about,
            "is taken.",
            "If heard runs here already, this is why, and all is well. One more here needs another: set listen in \
             [http], or start it with --listen ADDRESS:PORT (port 0: any that is free), or --listen off.",
        ),
        // Unlike a taken port, this may be quite right where heard is to run.
        Err(ListenError::Refused { cause, .. }) => Finding::odd(
            about,
            format!("cannot be listened at from here: {cause}."),
            "If heard is to run here, set listen in [http] to an address of this machine.",
        ),
    }
}
