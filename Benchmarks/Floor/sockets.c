#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "failure.h"

enum {
    OTHER_FILES = 64,  // standard streams, libraries, epoll, listener
    SERVER_FILES = 1 << 17,
    BACKLOG = 4096,
};

// Raises the limit of open files towards `wanted` and returns what it is then. Only root may raise the hard limit.
static rlim_t raise_file_limit(rlim_t wanted) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) fail_with_errno("the limit of open files cannot be read");
    if (limit.rlim_cur >= wanted) return limit.rlim_cur;
    struct rlimit raised = {
        .rlim_cur = wanted,
        .rlim_max = limit.rlim_max < wanted ? wanted : limit.rlim_max,
    };
    if (!setrlimit(RLIMIT_NOFILE, &raised)) return wanted;
    if (limit.rlim_max < wanted) raised.rlim_cur = raised.rlim_max = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &raised) ? limit.rlim_cur : raised.rlim_cur;
}

void allow_connections(size_t count) {
    rlim_t wanted = (rlim_t)count + OTHER_FILES;
    rlim_t limit = raise_file_limit(wanted);
    if (limit < wanted) {
        fail("%zu connections need %ju open files, and the limit is %ju (raise it: ulimit -n)", count,
             (uintmax_t)wanted, (uintmax_t)limit);
    }
}

void allow_all_connections(void) { raise_file_limit(SERVER_FILES); }

static struct sockaddr_in loopback(uint16_t port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

static void set_option(int descriptor, int level, int option, const void *value, socklen_t size, const char *name) {
    if (setsockopt(descriptor, level, option, value, size)) fail_with_errno("%s cannot be set", name);
}

static void set_flag(int descriptor, int level, int option, const char *name) {
    set_option(descriptor, level, option, &(int){1}, sizeof(int), name);
}

static int make_socket(int flags) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (descriptor < 0) fail_with_errno("no socket can be made");
    return descriptor;
}

int listen_on(uint16_t *port) {
    int listener = make_socket(SOCK_NONBLOCK);
    set_flag(listener, SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR");
    struct sockaddr_in address = loopback(*port);
    socklen_t size = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, BACKLOG)) {
        fail_with_errno("cannot listen on 127.0.0.1:%u", *port);
    }
    if (getsockname(listener, (struct sockaddr *)&address, &size)) fail_with_errno("the port cannot be read");
    *port = ntohs(address.sin_port);
    return listener;
}

int accept_from(int listener) {
    for (;;) {
        int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            set_flag(descriptor, IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY");
            return descriptor;
        }
        if (errno == EAGAIN) return -1;
        if (errno != EINTR && errno != ECONNABORTED) fail_with_errno("a connection cannot be accepted");
    }
}

int connect_to(uint16_t port) {
    int descriptor = make_socket(0);
    const struct timeval timeout = {.tv_sec = SOCKET_TIMEOUT_SECONDS};
    set_option(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout, "SO_RCVTIMEO");
    set_option(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout, "SO_SNDTIMEO");
    set_flag(descriptor, IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY");
    struct sockaddr_in address = loopback(port);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address)) {
        if (errno == EINPROGRESS) errno = ETIMEDOUT;  // that is how SO_SNDTIMEO says it
        fail_with_errno("cannot connect to 127.0.0.1:%u", port);
    }
    return descriptor;
}

int begin_connecting(uint16_t port) {
    int descriptor = make_socket(SOCK_NONBLOCK);
    set_flag(descriptor, IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY");
    struct sockaddr_in address = loopback(port);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS) {
        fail_with_errno("cannot connect to 127.0.0.1:%u", port);
    }
    return descriptor;
}

void set_non_blocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)) fail_with_errno("O_NONBLOCK cannot be set");
}
