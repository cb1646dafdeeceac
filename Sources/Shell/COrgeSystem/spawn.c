#define _GNU_SOURCE
#include "COrgeSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Between vfork and exec only async-signal-safe calls are allowed: the parent may have threads. The child shares the parent's memory, so it
// writes to variables of its own only. fork would copy the parent's page tables, and the kernel refuses that to a process that has reserved
// more address space than there is memory, as hosts of large worlds and tests with many of them do.

static void child_reset_signals(void) {
    // The kernel's struct sigaction with nothing but zeros says SIG_DFL. The system call itself, without the C library, because that
    // refuses its own two signals (32, 33), which the parent may have ignored.
    uint64_t defaults[4] = {0};
    for (int number = 1; number < NSIG; number += 1) {
        // Fails for SIGKILL and SIGSTOP, which cannot have been changed either.
        (void)syscall(SYS_rt_sigaction, number, defaults, NULL, (size_t)(NSIG - 1) / 8);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// Puts the wanted descriptors in their places. First all are copied out of the way, above every place, because one
// that is still to be copied may stand where another one goes.
static int child_place_descriptors(const struct orge_spawn_request *request, int *report) {
    int count = 3 + request->descriptor_count;
    int wanted[3 + ORGE_SPAWN_DESCRIPTORS_MAX];
    wanted[0] = request->standard_input;
    wanted[1] = request->standard_output;
    wanted[2] = request->standard_error;
    for (int i = 3; i < count; i += 1) wanted[i] = request->descriptors[i - 3];
    for (int i = 0; i < count; i += 1) {
        wanted[i] = fcntl(wanted[i], F_DUPFD_CLOEXEC, count);
        if (wanted[i] < 0) return errno;
    }
    *report = fcntl(*report, F_DUPFD_CLOEXEC, count);
    if (*report < 0) return errno;
    for (int i = 0; i < count; i += 1) {
        if (dup2(wanted[i], i) < 0) return errno;  // the copy is not close-on-exec
    }
    // Also those that a library opened without thinking of us.
    return close_range((unsigned)count, ~0U, CLOSE_RANGE_CLOEXEC) < 0 ? errno : 0;
}

static int child_run(const struct orge_spawn_request *request, int *report) {
    if (setpgid(0, 0) < 0) return errno;
    // This copy of the parent's end would keep the pipe alive until exec, and the check for its end would see nothing.
    if (request->lifeline_write >= 0) close(request->lifeline_write);
    int failure = child_place_descriptors(request, report);
    if (failure != 0) return failure;
    if (request->lifeline_index >= 0) {
        int32_t armed = orge_lifeline_arm(3 + request->lifeline_index);
        if (armed < 0) return -armed;
    }
    child_reset_signals();
    execve(request->path, request->arguments, request->environment);
    return errno;
}

int32_t orge_spawn(const struct orge_spawn_request *request, int32_t *pid, int32_t *pidfd) {
    if (request->descriptor_count < 0 || request->descriptor_count > ORGE_SPAWN_DESCRIPTORS_MAX) return -EINVAL;
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0) return -errno;

    // No handler of the parent may run in the child before its dispositions are reset.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int child_report = report[1];
    pid_t child = vfork();
    if (child == 0) {
        int failure = child_run(request, &child_report);
        (void)!write(child_report, &failure, sizeof failure);
        _exit(127);
    }
    int fork_error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    if (child < 0) {
        close(report[0]);
        return -fork_error;
    }

    // The end of the report without a word is a successful exec: the child's end is close-on-exec.
    int failure = 0;
    ssize_t got;
    do got = read(report[0], &failure, sizeof failure);
    while (got < 0 && errno == EINTR);
    close(report[0]);
    int descriptor = -1;
    if (got != (ssize_t)sizeof failure) {
        descriptor = pidfd_open(child, 0);
        failure = descriptor < 0 ? errno : 0;
        if (failure != 0) kill(child, SIGKILL);  // our child and not reaped, so the pid is still its own
    }
    if (failure != 0) {
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
        return -failure;
    }
    *pid = child;
    *pidfd = descriptor;
    return 0;
}

int32_t orge_pidfd_reap(int32_t pidfd, struct orge_exit *how) {
    siginfo_t info = {0};
    while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG) < 0) {
        if (errno != EINTR) return -errno;
    }
    if (info.si_pid == 0) return 0;
    int exited = info.si_code == CLD_EXITED;
    how->code = exited ? info.si_status : 0;
    how->signal = exited ? 0 : info.si_status;
    return 1;
}

int32_t orge_pidfd_signal(int32_t pidfd, int32_t signal) {
    return pidfd_send_signal(pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

int32_t orge_pidfd_open(int32_t pid) {
    int descriptor = pidfd_open(pid, 0);
    return descriptor < 0 ? -errno : descriptor;
}

int32_t orge_pipe(int32_t ends[2]) {
    return pipe2(ends, O_CLOEXEC) < 0 ? -errno : 0;
}

int32_t orge_lifeline_arm(int32_t read_end) {
    // The owner before the mode: with O_ASYNC and no owner an end in between would be lost.
    if (fcntl(read_end, F_SETOWN, getpid()) < 0) return -errno;
    if (fcntl(read_end, F_SETSIG, SIGKILL) < 0) return -errno;
    int flags = fcntl(read_end, F_GETFL);
    if (flags < 0) return -errno;
    if (fcntl(read_end, F_SETFL, flags | O_ASYNC) < 0) return -errno;
    struct pollfd state = {.fd = read_end, .events = POLLIN};
    if (poll(&state, 1, 0) > 0 && (state.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
        kill(getpid(), SIGKILL);
    }
    return 0;
}
