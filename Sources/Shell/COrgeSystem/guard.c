#define _GNU_SOURCE
#include "COrgeSystem.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const int traps[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
enum { trap_count = sizeof traps / sizeof traps[0] };

// As much as the main thread of a program usually has, so that recursion ends where it would end there.
enum { stack_bytes = 8 << 20, handler_stack_bytes = 64 << 10 };

struct guard {
    void (*body)(void *);
    void *context;
    sem_t ended;
    _Atomic(int) signal;
};

static _Thread_local struct guard *own_guard;
static struct sigaction before_guard[trap_count];
static pthread_once_t handlers = PTHREAD_ONCE_INIT;
static int handlers_error;

// A guarded thread stands still here for ever, with whatever it holds. On any other thread the handlers of before are set again: on return a fault is raised
// again by the instruction itself, and `abort` raises its signal again; one that was sent is sent again.
static void on_guarded(int number, siginfo_t *info, void *context) {
    (void)context;
    if (own_guard) {
        atomic_store(&own_guard->signal, number);
        sem_post(&own_guard->ended);
        for (;;) pause();
    }
    for (int i = 0; i < trap_count; i += 1) {
        if (traps[i] == number) sigaction(number, &before_guard[i], NULL);
    }
    if (info->si_code <= 0) raise(number);
}

static void set_handlers(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_guarded;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < trap_count; i += 1) {
        if (sigaction(traps[i], &action, &before_guard[i]) < 0) handlers_error = errno;
    }
}

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
    pthread_once(&handlers, set_handlers);
    if (handlers_error) return -handlers_error;
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
