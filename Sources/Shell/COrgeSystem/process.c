#define _GNU_SOURCE
#include "COrgeSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int32_t orge_signals_open(const int32_t *signals, size_t count) {
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < count; i += 1) sigaddset(&set, signals[i]);
    int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (error != 0) return -error;
    signal(SIGPIPE, SIG_IGN);
    int descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

int32_t orge_signals_next(int32_t descriptor) {
    struct signalfd_siginfo info;
    ssize_t got;
    do got = read(descriptor, &info, sizeof info);
    while (got < 0 && errno == EINTR);
    if (got < 0) return errno == EAGAIN ? 0 : -errno;
    return (int32_t)info.ssi_signo;
}

int32_t orge_folder_open(const char *path) {
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int32_t orge_lock(int32_t descriptor) {
    return flock(descriptor, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
}

int32_t orge_output_open(int32_t descriptor) {
    struct stat status;
    if (fstat(descriptor, &status) < 0) return -errno;
    if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) {
        char path[32];
        snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
        int again = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        if (again >= 0) return again;
        // Another user's terminal, after su: the copy will do, a write asks first whether there is room.
    }
    int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    return copy < 0 ? -errno : copy;
}

int64_t orge_output_write(int32_t descriptor, const void *bytes, size_t count) {
    ssize_t sent = send(descriptor, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    if (errno != ENOTSOCK) return -errno;
    struct pollfd state = {.fd = descriptor, .events = POLLOUT};
    if (poll(&state, 1, 0) <= 0 || (state.revents & POLLOUT) == 0) return -EAGAIN;
    // A pipe that polls as writable has room for this much.
    ssize_t written = write(descriptor, bytes, count < PIPE_BUF ? count : PIPE_BUF);
    return written < 0 ? -errno : written;
}

int32_t orge_usage(int32_t pid, struct orge_usage *usage) {
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    char text[128] = {0};
    ssize_t got = read(file, text, sizeof text - 1);
    int error = errno;
    close(file);
    if (got < 0) return -error;
    char *second = NULL;
    (void)strtoull(text, &second, 10);
    usage->resident_bytes = strtoull(second, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);

    clockid_t clock;
    struct timespec time;
    error = clock_getcpuclockid(pid, &clock);
    if (error != 0) return -error;
    if (clock_gettime(clock, &time) < 0) return -errno;
    usage->processor_nanoseconds = (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
    return 0;
}

uint64_t orge_monotonic_nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
}

int32_t orge_unguessable(void *bytes, size_t count) {
    // Up to 256 bytes come whole.
    return getrandom(bytes, count, 0) == (ssize_t)count ? 0 : -errno;
}

int32_t orge_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

uint64_t orge_descriptor_limit(void) {
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) < 0 ? 0 : limit.rlim_cur;
}

void orge_process_name(const char *name) {
    (void)prctl(PR_SET_NAME, name, 0, 0, 0);
}

#if __GLIBC_PREREQ(2, 33)
uint64_t orge_heap_bytes(void) { return mallinfo2().uordblks; }
#else
// Counts modulo 4 GiB there: beyond that a burst may go unnoticed, or free pages are given back once too often.
uint64_t orge_heap_bytes(void) { return (unsigned)mallinfo().uordblks; }
#endif

void orge_heap_trim(void) { malloc_trim(0); }

int32_t orge_idle_thread(void) {
    struct sched_param none = {0};
    // For Linux the id 0 is the calling thread, here and in ioprio_set: 1 is IOPRIO_WHO_PROCESS, class 3 is idle.
    if (sched_setscheduler(0, SCHED_IDLE, &none) < 0) return -errno;
    return syscall(SYS_ioprio_set, 1, 0, 3 << 13) < 0 ? -errno : 0;
}
