// Signals that mean a bug of the process itself, and handlers for them that come before those that are there already.
#ifndef ORGE_TRAPS_H
#define ORGE_TRAPS_H

#include <signal.h>
#include <stdint.h>

enum { orge_trap_count = 6 };

// The handlers of before, one for each of these signals.
struct orge_trap_handlers {
    struct sigaction before[orge_trap_count];
};

// Sets one handler for all of them, on the alternate stack where a thread has one. 0, or -errno.
int32_t orge_traps_handle(void (*handler)(int, siginfo_t *, void *), struct orge_trap_handlers *handlers);

// For such a handler: sets the one of before (the Swift runtime's backtracer) again. On return a fault is raised again by the instruction itself, and
// `abort` raises its signal again; one that was sent is sent again here.
void orge_traps_pass_on(int number, const siginfo_t *info, const struct orge_trap_handlers *handlers);

#endif
