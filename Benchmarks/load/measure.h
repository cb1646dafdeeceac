/* What the load generators share: a clock, a histogram of latencies, and the transfers that every server is given. */

#ifndef MEASURE_H
#define MEASURE_H

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    BUCKET_COUNT = 64 * 32, /* 32 steps for every doubling: 3 % */
    DRAW_COUNT = 1 << 20,   /* transfers are drawn from a table of so many ranks */
    SPREAD = 48271,         /* a prime: hot accounts lie apart */
};

static uint64_t buckets[BUCKET_COUNT];

static void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int bucket(uint64_t value) {
    if (value < 32) return (int)value;
    int exponent = 63 - __builtin_clzll(value);
    return (exponent - 4) * 32 + (int)(value >> (exponent - 5) & 31);
}

static uint64_t bucket_floor(int index) {
    if (index < 32) return (uint64_t)index;
    int exponent = index / 32 + 4;
    return (uint64_t)(32 + index % 32) << (exponent - 5);
}

static double percentile_us(double share) {
    uint64_t total = 0, seen = 0;
    for (int i = 0; i < BUCKET_COUNT; i++) total += buckets[i];
    for (int i = 0; i < BUCKET_COUNT; i++) {
        seen += buckets[i];
        if (total > 0 && (double)seen >= share * (double)total) return (double)bucket_floor(i) / 1000;
    }
    return 0;
}

/* Transfers between `accounts` accounts, numbered from 0. */
struct transfers {
    uint32_t accounts;
    uint32_t *ranks; /* NULL: uniform */
    uint64_t state;
};

static uint64_t next_random(struct transfers *t) { /* SplitMix64 */
    uint64_t z = t->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* exponent 0: every account as often as any other; otherwise the k-th most frequent one in proportion to k to the power of minus the exponent. */
static void start_transfers(struct transfers *t, uint32_t accounts, double exponent) {
    if (accounts < 2) { errno = EINVAL; fail("accounts"); }
    *t = (struct transfers){.accounts = accounts, .state = 7};
    if (exponent == 0) return;
    double *sums = calloc(accounts, sizeof *sums), sum = 0;
    t->ranks = calloc(DRAW_COUNT, sizeof *t->ranks);
    if (sums == NULL || t->ranks == NULL) fail("memory");
    for (uint32_t k = 0; k < accounts; k++) sums[k] = sum += pow(k + 1, -exponent);
    for (int i = 0; i < DRAW_COUNT; i++) {
        double wanted = (double)(next_random(t) >> 11) / 9007199254740992.0 * sum;
        uint32_t low = 0, high = accounts - 1;
        while (low < high) {
            uint32_t middle = (low + high) / 2;
            if (sums[middle] < wanted) low = middle + 1; else high = middle;
        }
        t->ranks[i] = low;
    }
    free(sums);
}

static uint32_t draw_account(struct transfers *t) {
    uint64_t random = next_random(t);
    if (t->ranks == NULL) return (uint32_t)(random % t->accounts);
    return (uint32_t)((uint64_t)t->ranks[random % DRAW_COUNT] * SPREAD % t->accounts);
}

static void draw_transfer(struct transfers *t, uint32_t *from, uint32_t *to, uint32_t *amount) {
    *from = draw_account(t);
    *to = draw_account(t);
    if (*to == *from) *to = (*from + 1) % t->accounts;
    *amount = 1 + (uint32_t)(next_random(t) % 100);
}

#endif
