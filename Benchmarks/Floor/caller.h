// A client's end of a connection, for what all the clients do: connect, call once, judge replies.
#ifndef FLOOR_CALLER_H
#define FLOOR_CALLER_H

#include <stdbool.h>

#include "connection.h"
#include "frame.h"
#include "options.h"

enum { SMALL_CONTENT = 64 };  // bytes, of calls whose size is not asked for

// The context for what the options say.
SSL_CTX *make_caller_context(const struct options *options);

// Connects and does the handshake, on a blocking socket with a timeout.
void caller_connect(struct connection *connection, uint16_t port, SSL_CTX *context);

// Sends the request with that id and waits for its reply, on a blocking socket with a timeout.
void caller_call(struct connection *connection, const struct request *request, uint32_t id);

// Takes the next message out of what was received, sees to it that it is a result of the request's length, with
// `compare` of the same bytes, and says to which id. False if there is no whole message.
bool take_result(struct connection *connection, const struct request *request, bool compare, uint64_t *id);

// Ends the program unless the connection moves or waits; says what it was `doing`.
void expect_progress(const struct connection *connection, enum progress progress, const char *doing);

#endif
