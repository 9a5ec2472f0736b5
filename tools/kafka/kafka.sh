#!/usr/bin/env bash
# A Kafka broker from Maven artifacts: no container, no installation.
#
#   kafka.sh start                 in the background, data in .kafka/PORT (what `make kafka` does)
#   kafka.sh stop                  ends it; the data stay
#   kafka.sh run DIR PORT CPORT    in the foreground with data in DIR, until standard input ends;
#                                  then DIR is removed (what the tests do)
#   kafka.sh tool CLASS ARG...     one of Kafka's own commands, by its class
#
# start and stop take KAFKA_PORT (default 9092); the controller listens on the next port.
# KAFKA_JVM holds more options for the broker's virtual machine, KAFKA_PROPERTIES more lines of its
# server.properties, which come last and so hold. KAFKA_NODE is its number in a cluster of several (default 1).
# With KAFKA_COMES_BACK=1, `run` starts a broker again that was killed, as soon as there is no file DIR/down.
# Needs java 17 or later and, once, mvn: it fetches about 43 MB into .kafka/.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
home=$(cd "$here/../.." && pwd)/.kafka
port=${KAFKA_PORT:-9092}
node=${KAFKA_NODE:-1}
heap=384m

fail() {
    echo "kafka.sh: $*" >&2
    exit 1
}

# Sets `lib`, the directory of the broker's jars, and `java`, the command that runs one of its
# classes. Fetches the jars on first use; a change of pom.xml gives another directory, and of
# several that fetch at once one wins.
need_kafka() {
    command -v java >/dev/null ||
        fail "java is missing: install a Java runtime, 17 or later (Debian: openjdk-17-jre-headless)"
    lib=$home/lib-$(cksum <"$here/pom.xml" | cut -d' ' -f1)
    if [ ! -d "$lib" ]; then
        command -v mvn >/dev/null || fail "mvn is missing: install Maven (Debian: maven); it fetches the broker"
        local fresh
        mkdir -p "$home"
        fresh=$(mktemp -d "$home/fetch.XXXXXX")
        echo "fetching Kafka with Maven, once" >&2
        mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
            -DoutputDirectory="$fresh/lib" >"$fresh/log" 2>&1 ||
            { tail -n 20 "$fresh/log" >&2; rm -rf "$fresh"; fail "Maven could not fetch the broker: see above"; }
        keep "$fresh/lib" "$lib"
        rm -rf "$fresh"
    fi
    # Quick to start and small, rather than fast in the long run.
    java=(java "-Xmx$heap" -XX:+UseSerialGC ${KAFKA_JVM:-} -cp "$lib/*"
        -Dorg.slf4j.simpleLogger.defaultLogLevel=warn
        -Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info
        -Dorg.slf4j.simpleLogger.showDateTime=true)
}

# Moves directory $1 to $2, unless somebody else was faster.
keep() {
    mv -T "$1" "$2" 2>/dev/null || [ -d "$2" ] || fail "cannot write $2"
}

# Makes $1 the directory of a broker on port $2 with its controller on port $3. Formatting takes
# longer than starting; so it is done once for each number, and its result copied: all brokers have one cluster id.
prepare() {
    local dir=$1 formatted=$lib.formatted-$node fresh
    mkdir -p "$dir"
    settings "$dir/data" "$2" "$3" >"$dir/server.properties"
    [ -d "$dir/data" ] && return
    if [ ! -d "$formatted" ]; then
        fresh=$(mktemp -d "$home/format.XXXXXX")
        settings "$fresh/data" "$2" "$3" >"$fresh/server.properties"
        "${java[@]}" kafka.tools.StorageTool format -t aGVhcmQtb24ta2Fma2ExMA \
            -c "$fresh/server.properties" >"$fresh/log" 2>&1 ||
            { cat "$fresh/log" >&2; rm -rf "$fresh"; fail "cannot format a log directory: see above"; }
        keep "$fresh/data" "$formatted"
        rm -rf "$fresh"
    fi
    cp -R "$formatted" "$dir/data"
}

