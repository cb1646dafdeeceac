/* A closed loop over many connections: keeps a number of frames in flight on each, and says how many came back and after how long.

     load CONNECTION_COUNT IN_FLIGHT WARM_UP_MS MEASURE_MS raw|orge|transfer:ACCOUNTS:FIRST:ZIPF FRAME_HEX FD[:FIRST_SEQUENCE]…

   The caller has connected (and, for orge, joined) every descriptor and passes it on. FRAME_HEX is the frame to send, without the length.
   raw: every frame that comes back counts. orge: the frame's sequence (8 bytes after type, session and flags) is rewritten for each, only outcome frames
   (type 0x87) count, and applied ones are counted apart. transfer: as orge, and the payload of each frame is a transfer between two of
   ACCOUNTS accounts, whose entities have the ids from FIRST on, drawn uniformly (ZIPF 0) or by Zipf's law with that exponent. Prints three lines:
   {"event":"begin"} after the warm-up; the figures when the time is over; then it
   stops sending, drains what is in flight, and prints each connection's next sequence, so that it can be used again.
   One thread; Linux. */

#include "measure.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    FRAME_LIMIT = 4096,          /* bytes of a frame that is sent */
    IN_FLIGHT_LIMIT = 256,       /* the protocol's credit */
    CONNECTION_LIMIT = 4096,
    INPUT_BYTES = 64 * 1024,     /* read at once; whole frames are taken out, longer ones skipped */
    DRAIN_MS = 10000,            /* then something is stuck */
    OUTCOME_TYPE = 0x87,
    SEQUENCE_OFFSET = 3,         /* of a command: type, session, flags */
    OUTCOME_STATUS_OFFSET = 18,  /* type, session, sequence, tick */
    PAYLOAD_OFFSET = 13,         /* of a command: then its kind */
    TRANSFER_BYTES = 20,         /* from u64, to u64, amount u32 */
};

struct connection {
    int descriptor;
    int waits_for_room;
    int in_flight;
    uint64_t next_sequence;
    uint64_t sent_at[IN_FLIGHT_LIMIT]; /* a ring, in the order of sending; answers come in the same order */
    unsigned oldest, newest;
    uint8_t input[INPUT_BYTES];
    size_t input_count;
    uint64_t skip; /* bytes of a frame longer than the buffer that are still to come */
    uint8_t output[IN_FLIGHT_LIMIT * (FRAME_LIMIT + 4) / 16];
    size_t output_from, output_to;
};

static struct connection *connections;
static int connection_count, in_flight_wanted, is_orge, poller;
static uint8_t frame[FRAME_LIMIT + 4];
static size_t frame_bytes; /* with the length */
static uint64_t answered, applied;
static struct transfers transfers; /* no accounts: every frame is the same */
static uint64_t first_account;
static int is_measuring, is_sending = 1;

static uint32_t big_endian_u32(const uint8_t *p) { return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]; }

static void watch(struct connection *c, int wants_room) {
    if (c->waits_for_room == wants_room) return;
    c->waits_for_room = wants_room;
    struct epoll_event event = {.events = EPOLLIN | (wants_room ? EPOLLOUT : 0), .data.ptr = c};
    if (epoll_ctl(poller, EPOLL_CTL_MOD, c->descriptor, &event) < 0) fail("epoll_ctl");
}

static void flush_output(struct connection *c) {
    while (c->output_from < c->output_to) {
        ssize_t count = write(c->descriptor, c->output + c->output_from, c->output_to - c->output_from);
        if (count < 0 && errno == EAGAIN) { watch(c, 1); return; }
        if (count < 0) fail("write");
        c->output_from += (size_t)count;
    }
    c->output_from = c->output_to = 0;
    watch(c, 0);
}

static void write_big_endian(uint8_t *p, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) p[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
}

static void write_transfer(uint8_t *payload) {
    uint32_t from, to, amount;
    draw_transfer(&transfers, &from, &to, &amount);
    write_big_endian(payload, first_account + from, 8);
    write_big_endian(payload + 8, first_account + to, 8);
    write_big_endian(payload + 16, amount, 4);
}

static void fill(struct connection *c) {
    uint64_t now = now_ns();
    while (is_sending && c->in_flight < in_flight_wanted && c->output_to + frame_bytes <= sizeof c->output) {
        uint8_t *at = c->output + c->output_to;
        memcpy(at, frame, frame_bytes);
        if (is_orge) {
            for (int i = 0; i < 8; i++) at[4 + SEQUENCE_OFFSET + i] = (uint8_t)(c->next_sequence >> (56 - 8 * i));
            c->next_sequence++;
        }
        if (transfers.accounts > 0) write_transfer(at + 4 + PAYLOAD_OFFSET);
        c->output_to += frame_bytes;
        c->sent_at[c->newest++ % IN_FLIGHT_LIMIT] = now;
        c->in_flight++;
    }
    flush_output(c);
}

static void answer(struct connection *c, const uint8_t *body, size_t count, uint64_t now) {
    if (is_orge && body[0] == 0xFF) { errno = EPROTO; fail("the server closed the connection"); }
    if (is_orge && body[0] != OUTCOME_TYPE) return;
    if (c->in_flight == 0) { errno = EPROTO; fail("an answer without a request"); }
    c->in_flight--;
    uint64_t sent = c->sent_at[c->oldest++ % IN_FLIGHT_LIMIT];
    if (!is_measuring) return;
    answered++;
    applied += is_orge && count > OUTCOME_STATUS_OFFSET && body[OUTCOME_STATUS_OFFSET] == 0;
    buckets[bucket(now - sent)]++;
}

