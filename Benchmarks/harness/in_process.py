"""What `orge-bench` measures inside one process: the query loop, the hash, the Ledger flat out."""

import json

from figures import Figure, part
from orge_harness import binary, run

BENCH_SECONDS = 600


def lines(name):
    """The JSON lines of one measurement; medians are taken inside."""
    code, output, errors = run([binary("orge-bench"), name], BENCH_SECONDS)
    if code != 0:
        raise RuntimeError(f"orge-bench {name}: exit code {code}\n{errors}")
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


@part("query", "position += velocity over 100,000 and 1,000,000 entities, beside the same loop over plain buffers")
def query(_):
    found = []
    for line in lines("query"):
        size = f"{line['entities']:,.0f} entities"
        found += [
            Figure(f"query / plain loop, {size}", line["ratio"], "ratio", at_most=1.3),
            Figure(f"query, {size}", line["query_ns_per_row"], "ns/row"),
            Figure(f"plain loop, {size}", line["plain_ns_per_row"], "ns/row"),
            Figure(f"tick with undo, change set and hash, {size}", line["tick_with_everything_ns_per_row"], "ns/row"),
        ]
    return found


@part("hash", "the state hash of one changed row of 32 bytes")
def row_hash(_):
    return [Figure("hash", line["ns_per_row_of_32_bytes"], "ns/row", at_most=8) for line in lines("hash")]


@part("ledger", "transfers flat out between 100,000 accounts, everything on but the journal")
def ledger(_):
    found = []
    for line in lines("ledger"):
        found += [
            Figure("transfers", line["transfers_per_cpu_second"], "1/CPU-s", at_least=2_000_000),
            Figure("applied", line["applied"] / line["transfers"], "share"),
        ]
    return found


@part("arrival", "an account that arrives beside 100,000 others")
def arrival(_):
    return [Figure("arrival", line["ns_per_arrival"], "ns") for line in lines("arrival")]


@part("departure", "20,000 clients that leave at once: the host's work until the last session is gone")
def departure(_):
    return [Figure("departure of 20,000 sessions", line["milliseconds"], "ms", at_most=50) for line in lines("departure")]


@part("image", "an image of 1,000,000 rows in each of two components, beside 20 ticks at 20 Hz: what the tick thread pays")
def image(_):
    found = []
    for line in lines("image"):
        load, limit = ("every row written in every tick", None) if line["every_row"] else ("a tenth of the pages written in each tick", 10)
        found += [
            Figure(f"extra cost in all, {load}", line["extra_ms"], "ms", at_most=limit),
            Figure(f"extra cost of the first image, {load}", line["extra_ms_first_image"], "ms"),
            Figure(f"the ticks without, {load}", line["ticks_ms"], "ms"),
            Figure(f"pages copied, {load}", line["copied_pages"], "pages"),
            Figure(f"the image, {load}", line["image_ms"], "ms"),
        ]
    return found


@part("migration", "an image of 1,000,000 rows restored as it is, and with one field renamed and one of another type")
def migration(_):
    found = []
    for line in lines("migration"):
        found += [
            Figure("restored as it is", line["restored_s"], "s"),
            Figure("restored under the new schema", line["migrated_s"], "s"),
            Figure("new schema / as it is", line["migrated_s"] / line["restored_s"], "ratio"),
        ]
    return found


@part("audit", "1,000 clients that audit once a second in a world of 100,000 rows, beside the same world without audits")
def audit(_):
    found = []
    for line in lines("audit"):
        found += [
            Figure("share of the tick that audits take", line["share_of_tick"], "share", at_most=0.05),
            Figure("audits answered / asked", line["audits_answered"] / line["audits_asked"], "share"),
            Figure("audits told busy / asked", line["audits_busy"] / line["audits_asked"], "share"),
            Figure("tick p99 with / without audits", line["tick_p99_ms_with"] / line["tick_p99_ms_without"], "ratio", at_most=1.1),
            Figure("tick p99 without audits", line["tick_p99_ms_without"], "ms"),
        ]
    return found
