"""queries.py PROMTOOL PROMETHEUS HEARD: rules and dashboards ask only for what there is, in a language that is understood.

- Each name in a query is a metric of docs/metrics.md or recorded by a rule.
- promtool takes each query; a real Prometheus answers each, after it has scraped a real run: the demo's story.
- Each alert has a name, a severity, texts and a page as it should; a test in which it fires, and one in which it does not.
"""

import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "helm/heard"
# Of others, in rules and tests.
FOREIGN = {"up"}
# What Grafana puts into a query.
FILLED = {"$__rate_interval": "5m", "$__interval": "1m", "$__range": "1h", "${__range}": "1h"}
# Seconds. A machine at work on something else needs most of them until the demo has begun.
PATIENCE = 120


def rules():
    for file in sorted(file for file in (CHART / "rules").glob("*.yaml") if not file.stem.endswith("_test")):
        for group in yaml.safe_load(file.read_text())["groups"]:
            yield from ((file.name, rule) for rule in group["rules"])


def panels(dashboard):
    for panel in dashboard["panels"]:
        yield panel
        yield from panels({"panels": panel.get("panels", [])})


def dashboards():
    """Names and queries of all panels and variables."""
    for file in sorted((CHART / "dashboards").glob("*.json")):
        dashboard = json.loads(file.read_text())
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                metric = re.match(r"label_values\((.*), *\w+\)$", variable["query"])
                yield f"{file.name}, ${variable['name']}", metric[1]
        for panel in panels(dashboard):
            for target in panel.get("targets", []):
                yield f"{file.name}, {panel['title']}", target["expr"]


def filled(query):
    """A query as Grafana asks it, with every variable at `all`."""
    for variable, value in FILLED.items():
        query = query.replace(variable, value)
    return re.sub(r"\$\{?\w+(:\w+)?\}?", ".*", query)


def names(query):
    """Names of series in a query: what looks like one of heard's, or of a recording rule, and is no label."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}', "", query)
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right) *\([^)]*\)", "", bare)
    bare = re.sub(r"\[[^\]]*\]", "", bare)
    words = re.findall(r"[a-zA-Z_:][\w:]*", bare)
    return {word for word in words if re.match(r"(\w+:)?(heard|process)[_:]|up$", word)}


def known():
    """Names that a query may use."""
    manual = (ROOT / "docs/metrics.md").read_text()
    found = set(FOREIGN)
    for name, kind in re.findall(r"^\| `(heard_\w+)` \| (\w+) \|", manual, re.MULTILINE):
        found |= {name} if kind != "histogram" else {f"{name}_{end}" for end in ("bucket", "count", "sum")}
    found |= set(re.findall(r"`(process_\w+)`", manual))
    found |= {rule["record"] for _, rule in rules() if "record" in rule}
    return found


def tested():
    """Of each alert and severity: whether a test sees it fire, and whether one sees it keep silent beside a series."""
    fires, silent = set(), set()
    for file in (CHART / "tests/rules").glob("*.yaml"):
        for test in yaml.safe_load(file.read_text())["tests"]:
            series = " ".join(one["series"] for one in test["input_series"])
            for one in test["alert_rule_test"]:
                expected = one.get("exp_alerts") or []
                fires |= {(one["alertname"], e["exp_labels"]["severity"], e["exp_labels"].get("window")) for e in expected}
                if not expected or 'job="well"' in series:
                    silent.add(one["alertname"])
    return fires, silent


def wrong_alerts():
    fires, silent = tested()
    for file, rule in rules():
        if "alert" not in rule:
            continue
        name, labels, notes = rule["alert"], rule["labels"], rule["annotations"]
        if not re.fullmatch(r"Heard([A-Z][a-z]+)+", name):
            yield f"{name}: a name is Heard and words with capitals"
        if labels.get("severity") not in ("critical", "warning", "info"):
            yield f"{name}: severity is critical, warning or info"
        for note in ("summary", "description"):
            if not notes.get(note):
                yield f"{name} has no {note}"
        page = notes.get("runbook_url", "")
        if page != f"docs/runbooks/{name}.md" or not (ROOT / page).is_file():
            yield f"{name}: its page is docs/runbooks/{name}.md, and must be there"
        if (name, labels.get("severity"), labels.get("window")) not in fires:
            yield f"{name}, {labels.get('severity')}: no test sees it fire"
        if name not in silent:
            yield f"{name}: no test sees its healthy twin"
    pages = {page.stem for page in (ROOT / "docs/runbooks").glob("*.md")} - {"README"}
    for page in pages - {rule["alert"] for _, rule in rules() if "alert" in rule}:
        yield f"docs/runbooks/{page}.md is of no alert"


def parsed(promtool, queries, folder):
    """What promtool says of queries that it does not understand."""
    rules = [{"record": "query", "expr": query, "labels": {"where": where}} for where, query in queries]
    file = folder / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    said = subprocess.run([promtool, "check", "rules", "--lint=none", str(file)], capture_output=True, text=True)
    if said.returncode:
        yield said.stderr.strip()


def free():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def get(address, path, **parameters):
    """An answer's JSON or text; `None` while nobody answers."""
    try:
        with urllib.request.urlopen(f"http://{address}{path}?{urllib.parse.urlencode(parameters)}", timeout=10) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode() if error.code in (400, 422) else None
    except OSError:
        return None


