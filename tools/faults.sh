#!/usr/bin/env bash
# The fault matrix of docs/reliability.md: every fault by the tests that bring it about, and a table of what came of it.
#
#   faults.sh            all of it: about three hours
#   faults.sh F1 F20     only these
#   faults.sh --short    only what `make test` runs too: about 15 minutes; or of that only these: --short F1
#
# Real brokers, one or three, on loopback only; all of them end with the script.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Fault, brokers, what happens, test binary, test; a + before the test: it is long.
matrix='
F1  1 killed at moments of chance                  faults  kill::
F1  1 killed 200 times                             faults  +ordeals::killed_200_times_on_one_broker
F1  3 killed 200 times                             faults  +ordeals::killed_200_times_on_three_brokers
F1  1 one of two killed in a transaction           faults  takeover::
F2  1 a zombie wakes                               faults  zombie::
F2  1 kills, freezes and ends for a minute         faults  ordeals::a_minute_of_everything
F3  3 brokers are rolled twice                     faults  +ordeals::brokers_are_rolled_twice
F3  3 all brokers are away for five minutes        faults  +ordeals::all_brokers_are_away_for_five_minutes
F4  - errors at each request of a commit           injection commit::
F4  1 commits without an answer                    faults  answers::
F5  3 coordinators that refuse, or say nothing     faults  +coordinators::
F6  1 SIGTERM, brokers frozen or gone              faults  brokers::whatever_the_brokers_do_it_ends_in_time
F7  3 one to three instances for ten minutes       faults  +ordeals::scaled_every_five_seconds_for_ten_minutes
F8  1 a clock is two hours ahead                   faults  clock::
F9  3 disks of brokers are full                    faults  +ordeals::the_disks_of_brokers_are_full
F10 1 slow fetches                                 faults  stalls::slow_fetches
F10 1 each kind of request stalls for 12 s         faults  +stalls::whichever_kind_of_request_stalls
F11 1 poison                                       faults  poison::
F12 1 records that are too large                   e2e     large::
F14 - schemas of releases before                   schemas_compatibility the_present_schemas
F15 1 a transaction of somebody else hangs         e2e     outage::a_transaction_that_hangs
F16 1 a changelog that is not whole                e2e     restore::
F17 1 a right taken away, and given back           faults  ordeals::a_right_that_is_taken_away
F18 - a party of very many cases                   rules   +of_very_many_cases
F18 1 a hot conversation                           faults  +ordeals::a_hot_conversation
F19 - late, double and shuffled input              sim     whatever_happens
F20 3 each broker away for 35 s, rebalances        faults  brokers::any_broker_of_three
F20 3 a broker away for ten minutes, 500 a second  faults  +ordeals::one_broker_of_three_is_away_for_ten_minutes
F21 1 frozen for 12 s, three times                 faults  brokers::an_instance_that_stood_still
F21 1 frozen 50 times, time-outs as by default     faults  +ordeals::frozen_50_times
F22 - clocks that are off                          way     clocks::
F23 - a changelog that lost records                sim     losses::
F24 1 rebuilt after a loss                         e2e     rebuild::
F25 - a drain, and a transaction that hangs        sim     scenarios::a_drain_
F26 1 clients that say nothing                     lib     board::server
F27 1 a field of 900 KB                            e2e     large::
F28 1 SIGTERM, brokers frozen or gone              faults  brokers::whatever_the_brokers_do_it_ends_in_time
all 3 half an hour of kills and bounces            faults  +ordeals::a_soak_of_half_an_hour
all 1 faults that are planted                      faults  planted::
all 1 transactions that are off, 40 kills          faults  +planted::transactions_that_are_off
all 1 timers without offsets, zombies              faults  +planted::timers_without_offsets
all 1 restore ends before a transaction that hangs faults  +planted::a_restore_that_ends
'

# The short ones are as make test built them; whoever asks how quick it is has optimised ones.
short='' profile=faults
if [ "${1:-}" = --short ]; then
    short=1 profile=test
    shift
fi
wanted=" $* "

mkdir -p target/faults
log=target/faults/log
table=$PWD/target/faults/table
said=target/faults/said
: >"$log"
echo "building; what tests say is in $log"
tools/rust.sh cargo test --locked --quiet --profile $profile --workspace --no-run || exit 1

rows=()
failed=0
while read -r fault brokers rest; do
    [ -n "$fault" ] || continue
    test=${rest##* }
    rest=${rest% *}
    rest=${rest%"${rest##*[! ]}"}
    binary=${rest##* }
    what=${rest% *}
    what=${what%"${what##*[! ]}"}
    [ "$wanted" = '  ' ] || [[ $wanted == *" $fault "* ]] || continue
    [ -z "$short" ] || [ "${test#+}" = "$test" ] || continue
    echo "$fault: $what"
    : >"$table"
    from=$SECONDS outcome=ok ignored=()
    [ "${test#+}" = "$test" ] || ignored=(--include-ignored)
    tests=(--test "$binary")
    [ "$binary" != lib ] || tests=(--lib)
    HEARD_FAULTS_TABLE=$table tools/rust.sh cargo test --locked --quiet --profile $profile "${tests[@]}" -- \
        --test-threads 1 --nocapture "${ignored[@]}" "${test#+}" >"$said" 2>&1 </dev/null || outcome=FAILED
    # A name that no test has any more passes, too.
    grep -q '^test result: .* [1-9][0-9]* passed' "$said" || outcome=FAILED
    [ "$outcome" = ok ] || failed=1
    cat "$said" >>"$log"
    figures=$(awk -F'\t' '{r += $2; s += $3; if ($4 > g) g = $4; if ($6 > p) p = $6; if (!n || $7 < i) i = $7; n++}
        END {if (n) printf "%8d %9d %8.1f %8d %6d/10", r, s, g, p, i}' "$table")
    rows+=("$(printf '%-4s %-1s %-50s %-7s %5d %s' "$fault" "$brokers" "$what" "$outcome" $((SECONDS - from)) "$figures")")
done <<<"$matrix"

echo
printf '%-4s %-1s %-50s %-7s %5s %8s %9s %8s %8s %9s\n' F B 'what happens' outcome s records restarts 'gap s' 'p99 ms' oracle
printf '%s\n' "${rows[@]}"
echo
echo "B: brokers. gap: the longest time in which nothing was published; p99: from a complaint sent to its work item"
echo "in the log; both while it was measured. oracle: how many of its invariants hold."
exit $failed
