#include "poller.h"

#include <errno.h>
#include <time.h>

#include "clock.h"
#include "failure.h"

int make_poller(void) {
    int poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) fail_with_errno("epoll cannot be had");
    return poller;
}

static void control(int poller, int operation, int descriptor, uint32_t interest, void *owner) {
    struct epoll_event event = {.events = interest, .data.ptr = owner};
    if (epoll_ctl(poller, operation, descriptor, &event)) fail_with_errno("epoll does not take a file");
}

void poller_add(int poller, int descriptor, void *owner) { control(poller, EPOLL_CTL_ADD, descriptor, EPOLLIN, owner); }

void poller_add_connection(int poller, struct connection *connection) {
    connection->interest = EPOLLIN;
    poller_add(poller, connection->descriptor, connection);
}

void poller_update(int poller, struct connection *connection, enum reading reading) {
    uint32_t interest = reading == DO_READ ? EPOLLIN : 0;
    if (connection->receiving_must_write || connection->sending_must_write) interest |= EPOLLOUT;
    if (interest == connection->interest) return;
    connection->interest = interest;
    control(poller, EPOLL_CTL_MOD, connection->descriptor, interest, connection);
}

static int expect_events(int count) {
    if (count >= 0) return count;
    if (errno == EINTR) return 0;
    fail_with_errno("epoll does not wait");
}

int poller_wait(int poller, struct epoll_event *events, int milliseconds) {
    return expect_events(epoll_wait(poller, events, POLLER_BATCH, milliseconds));
}

int poller_wait_precisely(int poller, struct epoll_event *events, uint64_t nanoseconds) {
    struct timespec timeout = {
        .tv_sec = (time_t)(nanoseconds / NANOSECONDS_PER_SECOND),
        .tv_nsec = (long)(nanoseconds % NANOSECONDS_PER_SECOND),
    };
    return expect_events(epoll_pwait2(poller, events, POLLER_BATCH, &timeout, NULL));
}
