// The load generator: keeps a number of calls in flight on each connection. Every reply makes place for the next
// request; the requests that one TLS record of replies makes place for leave together.
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "caller.h"
#include "clock.h"
#include "commands.h"
#include "failure.h"
#include "histogram.h"
#include "poller.h"
#include "report.h"
#include "sockets.h"

#define REPLY_TIMEOUT (SOCKET_TIMEOUT_SECONDS * NANOSECONDS_PER_SECOND)

// A call in flight. A connection has `in_flight` of them, which its ids go round: the remainder of an id tells its
// place, so that a reply is found without a search, whatever order they come in.
struct call {
    uint32_t id;
    bool pending;
    uint64_t begun;
};

struct caller {
    struct connection connection;  // first: events carry its address
    struct call *calls;
};

enum phase { WARMING_UP, MEASURING, FINISHING };

struct generator {
    struct request request;
    size_t in_flight, pending;
    enum phase phase;
    uint64_t measuring_begins, measuring_ends;  // the real times, once they have passed
    uint64_t warm_up, duration;
    struct histogram latencies;
};

static void begin_call(struct generator *generator, struct caller *caller, struct call *call, uint64_t time) {
    append_request(&caller->connection.output, &generator->request, call->id);
    call->begun = time;
    call->pending = true;
    generator->pending++;
}

// The id that comes next at this place. They count from 0; when there are no more of 32 bits, they start again.
static uint32_t next_id(const struct generator *generator, uint32_t id) {
    uint32_t step = (uint32_t)generator->in_flight;
    return id <= UINT32_MAX - step ? id + step : id % step;
}

static struct call *find_call(struct generator *generator, struct caller *caller, uint64_t id) {
    struct call *call = &caller->calls[id % generator->in_flight];
    if (call->id != id || !call->pending)
        fail("the server replied to request %" PRIu64 ", which has none to wait for", id);
    return call;
}

static void advance_phase(struct generator *generator, uint64_t time) {
    if (generator->phase == WARMING_UP && time >= generator->measuring_begins) {
        generator->phase = MEASURING;
        generator->measuring_begins = time;
        generator->measuring_ends = time + generator->duration;
    } else if (generator->phase == MEASURING && time >= generator->measuring_ends) {
        generator->phase = FINISHING;
        generator->measuring_ends = time;
    }
}

// Takes the replies that were received, at `time`, and makes new requests in their place.
static void take_replies(struct generator *generator, struct caller *caller, uint64_t time) {
    uint64_t id;
    bool compare = generator->phase == WARMING_UP;  // later the length has to suffice: comparing costs time
    while (take_result(&caller->connection, &generator->request, compare, &id)) {
        struct call *call = find_call(generator, caller, id);
        call->pending = false;
        generator->pending--;
        if (generator->phase == MEASURING) histogram_record(&generator->latencies, time - call->begun);
        if (generator->phase == FINISHING) continue;
        call->id = next_id(generator, call->id);
        begin_call(generator, caller, call, time);
    }
}

// Does what can be done without waiting.
static void converse(struct generator *generator, int poller, struct caller *caller) {
    struct connection *connection = &caller->connection;
    enum progress received;
    expect_progress(connection, connection_send(connection), "sending requests");
    do {
        received = connection_receive(connection);
        expect_progress(connection, received, "waiting for replies");
        if (received == CONNECTION_WAITS) break;
        // One look at the clock for all that came in one record.
        uint64_t time = now();
        advance_phase(generator, time);
        take_replies(generator, caller, time);
    } while (connection_expects_more(connection));
    expect_progress(connection, connection_send(connection), "sending requests");
    poller_update(poller, connection, DO_READ);
}

static struct caller *open_callers(const struct options *options, SSL_CTX *context, int poller) {
    struct caller *callers = allocate(options->connections, sizeof *callers);
    for (size_t index = 0; index < options->connections; index++) {
        struct caller *caller = &callers[index];
        caller_connect(&caller->connection, options->port, context);
        set_non_blocking(caller->connection.descriptor);
        poller_add_connection(poller, &caller->connection);
        caller->calls = allocate(options->in_flight, sizeof *caller->calls);
    }
    return callers;
}

static void begin_all(struct generator *generator, int poller, struct caller *callers, size_t connections) {
    generator->measuring_begins = now() + generator->warm_up;
    for (size_t index = 0; index < connections; index++) {
        for (size_t place = 0; place < generator->in_flight; place++) {
            struct call *call = &callers[index].calls[place];
            call->id = (uint32_t)place;
            begin_call(generator, &callers[index], call, now());
        }
        expect_progress(&callers[index].connection, connection_send(&callers[index].connection), "sending requests");
        poller_update(poller, &callers[index].connection, DO_READ);
    }
}

// Until all that was begun has its reply.
static void run(struct generator *generator, int poller) {
    struct epoll_event events[POLLER_BATCH];
    while (generator->pending) {
        int count = poller_wait(poller, events, SOCKET_TIMEOUT_SECONDS * 1000);
        if (!count)
            fail("nothing came for %d seconds; %zu replies are missing", SOCKET_TIMEOUT_SECONDS, generator->pending);
        for (int index = 0; index < count; index++) converse(generator, poller, events[index].data.ptr);
        if (generator->phase == FINISHING && now() > generator->measuring_ends + REPLY_TIMEOUT) {
            fail("%zu replies did not come within %d seconds", generator->pending, SOCKET_TIMEOUT_SECONDS);
        }
    }
}

int load(const struct options *options) {
    allow_connections(options->connections);
    SSL_CTX *context = make_caller_context(options);
    int poller = make_poller();
    struct caller *callers = open_callers(options, context, poller);
    struct generator *generator = allocate(1, sizeof *generator);
    *generator = (struct generator){
        .request = make_request(options->size),
        .in_flight = options->in_flight,
        .warm_up = nanoseconds(options->warm_up),
        .duration = nanoseconds(options->seconds),
    };

    begin_all(generator, poller, callers, options->connections);
    run(generator, poller);
    report(&generator->latencies, generator->measuring_ends - generator->measuring_begins);

    for (size_t index = 0; index < options->connections; index++) {
        connection_close(&callers[index].connection);
        free(callers[index].calls);
    }
    free(callers);
    free(generator->request.frame);
    free(generator);
    close(poller);
    SSL_CTX_free(context);
    return EXIT_SUCCESS;
}
