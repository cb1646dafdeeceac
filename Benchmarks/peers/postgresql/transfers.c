/* A closed loop of transfers against PostgreSQL: each calls the function `transfer`, a transaction of its own.

     transfers CONNECTION_COUNT IN_FLIGHT WARM_UP_MS MEASURE_MS ACCOUNTS ZIPF CONNECTION_STRING

   IN_FLIGHT 1 is the usual client, which waits for each answer; with more, libpq's pipeline mode sends ahead, with a Sync after each call, so that each is
   committed by itself. Prints {"event":"begin"} after the warm-up, and the figures at the end. One thread; Linux. */

#include "../../load/measure.h"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <sys/epoll.h>

enum { CONNECTION_LIMIT = 1024, IN_FLIGHT_LIMIT = 256 };

struct connection {
    PGconn *server;
    int in_flight, waits_for_room;
    uint64_t sent_at[IN_FLIGHT_LIMIT]; /* a ring */
    unsigned oldest, newest;
};

static struct connection connections[CONNECTION_LIMIT];
static int connection_count, in_flight_wanted, poller, is_measuring;
static uint64_t answered;
static struct transfers transfers;

static void fail_at(struct connection *c, const char *what) {
    fprintf(stderr, "transfers: %s: %s", what, PQerrorMessage(c->server));
    exit(1);
}

static void watch(struct connection *c, int operation) {
    struct epoll_event event = {.events = EPOLLIN | (c->waits_for_room ? EPOLLOUT : 0), .data.ptr = c};
    if (epoll_ctl(poller, operation, PQsocket(c->server), &event) < 0) fail("epoll_ctl");
}

static void flush_output(struct connection *c) {
    int rest = PQflush(c->server);
    if (rest < 0) fail_at(c, "flush");
    if (rest == c->waits_for_room) return;
    c->waits_for_room = rest;
    watch(c, EPOLL_CTL_MOD);
}

static void fill(struct connection *c) {
    while (c->in_flight < in_flight_wanted) {
        uint32_t values[3];
        draw_transfer(&transfers, &values[0], &values[1], &values[2]);
        for (int i = 0; i < 3; i++) values[i] = htonl(values[i]);
        const char *parameters[3] = {(char *)&values[0], (char *)&values[1], (char *)&values[2]};
        const int lengths[3] = {4, 4, 4}, formats[3] = {1, 1, 1};
        c->sent_at[c->newest++ % IN_FLIGHT_LIMIT] = now_ns();
        c->in_flight++;
        if (!PQsendQueryPrepared(c->server, "t", 3, parameters, lengths, formats, 1)) fail_at(c, "send");
        if (!PQpipelineSync(c->server)) fail_at(c, "sync");
    }
    flush_output(c);
}

static void receive(struct connection *c) {
    if (!PQconsumeInput(c->server)) fail_at(c, "receive");
    while (c->in_flight > 0 && !PQisBusy(c->server)) {
        PGresult *result = PQgetResult(c->server);
        if (result == NULL) continue; /* the end of one call's results */
        ExecStatusType status = PQresultStatus(result);
        if (status != PGRES_TUPLES_OK && status != PGRES_PIPELINE_SYNC) fail_at(c, "transfer");
        PQclear(result);
        if (status != PGRES_PIPELINE_SYNC) continue;
        c->in_flight--;
        uint64_t sent = c->sent_at[c->oldest++ % IN_FLIGHT_LIMIT];
        if (!is_measuring) continue;
        answered++;
        buckets[bucket(now_ns() - sent)]++;
    }
}

static void run_until(uint64_t deadline) {
    struct epoll_event events[256];
    while (now_ns() < deadline) {
        int count = epoll_wait(poller, events, 256, 10);
        if (count < 0 && errno != EINTR) fail("epoll_wait");
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            receive(c);
            fill(c);
        }
    }
}

static void open_connection(struct connection *c, const char *where) {
    c->server = PQconnectdb(where);
    if (PQstatus(c->server) != CONNECTION_OK) fail_at(c, "connect");
    PGresult *result = PQprepare(c->server, "t", "SELECT transfer($1::int4, $2::int4, $3::int4)", 3, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) fail_at(c, "prepare");
    PQclear(result);
    if (PQsetnonblocking(c->server, 1) < 0 || !PQenterPipelineMode(c->server)) fail_at(c, "pipeline");
    watch(c, EPOLL_CTL_ADD);
}

int main(int count, char **arguments) {
    if (count != 8) { fprintf(stderr, "see the head of transfers.c\n"); return 2; }
    connection_count = atoi(arguments[1]);
    in_flight_wanted = atoi(arguments[2]);
    uint64_t warm_up_ns = strtoull(arguments[3], NULL, 10) * 1000000, measure_ns = strtoull(arguments[4], NULL, 10) * 1000000;
    if (connection_count < 1 || connection_count > CONNECTION_LIMIT) { errno = EINVAL; fail("connections"); }
    if (in_flight_wanted < 1 || in_flight_wanted > IN_FLIGHT_LIMIT) { errno = EINVAL; fail("in flight"); }
    start_transfers(&transfers, (uint32_t)strtoul(arguments[5], NULL, 10), atof(arguments[6]));
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) fail("epoll");
    for (int i = 0; i < connection_count; i++) open_connection(&connections[i], arguments[7]);
    for (int i = 0; i < connection_count; i++) fill(&connections[i]);
    run_until(now_ns() + warm_up_ns);
    is_measuring = 1;
    printf("{\"event\": \"begin\"}\n");
    fflush(stdout);
    uint64_t began = now_ns();
    run_until(began + measure_ns);
    printf("{\"answered\": %llu, \"seconds\": %.3f, \"p50_us\": %.1f, \"p99_us\": %.1f}\n", (unsigned long long)answered,
           (double)(now_ns() - began) / 1e9, percentile_us(0.5), percentile_us(0.99));
    for (int i = 0; i < connection_count; i++) PQfinish(connections[i].server);
    return 0;
}
