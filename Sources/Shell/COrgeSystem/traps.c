#define _GNU_SOURCE
#include "traps.h"

#include <errno.h>
#include <string.h>

static const int traps[orge_trap_count] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT};

int32_t orge_traps_handle(void (*handler)(int, siginfo_t *, void *), struct orge_trap_handlers *handlers) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < orge_trap_count; i += 1) {
        if (sigaction(traps[i], &action, &handlers->before[i]) < 0) return -errno;
    }
    return 0;
}

void orge_traps_pass_on(int number, const siginfo_t *info, const struct orge_trap_handlers *handlers) {
    for (int i = 0; i < orge_trap_count; i += 1) {
        if (traps[i] == number) sigaction(number, &handlers->before[i], NULL);
    }
    if (info->si_code <= 0) raise(number);
}
