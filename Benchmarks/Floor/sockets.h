// TCP on 127.0.0.1. What cannot be had ends the program with a message.
#ifndef FLOOR_SOCKETS_H
#define FLOOR_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// How long the blocking sockets of connect_to wait, for connecting and for every read and write.
enum { SOCKET_TIMEOUT_SECONDS = 10 };

// Sees to it that so many connections may be open at once, beside the program's own files.
void allow_connections(size_t count);

// As many as the system lets this process have.
void allow_all_connections(void);

// A listening, non-blocking socket; `*port` 0 means any, and is set to the real one.
int listen_on(uint16_t *port);

// An accepted, non-blocking socket; -1 if there is none at the moment.
int accept_from(int listener);

// A connected, blocking socket.
int connect_to(uint16_t port);

// A non-blocking socket that may still be connecting.
int begin_connecting(uint16_t port);

void set_non_blocking(int descriptor);

#endif
