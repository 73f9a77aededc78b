// Calls at fixed times on open connections, whatever the replies do, beside a steady stream of new connections. A
// call's latency counts from when it was due, not from when it was sent: whoever waits for a slow server waits in the
// figures, too.
//
// The new connections are made by a second thread at the lowest priority (visitors.c), not in this loop, although both
// are meant to run on one core: a step of a handshake that is in nobody's way there would hold up the calls here, and
// the generator would measure itself.
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
#include "schedule.h"
#include "sockets.h"
#include "visitors.h"

enum {
    // Calls without a reply on one connection, a power of two: so far may a server be behind.
    PENDING_LIMIT = 1 << 14,
};

#define REPLY_TIMEOUT (SOCKET_TIMEOUT_SECONDS * NANOSECONDS_PER_SECOND)
#define LATE (NANOSECONDS_PER_SECOND / 1000)  // a call that was sent later than this after its time
#define LEAD (NANOSECONDS_PER_SECOND / 100)   // from starting the threads to the first call

struct caller {
    struct connection connection;  // first: events carry its address
    uint64_t *due;                 // by the lower bits of the id: when the call was due; 0 if none is pending
    uint32_t next_id, unsent_id;   // from the one to the other the calls are in the output
};

struct pacer {
    struct request request;
    struct schedule schedule;
    uint64_t measured_from, last_sent;
    size_t pending;
    uint64_t late;
    struct histogram latencies;
};

// Sends what is there, and judges how late it was.
static void send_calls(struct pacer *pacer, int poller, struct caller *caller) {
    enum progress sent = connection_send(&caller->connection);
    expect_progress(&caller->connection, sent, "sending requests");
    if (sent == CONNECTION_MOVED && caller->unsent_id != caller->next_id) {
        pacer->last_sent = now();
        for (; caller->unsent_id != caller->next_id; caller->unsent_id++) {
            uint64_t due = caller->due[caller->unsent_id % PENDING_LIMIT];
            if (due >= pacer->measured_from && pacer->last_sent > due + LATE) pacer->late++;
        }
    }
    poller_update(poller, &caller->connection, DO_READ);
}

static void begin_call(struct pacer *pacer, int poller, struct caller *caller) {
    uint64_t *due = &caller->due[caller->next_id % PENDING_LIMIT];
    if (*due) fail("the server is %d calls behind on one connection", PENDING_LIMIT);
    *due = schedule_time(&pacer->schedule);
    append_request(&caller->connection.output, &pacer->request, caller->next_id);
    caller->next_id++;
    pacer->pending++;
    send_calls(pacer, poller, caller);
}

static void take_replies(struct pacer *pacer, struct caller *caller) {
    uint64_t id, time = now();
    while (take_result(&caller->connection, &pacer->request, true, &id)) {
        uint64_t *due = &caller->due[id % PENDING_LIMIT];
        if (id > UINT32_MAX || caller->next_id - (uint32_t)id - 1 >= PENDING_LIMIT || !*due) {
            fail("the server replied to request %" PRIu64 ", which has none to wait for", id);
        }
        if (*due >= pacer->measured_from) histogram_record(&pacer->latencies, time - *due);
        *due = 0;
        pacer->pending--;
    }
}

static void receive_replies(struct pacer *pacer, int poller, struct caller *caller) {
    do {
        enum progress received = connection_receive(&caller->connection);
        expect_progress(&caller->connection, received, "waiting for replies");
        if (received == CONNECTION_WAITS) break;
        take_replies(pacer, caller);
    } while (connection_expects_more(&caller->connection));
    send_calls(pacer, poller, caller);
}

// Until the schedule's end, and all that was called has its reply.
static void run(struct pacer *pacer, int poller, struct caller *callers, size_t connections) {
    struct epoll_event events[POLLER_BATCH];
    while (pacer->pending || schedule_lasts(&pacer->schedule)) {
        uint64_t time = now();
        for (; schedule_is_due(&pacer->schedule, time); pacer->schedule.next++) {
            begin_call(pacer, poller, &callers[pacer->schedule.next % connections]);
        }
        if (time > pacer->schedule.end + REPLY_TIMEOUT) {
            fail("%zu replies did not come within %d seconds", pacer->pending, SOCKET_TIMEOUT_SECONDS);
        }
        int count = poller_wait_precisely(poller, events, schedule_wait(&pacer->schedule, now(), REPLY_TIMEOUT));
        for (int index = 0; index < count; index++) receive_replies(pacer, poller, events[index].data.ptr);
    }
}

static struct caller *open_callers(const struct options *options, SSL_CTX *context, int poller) {
    struct caller *callers = allocate(options->connections, sizeof *callers);
    for (size_t index = 0; index < options->connections; index++) {
        struct caller *caller = &callers[index];
        caller_connect(&caller->connection, options->port, context);
        set_non_blocking(caller->connection.descriptor);
        poller_add_connection(poller, &caller->connection);
        caller->due = allocate(PENDING_LIMIT, sizeof *caller->due);
    }
    return callers;
}

int paced(const struct options *options) {
    allow_connections(options->connections + VISIT_LIMIT);
    SSL_CTX *context = make_caller_context(options);
    int poller = make_poller();
    struct caller *callers = open_callers(options, context, poller);

    uint64_t begin = now() + LEAD;
    uint64_t measured_from = begin + nanoseconds(options->warm_up);
    uint64_t end = measured_from + nanoseconds(options->seconds);
    struct pacer *pacer = allocate(1, sizeof *pacer);
    *pacer = (struct pacer){
        .request = make_request(SMALL_CONTENT),
        .schedule = {.begin = begin, .end = end, .per_second = options->calls_per_second},
        .measured_from = measured_from,
    };
    struct visit_plan plan = {
        .port = options->port,
        .context = context,
        .per_second = options->handshakes_per_second,
        .begin = begin,
        .measured_from = measured_from,
        .end = end,
    };
    struct visitors *visitors = send_visitors(&plan);
    schedule_precisely();
    run(pacer, poller, callers, options->connections);
    uint64_t visits = await_visitors(visitors);
    uint64_t really_ended = pacer->last_sent > end ? pacer->last_sent : end;
    report_paced(&pacer->latencies, really_ended - measured_from, visits, pacer->late);

    for (size_t index = 0; index < options->connections; index++) {
        connection_close(&callers[index].connection);
        free(callers[index].due);
    }
    free(callers);
    free(pacer->request.frame);
    free(pacer);
    close(poller);
    SSL_CTX_free(context);
    return EXIT_SUCCESS;
}
