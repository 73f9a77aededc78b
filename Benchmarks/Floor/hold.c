// Opens connections, calls once on each, and keeps them open until the standard input ends, so that one can look at
// what they cost the server. Silent ones only connect, and never say a byte of TLS.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "caller.h"
#include "commands.h"
#include "failure.h"
#include "sockets.h"

static void open_talking(const struct options *options, struct connection *connections) {
    SSL_CTX *context = make_caller_context(options);
    struct request request = make_request(SMALL_CONTENT);
    for (size_t index = 0; index < options->connections; index++) {
        caller_connect(&connections[index], options->port, context);
        caller_call(&connections[index], &request, 0);
    }
    free(request.frame);
    SSL_CTX_free(context);
}

// Waits for the end of the standard input, and returns how many connections the server ended meanwhile.
static size_t wait_for_end(struct pollfd *files, size_t count) {
    size_t ended = 0;
    for (;;) {
        if (poll(files, count + 1, -1) < 0 && errno != EINTR) fail_with_errno("the connections cannot be watched");
        if (files[0].revents) {
            char ignored[256];
            if (read(STDIN_FILENO, ignored, sizeof ignored) <= 0) return ended;
        }
        for (size_t index = 1; index <= count; index++) {
            if (!files[index].revents) continue;
            files[index].fd = -1;
            ended++;
        }
    }
}

int hold(const struct options *options) {
    size_t count = options->connections;
    allow_connections(count);
    struct connection *connections = allocate(count, sizeof *connections);
    struct pollfd *files = allocate(count + 1, sizeof *files);
    files[0] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
    if (!options->silent) open_talking(options, connections);
    for (size_t index = 0; index < count; index++) {
        int descriptor = options->silent ? connect_to(options->port) : connections[index].descriptor;
        files[index + 1] = (struct pollfd){.fd = descriptor, .events = POLLRDHUP};
    }
    printf("holding %zu\n", count);
    if (fflush(stdout)) fail_with_errno("standard output cannot be written");

    size_t ended = wait_for_end(files, count);
    for (size_t index = 0; index < count && !options->silent; index++) connection_close(&connections[index]);
    free(files);
    free(connections);
    if (ended) fail("the server closed %zu of the %zu connections while they were held", ended, count);
    return EXIT_SUCCESS;
}
