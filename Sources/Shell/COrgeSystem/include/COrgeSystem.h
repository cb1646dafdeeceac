#ifndef ORGE_SYSTEM_H
#define ORGE_SYSTEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// What Orge asks of Linux and Swift cannot say by itself: code between fork and exec, signals by descriptor, sockets
// bound below a folder. Nothing here allocates, keeps state or prints.
//
// Every function that can fail returns a value >= 0 for success and the negated errno for failure. Every descriptor
// made here is close-on-exec.

// A child process. In the child, before exec: every signal has its default action and none is blocked; the child
// leads a process group of its own, so that Ctrl-C on a terminal reaches only the supervisor; standard input, output
// and error are the three given ones; `descriptors[i]` is open as 3 + i, and nothing else is open.
//
// `lifeline_write` is the parent's end of the child's lifeline and `lifeline_index` the index in `descriptors` of the
// read end (both -1: no lifeline). The lifeline is armed before exec, so it also holds for a program that never heard
// of it: from before the program's first instruction, the end of the parent is SIGKILL for the child.
struct orge_spawn_request {
    const char *path;
    char *const *arguments;    // null-terminated, the first is the program's name for itself
    char *const *environment;  // null-terminated
    int32_t standard_input, standard_output, standard_error;
    const int32_t *descriptors;
    int32_t descriptor_count;  // at most ORGE_SPAWN_DESCRIPTORS_MAX
    int32_t lifeline_index;
    int32_t lifeline_write;
};

// A host and an edge need three.
#define ORGE_SPAWN_DESCRIPTORS_MAX 16

// Returns when the child runs `path` or has failed to: then there is no child, and the result is why. On success
// `*pid` is its number and `*pidfd` a descriptor that becomes readable when it ends.
int32_t orge_spawn(const struct orge_spawn_request *request, int32_t *pid, int32_t *pidfd);

// How a child ended: `signal` is 0 when it exited with `code`.
struct orge_exit {
    int32_t code, signal;
};

// 1: it has ended, is reaped, and `*how` says how. 0: it still runs.
int32_t orge_pidfd_reap(int32_t pidfd, struct orge_exit *how);
// A pidfd names one process for ever; a pid may be another process by now.
int32_t orge_pidfd_signal(int32_t pidfd, int32_t signal);
int32_t orge_pidfd_open(int32_t pid);

// A pipe whose write end the parent keeps and never writes. `ends[0]` reads, `ends[1]` writes.
int32_t orge_pipe(int32_t ends[2]);
// Connected stream sockets; the first is non-blocking and for the parent, the second blocks and is for the child.
int32_t orge_channel(int32_t ends[2]);
// From now on the end of the pipe's last writer is SIGKILL for this process, also when it has ended already.
// O_ASYNC with F_SETSIG, not PR_SET_PDEATHSIG: that one follows the forking thread, and fires when the parent execs.
int32_t orge_lifeline_arm(int32_t read_end);

// Blocks the signals for this thread and returns a descriptor that delivers them. SIGPIPE is ignored from then on.
int32_t orge_signals_open(const int32_t *signals, size_t count);
// The next signal's number, 0 when there is none.
int32_t orge_signals_next(int32_t descriptor);

// Unix stream sockets below a folder, by the folder's descriptor: a socket's path ends at 108 bytes, a folder's need
// not. `name` has at most ORGE_SOCKET_NAME_MAX bytes. Listening replaces what has that name: the caller holds the
// folder's lock. Both sockets are non-blocking.
#define ORGE_SOCKET_NAME_MAX 64
int32_t orge_unix_listen(int32_t folder, const char *name, uint32_t mode, int32_t backlog);
int32_t orge_unix_connect(int32_t folder, const char *name);
// A non-blocking connection, -EAGAIN when none waits.
int32_t orge_accept(int32_t listener);
// Bytes written to a TCP socket that the peer's system has not acknowledged.
int32_t orge_unacknowledged(int32_t socket);
// The process that made the other end of a Unix socket.
int32_t orge_peer(int32_t socket, uint32_t *user, int32_t *pid);

// Listens on a loopback address, port 0 for any; -EADDRNOTAVAIL when `address` is not 127.0.0.0/8 or ::1, -EINVAL when
// it is no numeric address. `*bound_port` is the port it got.
//
// Several sockets may listen on one port (SO_REUSEPORT): the kernel gives each connection to one of them, by a hash of its
// two addresses. The first claims the port alone: -EADDRINUSE when any program has it, also one that shares it. Those that
// join need a port whose sockets all have the option and all belong to this effective user; so no other user's program
// can join. A program of the same user that sets the option can.
enum orge_port_use { ORGE_PORT_ALONE, ORGE_PORT_FIRST, ORGE_PORT_JOIN };
int32_t orge_tcp_listen_loopback(const char *address, uint16_t port, int32_t backlog, enum orge_port_use use, uint16_t *bound_port);

