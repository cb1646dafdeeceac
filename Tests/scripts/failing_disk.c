/* Makes a disk of the journal's and the images' files that fails or forgets: loaded into a program by LD_PRELOAD.

   The file that DISK_TEST_PLAN names holds one line, "CALLS COUNT": CALLS is some of the letters s (fdatasync and fsync in the journal), i (the
   same of images), w (pwrite), c (openat that creates) and r (pread); COUNT calls fail from now on, or all of them when it is 0. Without the file
   everything works. Each failure is appended to the file's name with ".log". Only files and folders under a folder named "journal" or "images" are meant.

   With DISK_TEST_HOLD what is written stays in the process until it is synced, so that SIGKILL takes what a power cut would: "power". Two controls
   break that: with "never" syncs of files that have their name do nothing, with "late" they return at once and the bytes reach the disk 40 ms later.

   With DISK_TEST_STOP_READS a process stops, as by SIGSTOP, before each pread, until it is told to continue.

   With DISK_TEST_NO_LOCKS every lock of a file is granted, as on a network folder without locks. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static long failed;
static struct timespec plan_time;

static const char *path_of(int descriptor, char *path, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, size - 2);
    if (length < 0) length = 0;
    path[length] = '/';
    path[length + 1] = 0;
    return path;
}

/* 1: the descriptor is one of the journal's; 2: of an image; 0: neither. */
static int is_meant(int descriptor) {
    char buffer[4096];
    const char *path = path_of(descriptor, buffer, sizeof buffer);
    return strstr(path, "/journal/") ? 1 : strstr(path, "/images/") ? 2 : 0;
}

static int has_temporary_name(int descriptor) {
    char buffer[4096];
    return strstr(path_of(descriptor, buffer, sizeof buffer), ".tmp/") != NULL;
}

/* Writes that are held, oldest first. */
struct held {
    struct held *next;
    int descriptor;
    off_t offset;
    size_t count;
    char bytes[];
};
static struct held *first_held, **last_held = &first_held;
static pthread_mutex_t held_lock = PTHREAD_MUTEX_INITIALIZER;

static const char *hold_mode(void) { return getenv("DISK_TEST_HOLD"); }

static void hold(int descriptor, const void *bytes, size_t count, off_t offset) {
    struct held *write = malloc(sizeof *write + count);
    if (!write) abort();
    *write = (struct held){.descriptor = descriptor, .offset = offset, .count = count};
    memcpy(write->bytes, bytes, count);
    pthread_mutex_lock(&held_lock);
    *last_held = write;
    last_held = &write->next;
    pthread_mutex_unlock(&held_lock);
}

/* The held writes of a descriptor, which are not held any more. */
static struct held *taken(int descriptor) {
    struct held *found = NULL, **last = &found;
    pthread_mutex_lock(&held_lock);
    for (struct held **at = &first_held; *at;) {
        struct held *write = *at;
        if (write->descriptor == descriptor) {
            *at = write->next;
            write->next = NULL;
            *last = write;
            last = &write->next;
        } else at = &write->next;
    }
    last_held = &first_held;
    while (*last_held) last_held = &(*last_held)->next;
    pthread_mutex_unlock(&held_lock);
    return found;
}

static void let_go(struct held *write, int descriptor) {
    static ssize_t (*next)(int, const void *, size_t, off_t);
    if (!next) next = dlsym(RTLD_NEXT, "pwrite");
    while (write) {
        struct held *done = write;
        if (descriptor >= 0 && next(descriptor, write->bytes, write->count, write->offset) != (ssize_t)write->count) abort();
        write = write->next;
        free(done);
    }
}

struct late { struct held *writes; int descriptor; };

static void *let_go_late(void *argument) {
    struct late *late = argument;
    usleep(40000);
    let_go(late->writes, late->descriptor);
    close(late->descriptor);
    free(late);
    return NULL;
}