settings() {
    cat "$here/server.properties"
    echo "node.id=$node"
    echo "log.dirs=$1"
    echo "listeners=PLAINTEXT://127.0.0.1:$2,CONTROLLER://127.0.0.1:$3"
    echo "advertised.listeners=PLAINTEXT://127.0.0.1:$2"
    echo "controller.quorum.voters=$node@127.0.0.1:$3"
    [ -z "${KAFKA_PROPERTIES:-}" ] || echo "$KAFKA_PROPERTIES"
}

run() {
    dir=$1 broker='' watch='' # not local: the trap runs after this function
    trap 'kill -KILL $broker $watch 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$dir"' EXIT
    trap 'exit 143' TERM INT HUP
    need_kafka
    prepare "$dir" "$2" "$3"
    # Where it exists, setpriv ends the broker with this shell, however that ends.
    local bind=()
    ! command -v setpriv >/dev/null || bind=(setpriv --pdeathsig KILL)
    # The pipe ends when whoever started this closes it, or dies.
    exec 3<&0
    cat <&3 >/dev/null &
    watch=$!
    : >"$dir/broker.log"
    while :; do
        "${bind[@]}" "${java[@]}" kafka.Kafka "$dir/server.properties" </dev/null >>"$dir/broker.log" 2>&1 &
        broker=$!
        echo "$broker" >"$dir/pid"
        wait -n || true
        kill -0 "$watch" 2>/dev/null || return 0
        [ -n "${KAFKA_COMES_BACK:-}" ] || break
        while [ -e "$dir/down" ]; do
            kill -0 "$watch" 2>/dev/null || return 0
            sleep 0.1
        done
    done
    tail -n 20 "$dir/broker.log" >&2
    echo "kafka.sh: the broker ended by itself: see above" >&2
    exit 75 # with other ports it may go better
}

start() {
    local dir=$home/$port pid
    if pid=$(running); then
        echo "Kafka is already running on 127.0.0.1:$port (process $pid)"
        usage
        return
    fi
    need_kafka
    for p in "$port" $((port + 1)); do
        ! (: <"/dev/tcp/127.0.0.1/$p") 2>/dev/null ||
            fail "port $p is taken by something else: stop that, or choose another with KAFKA_PORT=..."
    done
    prepare "$dir" "$port" $((port + 1))
    : >"$dir/broker.log" # before the broker is there: the log of an earlier one must not be taken for its own
    nohup "${java[@]}" kafka.Kafka "$dir/server.properties" </dev/null >>"$dir/broker.log" 2>&1 &
    pid=$!
    echo "$pid" >"$dir/pid"
    until grep -q "Kafka Server started" "$dir/broker.log"; do
        kill -0 "$pid" 2>/dev/null || { tail -n 20 "$dir/broker.log" >&2; fail "the broker ended: see above"; }
        sleep 0.1
    done
    echo "Kafka is ready on 127.0.0.1:$port (process $pid, data and log in $dir)"
    usage
}

usage() {
    echo "  use it:   heard ... --brokers 127.0.0.1:$port"
    echo "  stop it:  make kafka-stop$([ "$port" = 9092 ] || echo " KAFKA_PORT=$port")"
}

stop() {
    local pid
    pid=$(running) || { echo "no Kafka of this project runs on port $port"; return 0; }
    kill "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
    rm -f "$home/$port/pid"
    echo "Kafka on port $port is stopped; its data stay in $home/$port"
}

# Prints the process id of the broker that `start` started on this port; fails if there is none. The
# command line is compared too, since a process id may have passed to another process.
running() {
    local pid
    pid=$(cat "$home/$port/pid" 2>/dev/null) || return 1
    ps -o args= -p "$pid" 2>/dev/null | grep -qF "$home/$port/server.properties" && echo "$pid"
}

case ${1:-} in
start | stop) "$1" ;;
tool)
    shift
    need_kafka
    exec "${java[@]}" "$@"
    ;;
run) [ $# = 4 ] || fail "run needs a directory and two ports"; shift; run "$@" ;;
*) fail "say start, stop, run DIR PORT CPORT, or tool CLASS ARG..." ;;
esac
