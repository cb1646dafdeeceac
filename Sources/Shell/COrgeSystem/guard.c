#define _GNU_SOURCE
#include "COrgeSystem.h"
#include "traps.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

// As much as the main thread of a program usually has, so that recursion ends where it would end there.
enum { stack_bytes = 8 << 20, handler_stack_bytes = 64 << 10 };

struct guard {
    void (*body)(void *);
    void *context;
    sem_t ended;
    _Atomic(int) signal;
};

static _Thread_local struct guard *own_guard;
static struct orge_trap_handlers handlers;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int32_t handlers_result;

// A guarded thread stands still here for ever, with whatever it holds. Any other thread is none of our business.
static void on_guarded(int number, siginfo_t *info, void *context) {
    (void)context;
    if (own_guard) {
        atomic_store(&own_guard->signal, number);
        sem_post(&own_guard->ended);
        for (;;) pause();
    }
    orge_traps_pass_on(number, info, &handlers);
}

static void set_handlers(void) { handlers_result = orge_traps_handle(on_guarded, &handlers); }

static void *run_guarded(void *argument) {
    struct guard *guard = argument;
    // An overflow of the stack leaves no room for a handler on it.
    stack_t alternate = {.ss_sp = malloc(handler_stack_bytes), .ss_size = handler_stack_bytes};
    if (alternate.ss_sp) sigaltstack(&alternate, NULL);
    own_guard = guard;
    guard->body(guard->context);
    own_guard = NULL;
    stack_t none = {.ss_flags = SS_DISABLE};
    if (alternate.ss_sp) sigaltstack(&none, NULL);
    free(alternate.ss_sp);
    sem_post(&guard->ended);
    return NULL;
}

int32_t orge_guard_run(void (*body)(void *context), void *context) {
    pthread_once(&once, set_handlers);
    if (handlers_result < 0) return handlers_result;
    struct guard *guard = calloc(1, sizeof *guard);
    if (!guard) return -ENOMEM;
    guard->body = body;
    guard->context = context;
    sem_init(&guard->ended, 0, 0);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack_bytes);
    pthread_t thread;
    int error = pthread_create(&thread, &attributes, run_guarded, guard);
    pthread_attr_destroy(&attributes);
    if (error) {
        free(guard);
        return -error;
    }
    while (sem_wait(&guard->ended) < 0) {}
    int number = atomic_load(&guard->signal);
    // The thread of a trap still reads its guard.
    if (number) {
        pthread_detach(thread);
        return number;
    }
    pthread_join(thread, NULL);
    sem_destroy(&guard->ended);
    free(guard);
    return 0;
}