/* The disk's part of a sync. Returns whether the kernel's follows. */
static int sync_held(int descriptor) {
    const char *mode = hold_mode();
    if (!mode || !is_meant(descriptor)) return 1;
    int is_temporary = has_temporary_name(descriptor);
    if (!strcmp(mode, "never") && !is_temporary) return 0;
    struct held *writes = taken(descriptor);
    if (!strcmp(mode, "late") && !is_temporary) {
        struct late *late = malloc(sizeof *late);
        pthread_t thread;
        if (!late) abort();
        *late = (struct late){writes, dup(descriptor)};
        if (pthread_create(&thread, NULL, let_go_late, late)) abort();
        pthread_detach(thread);
        return 0;
    }
    let_go(writes, descriptor);
    return 1;
}

static int fails(char call, int descriptor) {
    const char *name = getenv("DISK_TEST_PLAN");
    struct stat status;
    int meant = name ? is_meant(descriptor) : 0;
    if (!meant || stat(name, &status)) return 0;
    if (call == 's' && meant == 2) call = 'i';
    char calls[16];
    long count;
    FILE *file = fopen(name, "r");
    if (!file) return 0;
    int fields = fscanf(file, "%15s %ld", calls, &count);
    fclose(file);
    if (fields != 2 || !strchr(calls, call)) return 0;
    if (memcmp(&plan_time, &status.st_mtim, sizeof plan_time)) {
        plan_time = status.st_mtim;
        failed = 0;
    }
    if (count && failed >= count) return 0;
    failed++;
    char log[4096];
    snprintf(log, sizeof log, "%s.log", name);
    if ((file = fopen(log, "a"))) {
        fprintf(file, "%c\n", call);
        fclose(file);
    }
    errno = EIO;
    return 1;
}

int fdatasync(int descriptor) {
    static int (*next)(int);
    if (!next) next = dlsym(RTLD_NEXT, "fdatasync");
    if (fails('s', descriptor)) return -1;
    return sync_held(descriptor) ? next(descriptor) : 0;
}

int fsync(int descriptor) {
    static int (*next)(int);
    if (!next) next = dlsym(RTLD_NEXT, "fsync");
    return fails('s', descriptor) ? -1 : next(descriptor);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    static ssize_t (*next)(int, const void *, size_t, off_t);
    if (!next) next = dlsym(RTLD_NEXT, "pwrite");
    if (fails('w', descriptor)) return -1;
    if (!hold_mode() || !is_meant(descriptor)) return next(descriptor, bytes, count, offset);
    hold(descriptor, bytes, count, offset);
    return (ssize_t)count;
}

int close(int descriptor) {
    static int (*next)(int);
    if (!next) next = dlsym(RTLD_NEXT, "close");
    if (hold_mode() && is_meant(descriptor)) let_go(taken(descriptor), -1);
    return next(descriptor);
}

ssize_t pread(int descriptor, void *bytes, size_t count, off_t offset) {
    static ssize_t (*next)(int, void *, size_t, off_t);
    if (!next) next = dlsym(RTLD_NEXT, "pread");
    if (getenv("DISK_TEST_STOP_READS") && is_meant(descriptor) == 1) raise(SIGSTOP);
    return fails('r', descriptor) ? -1 : next(descriptor, bytes, count, offset);
}

int openat(int folder, const char *name, int flags, ...) {
    static int (*next)(int, const char *, int, ...);
    if (!next) next = dlsym(RTLD_NEXT, "openat");
    va_list list;
    va_start(list, flags);
    mode_t mode = va_arg(list, mode_t);
    va_end(list);
    return (flags & O_CREAT) && folder >= 0 && fails('c', folder) ? -1 : next(folder, name, flags, mode);
}

int flock(int descriptor, int operation) {
    static int (*next)(int, int);
    if (!next) next = dlsym(RTLD_NEXT, "flock");
    return getenv("DISK_TEST_NO_LOCKS") ? 0 : next(descriptor, operation);
}
