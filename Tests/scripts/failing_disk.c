/* Makes calls on the journal's files fail with EIO, while a file says so: loaded into a program by LD_PRELOAD.

   The file that DISK_TEST_PLAN names holds one line, "CALLS COUNT": CALLS is some of the letters s (fdatasync and fsync in the journal), i (the
   same of images), w (pwrite), c (openat that creates) and r (pread); COUNT calls fail from now on, or all of them when it is 0. Without the file
   everything works. Each failure is appended to the file's name with ".log". Only files and folders under a folder named "journal" or "images" are meant. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long failed;
static struct timespec plan_time;

/* 1: the descriptor is one of the journal's; 2: of an image; 0: neither. */
static int is_meant(int descriptor) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 2);
    if (length < 0) return 0;
    path[length] = '/';
    path[length + 1] = 0;
    return strstr(path, "/journal/") ? 1 : strstr(path, "/images/") ? 2 : 0;
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
    return fails('s', descriptor) ? -1 : next(descriptor);
}

int fsync(int descriptor) {
    static int (*next)(int);
    if (!next) next = dlsym(RTLD_NEXT, "fsync");
    return fails('s', descriptor) ? -1 : next(descriptor);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    static ssize_t (*next)(int, const void *, size_t, off_t);
    if (!next) next = dlsym(RTLD_NEXT, "pwrite");
    return fails('w', descriptor) ? -1 : next(descriptor, bytes, count, offset);
}

ssize_t pread(int descriptor, void *bytes, size_t count, off_t offset) {
    static ssize_t (*next)(int, void *, size_t, off_t);
    if (!next) next = dlsym(RTLD_NEXT, "pread");
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