static void take_frames(struct connection *c) {
    uint64_t now = now_ns();
    size_t at = 0;
    while (c->input_count - at >= 4) {
        size_t length = big_endian_u32(c->input + at);
        if (length + 4 > INPUT_BYTES) { /* an update too long to keep: no answer is */
            c->skip = length + 4 - (c->input_count - at);
            at = c->input_count;
            break;
        }
        if (c->input_count - at < length + 4) break;
        if (length > 0) answer(c, c->input + at + 4, length, now);
        at += length + 4;
    }
    memmove(c->input, c->input + at, c->input_count - at);
    c->input_count -= at;
}

static void receive(struct connection *c) {
    for (;;) {
        ssize_t count = read(c->descriptor, c->input + c->input_count, INPUT_BYTES - c->input_count);
        if (count < 0 && errno == EAGAIN) return;
        if (count < 0) fail("read");
        if (count == 0) { errno = ECONNRESET; fail("the server ended the connection"); }
        int was_full = c->input_count + (size_t)count == INPUT_BYTES;
        uint64_t skipped = c->skip < (uint64_t)count ? c->skip : (uint64_t)count;
        memmove(c->input + c->input_count, c->input + c->input_count + skipped, (size_t)count - skipped);
        c->skip -= skipped;
        c->input_count += (size_t)count - skipped;
        take_frames(c);
        if (!was_full) return;
    }
}

static int is_drained(void) {
    for (int i = 0; i < connection_count; i++)
        if (connections[i].in_flight > 0) return 0;
    return 1;
}

/* Runs the loop until `deadline`, or until nothing is in flight when the sending has stopped. */
static void run_until(uint64_t deadline) {
    struct epoll_event events[256];
    while (now_ns() < deadline && (is_sending || !is_drained())) {
        int count = epoll_wait(poller, events, 256, 10);
        if (count < 0 && errno != EINTR) fail("epoll_wait");
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(c);
            fill(c);
        }
    }
}

static void parse_frame(const char *hex) {
    size_t count = strlen(hex) / 2;
    if (count == 0 || count > FRAME_LIMIT || (is_orge && count < SEQUENCE_OFFSET + 8)) { errno = EINVAL; fail("the frame"); }
    for (int i = 0; i < 4; i++) frame[i] = (uint8_t)(count >> (24 - 8 * i));
    for (size_t i = 0; i < count; i++) {
        unsigned byte = 0;
        if (sscanf(hex + 2 * i, "%2x", &byte) != 1) { errno = EINVAL; fail("the frame"); }
        frame[4 + i] = (uint8_t)byte;
    }
    frame_bytes = count + 4;
}

static void adopt(struct connection *c, const char *argument) {
    char *rest = NULL;
    c->descriptor = (int)strtol(argument, &rest, 10);
    c->next_sequence = *rest == ':' ? strtoull(rest + 1, NULL, 10) : 0;
    int flags = fcntl(c->descriptor, F_GETFL);
    if (flags < 0 || fcntl(c->descriptor, F_SETFL, flags | O_NONBLOCK) < 0) fail("descriptor");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, c->descriptor, &event) < 0) fail("epoll_ctl");
}

int main(int count, char **arguments) {
    if (count < 8) { fprintf(stderr, "see the head of load.c\n"); return 2; }
    connection_count = atoi(arguments[1]);
    in_flight_wanted = atoi(arguments[2]);
    uint64_t warm_up_ns = strtoull(arguments[3], NULL, 10) * 1000000, measure_ns = strtoull(arguments[4], NULL, 10) * 1000000;
    unsigned accounts;
    unsigned long long first;
    double exponent;
    int is_transfer = sscanf(arguments[5], "transfer:%u:%llu:%lf", &accounts, &first, &exponent) == 3;
    is_orge = is_transfer || strcmp(arguments[5], "orge") == 0;
    if (connection_count < 1 || connection_count > CONNECTION_LIMIT || count != 7 + connection_count) { errno = EINVAL; fail("connections"); }
    if (in_flight_wanted < 1 || in_flight_wanted > IN_FLIGHT_LIMIT) { errno = EINVAL; fail("in flight"); }
    parse_frame(arguments[6]);
    if (is_transfer) {
        if (frame_bytes != 4 + PAYLOAD_OFFSET + TRANSFER_BYTES) { errno = EINVAL; fail("the frame of a transfer"); }
        start_transfers(&transfers, accounts, exponent);
        first_account = first;
    }
    connections = calloc((size_t)connection_count, sizeof *connections);
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (connections == NULL || poller < 0) fail("start");
    for (int i = 0; i < connection_count; i++) adopt(&connections[i], arguments[7 + i]);

    for (int i = 0; i < connection_count; i++) fill(&connections[i]);
    run_until(now_ns() + warm_up_ns);
    is_measuring = 1;
    printf("{\"event\": \"begin\"}\n");
    fflush(stdout);
    uint64_t began = now_ns();
    run_until(began + measure_ns);
    is_measuring = 0;
    printf("{\"answered\": %llu, \"applied\": %llu, \"seconds\": %.3f, \"p50_us\": %.1f, \"p99_us\": %.1f}\n", (unsigned long long)answered,
           (unsigned long long)applied, (double)(now_ns() - began) / 1e9, percentile_us(0.5), percentile_us(0.99));
    fflush(stdout);
    is_sending = 0;
    run_until(now_ns() + (uint64_t)DRAIN_MS * 1000000);
    if (!is_drained()) { errno = ETIMEDOUT; fail("answers are missing"); }
    printf("{\"next\": [");
    for (int i = 0; i < connection_count; i++) printf("%s%llu", i > 0 ? ", " : "", (unsigned long long)connections[i].next_sequence);
    printf("]}\n");
    return 0;
}
