//! Where HTTP is served: metrics and health.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use toml::de::DeValue;

use super::section::Section;
use super::value::{FromToml, ToToml};

/// An address to listen at, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen(pub Option<SocketAddr>);

/// What may be written.
const ALLOWED: &str = "an address with a port, such as \"127.0.0.1:9464\" or \"[::]:9464\" (port 0: any that \
                       is free), or \"off\"";

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self(None)),
            _ => text
                .parse()
                .map(|address| Self(Some(address)))
                .map_err(|_| ALLOWED.to_owned()),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => address.fmt(f),
            None => f.write_str("off"),
        }
    }
}

impl FromToml for Listen {
    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        value.as_str()?.parse().ok()
    }

    fn allowed() -> String {
        ALLOWED.into()
    }
}

impl ToToml for Listen {
    fn to_toml(&self) -> String {
        format!("\"{self}\"")
    }
}

/// Settings of the HTTP server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpSettings {
    /// Where it listens.
    pub listen: Listen,
}

impl Default for HttpSettings {
    fn default() -> Self {
        // The port that Prometheus' list of exporters leaves to programs that export their own.
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9464);
        Self {
            listen: Listen(Some(address)),
        }
    }
}

impl HttpSettings {
    /// Reads the `[http]` table.
    pub(super) fn read(mut section: Section<'_>) -> Self {
        let usual = Self::default();
        let settings = Self {
            listen: section.setting(
                "listen",
                usual.listen,
                "Where `heard run` serves /metrics, /startupz, /readyz and /healthz. Port 0: any that is free. A drain serves \
                 only where --listen says so.",
            ),
        };
        section.finish();
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::Listen;

    #[test]
    fn an_address_or_off() {
        for (text, good) in [
            ("127.0.0.1:9464", true),
            ("0.0.0.0:0", true),
            ("[::1]:80", true),
            ("off", true),
            ("9464", false),
            ("localhost:9464", false),
            ("127.0.0.1", false),
            ("", false),
        ] {
            match text.parse::<Listen>() {
                Ok(listen) => assert!(good && listen.to_string() == text, "{text}: {listen}"),
                Err(allowed) => assert!(!good && allowed.contains("9464"), "{text}: {allowed}"),
            }
        }
    }
}
