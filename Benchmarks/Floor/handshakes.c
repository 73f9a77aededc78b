// New connections, one after the other: connect, a full handshake, one call, close. A latency is that of all of these.
#include <stdlib.h>

#include "caller.h"
#include "clock.h"
#include "commands.h"
#include "failure.h"
#include "histogram.h"
#include "report.h"

static void visit(uint16_t port, SSL_CTX *context, const struct request *request) {
    struct connection connection;
    caller_connect(&connection, port, context);
    caller_call(&connection, request, 0);
    if (SSL_session_reused(connection.session))
        fail("the server resumed a session; full handshakes are to be measured");
    connection_close(&connection);
}

int handshakes(const struct options *options) {
    SSL_CTX *context = make_caller_context(options);
    struct request request = make_request(SMALL_CONTENT);
    struct histogram *latencies = allocate(1, sizeof *latencies);

    for (uint64_t end = now() + nanoseconds(options->warm_up); now() < end;) visit(options->port, context, &request);

    uint64_t begin = now(), end = begin + nanoseconds(options->seconds), time = begin;
    while (time < end) {
        uint64_t begun = time;
        visit(options->port, context, &request);
        time = now();
        histogram_record(latencies, time - begun);
    }
    report(latencies, time - begin);

    free(latencies);
    free(request.frame);
    SSL_CTX_free(context);
    return EXIT_SUCCESS;
}