// Opens a folder, to be named by descriptor from then on.
int32_t orge_folder_open(const char *path);
// An exclusive flock that does not wait: -EWOULDBLOCK when another holds it. It ends with the last copy of the
// descriptor, so with the process at the latest.
int32_t orge_lock(int32_t descriptor);

// A descriptor to write on without ever waiting: for a pipe or a terminal a second opening of it (O_NONBLOCK is a
// property of the opening, which others share), else a copy.
int32_t orge_output_open(int32_t descriptor);
// Writes what can be written now; -EAGAIN when that is nothing. Never waits, whatever the descriptor is.
int64_t orge_output_write(int32_t descriptor, const void *bytes, size_t count);

// Memory that a process holds in RAM and processor time it has used.
struct orge_usage {
    uint64_t resident_bytes, processor_nanoseconds;
};
int32_t orge_usage(int32_t pid, struct orge_usage *usage);

// Memory that several processes share: a descriptor of zeros whose size never changes. It lives as long as a descriptor or a
// mapping of it.
int32_t orge_memory_create(size_t size);
// -EINVAL when what the descriptor names is smaller.
int32_t orge_memory_map(int32_t descriptor, size_t size, void **memory);
void orge_memory_unmap(void *memory, size_t size);

// The system's number of the calling thread.
uint32_t orge_thread_id(void);
// Processor time that a thread of a process has used; -ENOENT or -ESRCH when it is gone.
int32_t orge_thread_time(int32_t pid, uint32_t thread, uint64_t *nanoseconds);
int32_t orge_lower_priority(int32_t pid, int32_t nice);

// From now on a signal that means a bug of the process itself (SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT) is noted before it
// ends the process as it would have: by atomic stores, the signal in `words[0]` and the thread that raised it in `words[1]`. One that another
// process sent is not noted. When the calling thread raises it, the end also waits, 500 ms at most, until `words[3] >= words[2]`: other threads store
// there what is on the disk, and what is to be. The calling thread handles signals on `stack` from now on, so that an overflow of its own
// stack is noted too. Once for a process; words and stack stay in use until its end.
int32_t orge_traps_watch(uint64_t *words, void *stack, size_t stack_size);

// Runs `body(context)` on a thread of its own and waits for its end. Answers 0 when it returned; the number of the signal when it raised one that means a
// bug of the process itself (as above): that thread then stands still until the process ends, with everything that it holds. Negative: there is no
// such thread. Signals of other threads are handled as before.
int32_t orge_guard_run(void (*body)(void *context), void *context);

// A terminal's size in characters; 0 where it does not say.
int32_t orge_terminal_size(int32_t terminal, uint16_t *columns, uint16_t *rows);
// Takes a terminal: keys come as they are pressed, without echo or signals. It is given back by the next function, and by a signal that means a bug of
// this process: first `bytes` (at most 64) are written, then its settings are what they were. One terminal at a time; -EBUSY while one is taken.
int32_t orge_terminal_take(int32_t terminal, const char *bytes, size_t size);
// Does nothing when no terminal is taken. May be called by a signal's handler.
void orge_terminal_give_back(void);

// Bytes that the allocator has given to this process and not got back.
uint64_t orge_heap_bytes(void);
// Gives the allocator's free pages back to the system.
void orge_heap_trim(void);

// Nanoseconds since some fixed moment, never going back.
uint64_t orge_monotonic_nanoseconds(void);
// Fills `bytes` from the kernel's generator; at most 256 bytes.
int32_t orge_unguessable(void *bytes, size_t count);
// Raises the number of descriptors that this process and its children may have open to what the administrator allows.
int32_t orge_raise_descriptor_limit(void);

// The soft limit as it is now.
uint64_t orge_descriptor_limit(void);
// What `ps` and `top` call this process, cut to 15 bytes.
void orge_process_name(const char *name);

// SHA-256 in pieces: begin, add any number of times, end.
struct orge_sha256 {
    uint32_t state[8];
    uint8_t block[64];  // bytes that do not fill a block yet
    uint64_t count;     // bytes added
};
void orge_sha256_begin(struct orge_sha256 *hash);
void orge_sha256_add(struct orge_sha256 *hash, const void *bytes, size_t count);
void orge_sha256_end(struct orge_sha256 *hash, uint8_t digest[32]);
// Of a file from its beginning to its end, wherever the descriptor stands. Returns the bytes hashed.
int64_t orge_sha256_file(int32_t descriptor, uint8_t digest[32]);
// Lets the calling thread run only when no other wants the processor, and the disk likewise where its scheduler knows that.
int32_t orge_idle_thread(void);

#endif
