# Everything a developer or a CI machine does here. `make` lists it.

.DEFAULT_GOAL := help
.PHONY: help demo test prepare build release fmt lint reference docs deny advisories soak-sim faults bench chart chart-docs image sbom clean kafka kafka-stop

## lists what can be made
help:
	@awk '/^## /{text=substr($$0,4)} /^[a-z-]+:/{if(text)printf "  make %-11s %s\n",substr($$1,1,length($$1)-1),text; text=""}' Makefile

## an invented company's week, told to heard and watched; more: make demo DEMO="--once --seed 42"
demo:
	@tools/prepare.sh build
	@tools/rust.sh cargo build --locked
	@$${CARGO_TARGET_DIR:-target}/debug/heard demo $(DEMO)

## everything that must hold: needs, format, dependencies, lints, docs, tests
test:
	@tools/test.sh

## checks what building and testing need, and installs what is missing if it can
prepare:
	@tools/prepare.sh

## the program, quick to build: target/debug/heard
build:
	@tools/rust.sh cargo build --locked

## the program, for real use: target/release/heard
release:
	@tools/rust.sh cargo build --locked --release

## formats the code
fmt:
	@tools/rust.sh cargo fmt --all

## the lints of make test
lint:
	@tools/test.sh lint

## heard.example.toml and docs/configuration.md, made anew from the code
reference:
	@HEARD_UPDATE_REFERENCE=1 tools/rust.sh cargo test --locked --quiet --test reference

## the documentation of the code: target/doc/heard/index.html
docs:
	@tools/test.sh docs

## licences, versions and sources of all dependencies (deny.toml)
deny:
	@tools/deny.sh bans licenses sources

## known faults of dependencies; needs the network, so it is not in make test
advisories:
	@tools/deny.sh advisories

## more of the simulation: make soak-sim SEEDS=20000, a line every thousand; a seed that fails is printed
soak-sim:
	@HEARD_SEEDS=$(or $(SEEDS),20000) tools/rust.sh cargo test --locked --release --test sim whatever_happens -- --nocapture

## the fault matrix on real brokers, hours of it: make faults FAULTS="F1 F20", or FAULTS=--short; a table at the end
faults:
	@tools/faults.sh $(FAULTS)

## what heard costs beside a pass-through and Kafka Streams: docs/benchmarks.md
bench:
	@tools/bench.sh

## the chart, its rules and dashboards: rendered, judged, asked; the tools are built once, outside of the checkout
chart:
	@tools/test.sh chart

## helm/heard/README.md and the schema of its values, made anew from values.yaml and docs/configuration.md
chart-docs:
	@tools/charts/check.sh docs

## the container image heard:latest; needs a container engine: make image ENGINE=podman
image:
	@$(or $(ENGINE),docker) build --build-arg COMMIT="$$(git rev-parse --short=12 HEAD)" \
		--build-arg DATE="$$(git show -s --format=%cs)" -t heard .

## what the program is made of: target/heard.cdx.json (CycloneDX)
sbom:
	@mkdir -p target && tools/sbom.py >target/heard.cdx.json

## removes what was built; the broker's data and the fetched tools stay
clean:
	@tools/rust.sh cargo clean

## a Kafka broker on 127.0.0.1:9092, or at KAFKA_PORT=..., until make kafka-stop
kafka:
	@tools/kafka/kafka.sh start

## ends that broker; its data stay in .kafka/
kafka-stop:
	@tools/kafka/kafka.sh stop
