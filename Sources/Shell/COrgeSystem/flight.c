#define _GNU_SOURCE
#include "COrgeSystem.h"
#include "traps.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int32_t orge_memory_create(size_t size) {
    int descriptor = memfd_create("orge-flight", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor < 0) return -errno;
    // A child that shortened the file would end its supervisor with SIGBUS.
    if (ftruncate(descriptor, (off_t)size) < 0 || fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
        int error = errno;
        close(descriptor);
        return -error;
    }
    return descriptor;
}

int32_t orge_memory_map(int32_t descriptor, size_t size, void **memory) {
    // Pages beyond the end of a file are SIGBUS: a descriptor of something smaller is refused.
    off_t length = lseek(descriptor, 0, SEEK_END);
    if (length < 0) return -errno;
    if ((size_t)length < size) return -EINVAL;
    void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (mapped == MAP_FAILED) return -errno;
    *memory = mapped;
    return 0;
}

void orge_memory_unmap(void *memory, size_t size) { (void)munmap(memory, size); }

uint32_t orge_thread_id(void) { return (uint32_t)syscall(SYS_gettid); }

int32_t orge_thread_time(int32_t pid, uint32_t thread, uint64_t *nanoseconds) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%u/schedstat", pid, thread);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    char text[128] = {0};
    ssize_t got = read(file, text, sizeof text - 1);
    int error = errno;
    close(file);
    if (got <= 0) return got < 0 ? -error : -ESRCH;
    *nanoseconds = strtoull(text, NULL, 10);
    return 0;
}

int32_t orge_lower_priority(int32_t pid, int32_t nice) { return setpriority(PRIO_PROCESS, (id_t)pid, nice) < 0 ? -errno : 0; }

// What the handler needs; written once, before the handlers are set.
static _Atomic(uint64_t) *trap_words;
static uint32_t watched_thread;
static struct orge_trap_handlers handlers;

enum { word_signal, word_thread, word_handed, word_durable };

// The record of the tick that trapped was handed to another thread, a moment ago: without it on the disk the cause could not be named there.
// 500 ms: a disk that needs longer costs a second trap, no more.
static void await_durable(void) {
    struct timespec pause = {.tv_nsec = 200000};
    for (int i = 0; i < 2500 && atomic_load(&trap_words[word_durable]) < atomic_load(&trap_words[word_handed]); i += 1) nanosleep(&pause, NULL);
}

// Only atomic operations and system calls.
static void on_trap(int number, siginfo_t *info, void *context) {
    (void)context;
    int is_own = info->si_code > 0 || info->si_pid == getpid();
    uint64_t none = 0;
    if (is_own && atomic_compare_exchange_strong(&trap_words[word_thread], &none, (uint64_t)orge_thread_id())) {
        atomic_store(&trap_words[word_signal], (uint64_t)number);
        if (orge_thread_id() == watched_thread) await_durable();
    }
    orge_traps_pass_on(number, info, &handlers);
}

int32_t orge_traps_watch(uint64_t *words, void *stack, size_t stack_size) {
    trap_words = (_Atomic(uint64_t) *)words;
    watched_thread = orge_thread_id();
    // An overflow of the stack leaves no room for a handler on it.
    stack_t alternate = {.ss_sp = stack, .ss_size = stack_size};
    if (sigaltstack(&alternate, NULL) < 0) return -errno;
    return orge_traps_handle(on_trap, &handlers);
}
