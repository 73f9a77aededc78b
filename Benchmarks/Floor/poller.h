// epoll, level-triggered: a socket is reported as long as there is something to do with it.
#ifndef FLOOR_POLLER_H
#define FLOOR_POLLER_H

#include <stdint.h>
#include <sys/epoll.h>

#include "connection.h"

enum { POLLER_BATCH = 256 };

int make_poller(void);

// Watches any file for something to read. `owner` is what its events carry.
void poller_add(int poller, int descriptor, void *owner);

// Watches a connection for something to read; its events carry the connection.
void poller_add_connection(int poller, struct connection *connection);

enum reading { DO_READ, DO_NOT_READ };

// Watches a connection for what it waits for now: space if OpenSSL needs some, and something to read if that is wanted.
void poller_update(int poller, struct connection *connection, enum reading reading);

// Waits for at most so long, -1 for ever, and returns how many of the POLLER_BATCH places are filled.
int poller_wait(int poller, struct epoll_event *events, int milliseconds);

// The same to the nanosecond. Apart, since valgrind does not know the system call.
int poller_wait_precisely(int poller, struct epoll_event *events, uint64_t nanoseconds);

#endif
