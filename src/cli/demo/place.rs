//! Where a demo shows its metrics, if anywhere.

use crate::board::{ListenError, Listener};
use crate::cli::listen;
use crate::config::Listen;

/// Where it listens, and what is said of that.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// The address; `None`: nothing is served.
    pub listener: Option<Listener>,
    /// A line for whoever follows the story; `None`: there is nothing to say.
    pub notice: Option<String>,
}

impl Place {
    /// Where it was asked to listen; else, of a demo that goes on until it is stopped, `usual` if that can
    /// be had. No demo fails for an address that nobody asked for.
    ///
    /// # Errors
    /// The address that was asked for cannot be had.
    pub fn find(asked: Option<Listen>, usual: Listen, goes_on: bool) -> Result<Self, ListenError> {
        let Listen(address) = match asked {
            Some(asked) => asked,
            None if goes_on => usual,
            None => Listen(None),
        };
        let Some(address) = address else {
            return Ok(Self::default());
        };
        match Listener::bind(address) {
            Ok(listener) => Ok(Self {
                notice: Some(listen::told(&listener)),
                listener: Some(listener),
            }),
            Err(error) if asked.is_some() => Err(error),
            Err(error) => {
                let why = match error {
                    ListenError::Taken(_) => "is taken",
                    ListenError::Refused { .. } => "cannot be had",
                };
                let notice = format!("no metrics: {address} {why}. --listen 127.0.0.1:0 takes a free port");
                Ok(Self {
                    listener: None,
                    notice: Some(notice),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::Place;
    use crate::config::Listen;

    #[test]
    fn an_address_is_needed_only_if_it_was_asked_for() {
        let other = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        let taken = Listen(Some(other.local_addr().expect("it is bound")));
        let free: Listen = "127.0.0.1:0".parse().expect("an address");
        let off = Listen(None);
        // given what was asked, what is usual, and whether it goes on: then it listens, or fails, or says so
        for (asked, usual, goes_on, then) in [
            (
                None,
                free,
                true,
                "listens: metrics and health at http://127.0.0.1:",
            ),
            (None, free, false, ""),
            (None, off, true, ""),
            (None, taken, true, "no metrics: 127.0.0.1:"),
            (None, taken, false, ""),
            (
                Some(free),
                taken,
                false,
                "listens: metrics and health at http://127.0.0.1:",
            ),
            (Some(taken), free, true, "fails"),
            (Some(taken), free, false, "fails"),
            (Some(off), free, true, ""),
        ] {
            let found = match Place::find(asked, usual, goes_on) {
                Err(_) => "fails".to_owned(),
                Ok(place) => {
                    let listens = place.listener.map_or("", |_| "listens: ");
                    format!("{listens}{}", place.notice.unwrap_or_default())
                }
            };
            assert!(
                found.starts_with(then) && found.is_empty() == then.is_empty(),
                "{asked:?} {usual:?} {goes_on}: {found}"
            );
        }
    }
}
