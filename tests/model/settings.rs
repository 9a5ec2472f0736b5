//! The model's rules, as the desk takes them.

use heard::config::{Overrides, RawConfig, RuleSettings, Settings};

/// What `rules.toml` says. Conversations are never over for so long that their facts are dropped:
/// `tests/rules/retire.rs` is about that.
pub fn settings() -> RuleSettings {
    let raw = RawConfig::from_text("rules.toml", heard_oracle::RULES);
    let settings = Settings::from_raw(&raw, &Overrides::default(), []);
    settings.expect("it is a configuration").rules
}
