/* Transfers in SQLite, in this process: one connection, each transfer a transaction that is synced before the next begins.

     transfers FILE WARM_UP_MS MEASURE_MS ACCOUNTS ZIPF

   The write-ahead log with synchronous=FULL: as durable as Orge and PostgreSQL, and the fastest of SQLite's modes that are. Creates the file, prints
   {"event":"begin"} after the warm-up, and the figures at the end. */

#include "../../load/measure.h"

#include <sqlite3.h>
#include <sys/resource.h>

enum { GROWTH = 5000 }; /* transfers; a checkpoint is due after 1,000 pages, and each writes a few */

static sqlite3 *database;
static sqlite3_stmt *begin, *debit, *credit, *commit;
static struct transfers transfers;
static uint64_t answered;

static void check(int code) {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    fprintf(stderr, "transfers: SQLite: %s\n", sqlite3_errmsg(database));
    exit(1);
}

static sqlite3_stmt *prepared(const char *text) {
    sqlite3_stmt *statement;
    check(sqlite3_prepare_v3(database, text, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL));
    return statement;
}

static void step(sqlite3_stmt *statement) {
    check(sqlite3_step(statement));
    check(sqlite3_reset(statement));
}

static void move(sqlite3_stmt *statement, uint32_t account, uint32_t amount) {
    check(sqlite3_bind_int64(statement, 1, amount));
    check(sqlite3_bind_int64(statement, 2, account));
    step(statement);
    if (sqlite3_changes(database) != 1) { errno = EINVAL; fail("no such account"); }
}

static void transfer(int is_measuring) {
    uint32_t from, to, amount;
    draw_transfer(&transfers, &from, &to, &amount);
    uint64_t began = now_ns();
    step(begin);
    move(debit, from, amount);
    move(credit, to, amount);
    step(commit);
    if (!is_measuring) return;
    answered++;
    buckets[bucket(now_ns() - began)]++;
}

static void create(const char *path, uint32_t accounts) {
    check(sqlite3_open(path, &database));
    check(sqlite3_exec(database, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", NULL, NULL, NULL));
    check(sqlite3_exec(database, "CREATE TABLE accounts (id INTEGER PRIMARY KEY, cents INTEGER NOT NULL CHECK (cents >= 0)) STRICT; BEGIN", NULL, NULL, NULL));
    sqlite3_stmt *insert = prepared("INSERT INTO accounts VALUES (?, 1000000000000)");
    for (uint32_t i = 0; i < accounts; i++) {
        check(sqlite3_bind_int64(insert, 1, i));
        step(insert);
    }
    sqlite3_finalize(insert);
    check(sqlite3_exec(database, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL));
}

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int main(int count, char **arguments) {
    if (count != 6) { fprintf(stderr, "see the head of transfers.c\n"); return 2; }
    uint64_t warm_up_ns = strtoull(arguments[2], NULL, 10) * 1000000, measure_ns = strtoull(arguments[3], NULL, 10) * 1000000;
    start_transfers(&transfers, (uint32_t)strtoul(arguments[4], NULL, 10), atof(arguments[5]));
    create(arguments[1], transfers.accounts);
    begin = prepared("BEGIN IMMEDIATE");
    debit = prepared("UPDATE accounts SET cents = cents - ? WHERE id = ?");
    credit = prepared("UPDATE accounts SET cents = cents + ? WHERE id = ?");
    commit = prepared("COMMIT");
    /* The log grows to its full length once, and is written over from there on: growing costs each sync some milliseconds more. */
    check(sqlite3_exec(database, "PRAGMA synchronous = OFF", NULL, NULL, NULL));
    for (int i = 0; i < GROWTH; i++) transfer(0);
    check(sqlite3_exec(database, "PRAGMA synchronous = FULL", NULL, NULL, NULL));
    uint64_t deadline = now_ns() + warm_up_ns;
    while (now_ns() < deadline) transfer(0);
    printf("{\"event\": \"begin\"}\n");
    fflush(stdout);
    double cpu = cpu_seconds();
    uint64_t began = now_ns();
    while (now_ns() < began + measure_ns) transfer(1);
    printf("{\"answered\": %llu, \"seconds\": %.3f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"cpu_seconds\": %.3f}\n", (unsigned long long)answered,
           (double)(now_ns() - began) / 1e9, percentile_us(0.5), percentile_us(0.99), cpu_seconds() - cpu);
    return 0;
}
