#define _GNU_SOURCE
#include "COrgeSystem.h"
#include "traps.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

int32_t orge_terminal_size(int32_t terminal, uint16_t *columns, uint16_t *rows) {
    struct winsize size;
    if (ioctl(terminal, TIOCGWINSZ, &size) < 0) return -errno;
    *columns = size.ws_col;
    *rows = size.ws_row;
    return 0;
}

// What gives the terminal back. Written while `taken` is 0; the handler of a trap reads it only when `taken` is 1.
static struct termios before;
static int32_t terminal;
static char farewell[64];
static size_t farewell_size;
static atomic_int taken;

static struct orge_trap_handlers handlers;
static int watched;

// Only system calls that a handler may make. A terminal that takes nothing is waited for no longer than a second.
void orge_terminal_give_back(void) {
    int one = 1;
    if (!atomic_compare_exchange_strong(&taken, &one, 0)) return;
    struct pollfd state = {.fd = terminal, .events = POLLOUT};
    size_t sent = 0;
    while (sent < farewell_size && poll(&state, 1, 1000) > 0) {
        ssize_t count = write(terminal, farewell + sent, farewell_size - sent);
        if (count < 0 && errno != EINTR && errno != EAGAIN) break;
        if (count > 0) sent += (size_t)count;
    }
    tcsetattr(terminal, TCSANOW, &before);
}

static void on_trap(int number, siginfo_t *info, void *context) {
    (void)context;
    int error = errno;
    orge_terminal_give_back();
    orge_traps_pass_on(number, info, &handlers);
    errno = error;
}

static int32_t watch_traps(void) {
    if (watched) return 0;
    int32_t result = orge_traps_handle(on_trap, &handlers);
    watched = result == 0;
    return result;
}

int32_t orge_terminal_take(int32_t descriptor, const char *bytes, size_t size) {
    if (size > sizeof farewell) return -EINVAL;
    if (atomic_load(&taken)) return -EBUSY;
    if (tcgetattr(descriptor, &before) < 0) return -errno;
    terminal = descriptor;
    memcpy(farewell, bytes, size);
    farewell_size = size;
    int32_t result = watch_traps();
    if (result < 0) return result;
    struct termios raw = before;
    cfmakeraw(&raw);
    atomic_store(&taken, 1);
    if (tcsetattr(descriptor, TCSANOW, &raw) == 0) return 0;
    int error = errno;
    atomic_store(&taken, 0);
    return -error;
}
