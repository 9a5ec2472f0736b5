//! Examples for `--help`. A test parses each of them.

pub(super) const HEARD: &str = "\
Examples:
  heard demo
  heard check --config heard.toml
  heard topics apply --brokers kafka-1:9092,kafka-2:9092
  heard run
  heard help run";

pub(super) const DEMO: &str = "\
Examples:
  heard demo
  heard demo --once
  heard demo --seed 42 --speed 600
  heard demo --listen 127.0.0.1:9500
  heard demo --once --kafka --brokers localhost:9092";

pub(super) const CHECK: &str = "\
Examples:
  heard check --config heard.toml
  heard check --connect
  heard check --connect --roles intake
  heard check --json";

pub(super) const TOPICS: &str = "\
Examples:
  heard topics plan
  heard topics apply --prefix trial.";

pub(super) const PLAN: &str = "\
Examples:
  heard topics plan
  heard topics plan --brokers kafka-1:9092";

pub(super) const APPLY: &str = "\
Examples:
  heard topics apply
  heard topics apply --prefix trial.";

pub(super) const INGEST: &str = "\
Examples:
  heard ingest --map maps/city_nyc311.toml calls.csv
  heard ingest --map map.toml --dry-run *.ndjson
  heard ingest --map map.toml --order shuffled --seed 7 --repeat 2 messages.csv";

pub(super) const RUN: &str = "\
Examples:
  heard run
  heard run --workers 4 --instance host-1
  heard run --roles desk
  heard run --drain --as-of 2020-06-01T00:00:00Z";

pub(super) const TAIL: &str = "\
Examples:
  heard tail handling.onstage handling.offstage
  heard tail cases -n 10 --drain
  heard tail complaints.email --from-end
  heard tail case-events --since 2h --json | jq .value.type
  heard tail dead-letters -p 3 -o -20 -e
  heard tail cases --key 388046b3-dcd6-5b3b-8c7a-2b2f1f2f5d52 -n 1 -e";

pub(super) const FORGET: &str = "\
Examples:
  heard forget --customer C-10017
  heard forget --identifier email ann@example.org --dry-run
  heard forget --identifier handle ann --realm mastodon --json";

pub(super) const REPORT: &str = "\
Examples:
  heard report
  heard report --by brand,tier --since 30d
  heard report --channel phone --as-of 2026-03-04T00:00:00Z
  heard report --json > report.json";

pub(super) const EXPLAIN: &str = "\
Examples:
  heard explain 388046b3-dcd6-5b3b-8c7a-2b2f1f2f5d52
  heard explain 388046b3 --text
  heard explain 388046b3 --json --as-of 2026-03-04T00:00:00Z | jq .sections
  heard explain --source parcels.example --channel social --conversation post-100 --author handle:tom_okay";

pub(super) const DLQ: &str = "\
Examples:
  heard dlq ls
  heard dlq show 3:17
  heard dlq replay --dry-run";

pub(super) const DLQ_LS: &str = "\
Examples:
  heard dlq ls
  heard dlq ls --each --waiting --topic complaints.email
  heard dlq ls --reason unknown-schema-id --since 2h --json";

pub(super) const DLQ_SHOW: &str = "\
Examples:
  heard dlq show 3:17
  heard dlq show 3:17 --json | jq .decoded";

pub(super) const DLQ_REPLAY: &str = "\
Examples:
  heard dlq replay --dry-run
  heard dlq replay --reason unknown-schema-id --topic complaints.email
  heard dlq replay --since 2026-03-04T00:00:00Z --until 2026-03-05T00:00:00Z --yes
  heard dlq replay 3:17 0:4";

pub(super) const REBUILD: &str = "\
Examples:
  heard rebuild
  heard rebuild --yes";

pub(super) const COMPLETIONS: &str = "\
Examples:
  heard completions bash > ~/.local/share/bash-completion/completions/heard
  heard completions zsh > ~/.zfunc/_heard
  heard completions fish > ~/.config/fish/completions/heard.fish";