def until(what, ask, *processes):
    """Asks until there is an answer."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and all(process.poll() is None for process in processes):
        if answer := ask():
            return answer
        time.sleep(0.2)
    sys.exit(f"{what} did not come")


def answered(prometheus, heard, queries, folder):
    """Queries that a Prometheus does not answer, once it has scraped the demo and has judged all rules."""
    story, address = f"127.0.0.1:{free()}", f"127.0.0.1:{free()}"
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": sorted({str(CHART / "rules" / file) for file, _ in rules()}),
        "scrape_configs": [{"job_name": "heard", "static_configs": [{"targets": [story]}]}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    with open(folder / "log", "w") as log:
        teller = subprocess.Popen([heard, "demo", "--speed", "3600", "--listen", story], stderr=log, **quiet)
        asked = subprocess.Popen(
            [prometheus, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data", f"--web.listen-address={address}"],
            stderr=log,
            **quiet,
        )
        try:
            ask = lambda query: get(address, "/api/v1/query", query=query)
            has = lambda query: lambda: '"value":' in (ask(query) or "")
            until("a case of the demo", has("sum(heard_cases_opened_total) > 5"), teller, asked)
            until("what rules record", has("job:heard_instances:count"), teller, asked)
            until("a second scrape", has("sum(rate(heard_events_total[1m]))"), teller, asked)
            told = json.loads(get(address, "/api/v1/rules"))["data"]["groups"]
            for rule in (rule for group in told for rule in group["rules"] if rule["health"] == "err"):
                yield f"rule {rule['name']}: {rule['lastError']}"
            deadline = time.monotonic() + PATIENCE
            for where, query in queries:
                full = '"status":"success"' if may_be_empty(query) else '"value":'
                while full not in (answer := ask(query) or "no answer") and time.monotonic() < deadline:
                    time.sleep(0.2)
                if full not in answer:
                    yield f"{where}: {query}\n{answer}"
        finally:
            for process in (teller, asked):
                process.kill()
                process.wait()


def may_be_empty(query):
    """What is empty while all is well: what compares or waits for surveys, dead letters and the like."""
    return bool(re.search(r"[<>]=?|dead_letter|surveyed|hatrix|promoter|clock_offset|ALERTS", query))


def main():
    promtool, prometheus, heard = sys.argv[1:]
    queries = [(where, filled(query)) for where, query in dashboards()]
    wrong = list(wrong_alerts())
    known_names = known()
    asks = queries + [(f"{file}, {rule.get('alert', rule.get('record'))}", rule["expr"]) for file, rule in rules()]
    for where, query in asks:
        wrong += [f"{where}: there is no metric {name}" for name in names(query) - known_names]
    with tempfile.TemporaryDirectory() as folder:
        wrong += parsed(promtool, queries, pathlib.Path(folder))
        wrong += answered(prometheus, heard, queries, pathlib.Path(folder))
    print("\n".join(wrong), end="\n" if wrong else "")
    if not queries:
        sys.exit("there are no dashboards")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
