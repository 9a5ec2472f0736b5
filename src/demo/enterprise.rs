//! The invented enterprise: an airline and a shop, the places where their customers speak, and the rules
//! they work by (enterprise.toml).

use crate::config::{Overrides, RawConfig, Settings};

/// An airline and a shop of one house.
pub(crate) const BRANDS: [Brand; 2] = [
    Brand {
        name: "Tamarind Air",
        team: "tamarind care",
        agents: &["Rosalind", "Emeka", "Yael", "Pablo"],
    },
    Brand {
        name: "Loom & Lantern",
        team: "lantern desk",
        agents: &["Odile", "Farid", "Shirin", "Magnus"],
    },
];

/// A brand, and who answers for it.
#[derive(Debug)]
pub(crate) struct Brand {
    /// Its name.
    pub name: &'static str,
    /// The team that answers.
    pub team: &'static str,
    /// Who is in it.
    pub agents: &'static [&'static str],
}

/// The platform or system that a channel's conversations live on.
pub(crate) fn source(channel: &str) -> &'static str {
    match channel {
        "phone" => "callcentre.example",
        "email" => "mail.example",
        "chat" => "site.example",
        "messaging" => "pling.example",
        "social" | "direct" => "plaza.example",
        "review" => "fivestars.example",
        _ => "travellers.example",
    }
}

/// What the enterprise runs on.
///
/// # Panics
/// Never: a test reads the same text.
pub(crate) fn settings() -> Settings {
    let raw = RawConfig::from_text("enterprise.toml", include_str!("enterprise.toml"));
    let none = std::iter::empty::<(String, String)>();
    Settings::from_raw(&raw, &Overrides::default(), none).expect("a test reads it")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_rules_can_be_read() {
        let settings = super::settings();
        let answer = settings
            .rules
            .channel("phone")
            .expect("built in")
            .levels
            .usual
            .answer;
        assert_eq!(answer.map(|span| span.ms()), Some(15 * 60_000));
    }
}
