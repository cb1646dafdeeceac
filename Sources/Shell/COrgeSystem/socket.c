#define _GNU_SOURCE
#include "COrgeSystem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int32_t closing(int descriptor, int error) {
    close(descriptor);
    return -error;
}

int32_t orge_channel(int32_t ends[2]) {
    int flags = SOCK_STREAM | SOCK_CLOEXEC;
    if (socketpair(AF_UNIX, flags, 0, ends) < 0) return -errno;
    int on = 1;
    if (ioctl(ends[0], FIONBIO, &on) == 0) return 0;
    int error = errno;
    close(ends[0]);
    return closing(ends[1], error);
}

// "/proc/self/fd/N/NAME" is short whatever the folder's own path is.
static int32_t unix_address(int32_t folder, const char *name, struct sockaddr_un *address) {
    if (strnlen(name, ORGE_SOCKET_NAME_MAX + 1) > ORGE_SOCKET_NAME_MAX) return -ENAMETOOLONG;
    address->sun_family = AF_UNIX;
    snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s", folder, name);
    return 0;
}

int32_t orge_unix_listen(int32_t folder, const char *name, uint32_t mode, int32_t backlog) {
    struct sockaddr_un address = {0};
    int32_t named = unix_address(folder, name, &address);
    if (named < 0) return named;
    if (unlinkat(folder, name, 0) < 0 && errno != ENOENT) return -errno;
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0) return -errno;
    // Linux gives the file the mode that the socket has when it is bound: there is no moment at which others may open it.
    if (fchmod(listener, mode) < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, backlog) < 0) {
        return closing(listener, errno);
    }
    return listener;
}

int32_t orge_unix_connect(int32_t folder, const char *name) {
    struct sockaddr_un address = {0};
    int32_t named = unix_address(folder, name, &address);
    if (named < 0) return named;
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (connection < 0) return -errno;
    // A Unix socket connects at once or not at all.
    if (connect(connection, (struct sockaddr *)&address, sizeof address) < 0) return closing(connection, errno);
    return connection;
}

int32_t orge_accept(int32_t listener) {
    int connection;
    do connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    while (connection < 0 && (errno == EINTR || errno == ECONNABORTED));
    return connection < 0 ? -errno : connection;
}

int32_t orge_peer(int32_t socket, uint32_t *user, int32_t *pid) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return -errno;
    *user = peer.uid;
    *pid = peer.pid;
    return 0;
}

union inet_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static int32_t loopback_address(const char *text, uint16_t port, union inet_address *address, socklen_t *size) {
    if (inet_pton(AF_INET, text, &address->v4.sin_addr) == 1) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = htons(port);
        *size = sizeof address->v4;
        return (ntohl(address->v4.sin_addr.s_addr) >> 24) == 127 ? 0 : -EADDRNOTAVAIL;
    }
    if (inet_pton(AF_INET6, text, &address->v6.sin6_addr) == 1) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = htons(port);
        *size = sizeof address->v6;
        return IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr) ? 0 : -EADDRNOTAVAIL;
    }
    return -EINVAL;
}

int32_t orge_tcp_listen_loopback(const char *text, uint16_t port, int32_t backlog, enum orge_port_use use, uint16_t *bound_port) {
    union inet_address address;
    memset(&address, 0, sizeof address);
    socklen_t size = 0;
    int32_t known = loopback_address(text, port, &address, &size);
    if (known < 0) return known;
    int listener = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0) return -errno;
    // Without it a server that is started again waits until the kernel has forgotten its old connections.
    int on = 1;
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0) return closing(listener, errno);
    if (use == ORGE_PORT_JOIN && setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0) return closing(listener, errno);
    if (bind(listener, &address.any, size) < 0) return closing(listener, errno);
    // After bind: with the option set before, the bind would also succeed on a port that another program of this user shares.
    if (use == ORGE_PORT_FIRST && setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0) return closing(listener, errno);
    if (listen(listener, backlog) < 0 || getsockname(listener, &address.any, &size) < 0) return closing(listener, errno);
    *bound_port = ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
    return listener;
}

int32_t orge_unacknowledged(int32_t socket) {
    int count = 0;
    return ioctl(socket, SIOCOUTQ, &count) < 0 ? -errno : count;
}
