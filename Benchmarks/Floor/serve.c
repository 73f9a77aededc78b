// The echo server: one loop, which answers every request with its own content.
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "commands.h"
#include "connection.h"
#include "failure.h"
#include "frame.h"
#include "poller.h"
#include "sockets.h"
#include "tls.h"

enum {
    // While more than this waits for a client that does not read, nothing more is read from it.
    OUTPUT_LIMIT = 256 << 10,
};

// A connection among all that are open, so that they can be closed at the end.
struct client {
    struct connection connection;  // first: events carry its address
    struct client *next, **link;   // what points here
};

struct server {
    SSL_CTX *context;
    int poller, listener, signals;
    struct client *clients;
};

static void welcome(struct server *server, int descriptor) {
    struct client *client = allocate(1, sizeof *client);
    connection_open(&client->connection, descriptor, make_server_session(server->context, descriptor));
    client->next = server->clients;
    client->link = &server->clients;
    if (client->next) client->next->link = &client->next;
    server->clients = client;
    poller_add_connection(server->poller, &client->connection);
}

static void dismiss(struct client *client) {
    const char *complaint = client->connection.complaint;
    if (*complaint) fprintf(stderr, "floor: a connection was closed: %s\n", complaint);
    *client->link = client->next;
    if (client->next) client->next->link = client->link;
    connection_close(&client->connection);
    free(client);
}

static bool complain(struct connection *connection, const char *complaint) {
    snprintf(connection->complaint, sizeof connection->complaint, "%s", complaint);
    return false;
}

// Answers the whole requests that were received; false if the client said something else.
static bool answer(struct connection *connection) {
    struct buffer *input = &connection->input;
    struct frame frame;
    for (;;) {
        switch (read_frame(buffer_bytes(input), buffer_length(input), &frame)) {
            case FRAME_INCOMPLETE: return true;
            case FRAME_WHOLE:
                if (frame.type == MESSAGE_REQUEST) {
                    append_echo(&connection->output, &frame);
                    buffer_consume(input, frame.length);
                    continue;
                }
                return complain(connection, "the client replied, and nothing was asked");
            case FRAME_INVALID: return complain(connection, "the client sent what is not a message");
        }
    }
}

// Does what can be done without waiting; false if the connection has ended.
static bool converse(struct server *server, struct connection *connection) {
    enum progress sent = connection_send(connection);
    while (sent <= CONNECTION_WAITS && buffer_length(&connection->output) <= OUTPUT_LIMIT) {
        enum progress received = connection_receive(connection);
        if (received > CONNECTION_WAITS) return false;
        if (received == CONNECTION_MOVED && !answer(connection)) return false;

        // Replies leave together, when there is nothing more to answer at the moment.
        bool more = received == CONNECTION_MOVED && connection_expects_more(connection);
        if (!more || buffer_length(&connection->output) > OUTPUT_LIMIT) sent = connection_send(connection);
        if (!more) break;
    }
    if (sent > CONNECTION_WAITS) return false;
    bool full = buffer_length(&connection->output) > OUTPUT_LIMIT;
    poller_update(server->poller, connection, full ? DO_NOT_READ : DO_READ);
    return true;
}

static void accept_all(struct server *server) {
    for (int descriptor; (descriptor = accept_from(server->listener)) >= 0;) welcome(server, descriptor);
}

// Runs until SIGTERM.
static void run(struct server *server) {
    struct epoll_event events[POLLER_BATCH];
    for (;;) {
        int count = poller_wait(server->poller, events, -1);
        for (int index = 0; index < count; index++) {
            void *owner = events[index].data.ptr;
            if (owner == &server->signals) return;
            if (owner == &server->listener) {
                accept_all(server);
            } else {
                struct client *client = owner;
                if (!converse(server, &client->connection)) dismiss(client);
            }
        }
    }
}

// A file that becomes readable on SIGTERM, which then does nothing else.
static int watch_signals(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    int descriptor = sigprocmask(SIG_BLOCK, &signals, NULL) ? -1 : signalfd(-1, &signals, SFD_CLOEXEC);
    if (descriptor < 0) fail_with_errno("signals cannot be watched");
    return descriptor;
}

int serve(const struct options *options) {
    allow_all_connections();
    uint16_t port = options->port;
    struct server server = {
        .context = make_server_context(options->certificate, options->private_key, options->trust_roots),
        .poller = make_poller(),
        .listener = listen_on(&port),
        .signals = watch_signals(),
    };
    poller_add(server.poller, server.listener, &server.listener);
    poller_add(server.poller, server.signals, &server.signals);
    printf("listening %u\n", port);
    if (fflush(stdout)) fail_with_errno("the port cannot be written to standard output");

    run(&server);
    while (server.clients) dismiss(server.clients);
    close(server.listener);
    close(server.signals);
    close(server.poller);
    SSL_CTX_free(server.context);
    return EXIT_SUCCESS;
}
