#include "visitors.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "caller.h"
#include "clock.h"
#include "failure.h"
#include "poller.h"
#include "schedule.h"
#include "sockets.h"
#include "tls.h"

// The time for those that are under way at the end.
#define VISIT_TIMEOUT (SOCKET_TIMEOUT_SECONDS * NANOSECONDS_PER_SECOND)

struct visit {
    struct connection connection;  // first: events carry its address
    struct visit *next_free;
};

struct visitors {
    const struct visit_plan *plan;
    pthread_t thread;
    int poller;
    struct request request;
    struct visit *visits, *free;
    size_t under_way;
    uint64_t done;
};

static void end_visit(struct visitors *visitors, struct visit *visit, uint64_t time) {
    connection_close(&visit->connection);
    visit->next_free = visitors->free;
    visitors->free = visit;
    visitors->under_way--;
    if (time >= visitors->plan->measured_from && time < visitors->plan->end) visitors->done++;
}

// Does what can be done without waiting: the handshake is done by sending.
static void advance_visit(struct visitors *visitors, struct visit *visit) {
    struct connection *connection = &visit->connection;
    uint64_t id;
    enum progress progress = connection_send(connection);
    expect_progress(connection, progress, "a new connection");
    while (progress == CONNECTION_MOVED) {
        progress = connection_receive(connection);
        expect_progress(connection, progress, "a new connection");
        if (progress == CONNECTION_MOVED && take_result(connection, &visitors->request, true, &id)) {
            end_visit(visitors, visit, now());
            return;
        }
    }
    poller_update(visitors->poller, connection, DO_READ);
}

static void begin_visit(struct visitors *visitors) {
    struct visit *visit = visitors->free;
    visitors->free = visit->next_free;
    visitors->under_way++;
    int descriptor = begin_connecting(visitors->plan->port);
    connection_open(&visit->connection, descriptor, make_client_session(visitors->plan->context, descriptor));
    append_request(&visit->connection.output, &visitors->request, 0);
    poller_add_connection(visitors->poller, &visit->connection);
    advance_visit(visitors, visit);
}

static void run(struct visitors *visitors) {
    const struct visit_plan *plan = visitors->plan;
    struct schedule schedule = {.begin = plan->begin, .end = plan->end, .per_second = plan->per_second};
    struct epoll_event events[POLLER_BATCH];
    while (visitors->under_way || schedule_lasts(&schedule)) {
        uint64_t time = now();
        while (visitors->free && schedule_is_due(&schedule, time)) {
            schedule.next++;
            begin_visit(visitors);
        }
        if (time > plan->end + VISIT_TIMEOUT) {
            fail("%zu new connections were not done within %d seconds", visitors->under_way, SOCKET_TIMEOUT_SECONDS);
        }
        uint64_t wait = visitors->free ? schedule_wait(&schedule, now(), VISIT_TIMEOUT) : VISIT_TIMEOUT;
        int count = poller_wait_precisely(visitors->poller, events, wait);
        for (int index = 0; index < count; index++) advance_visit(visitors, events[index].data.ptr);
    }
}

static void *run_thread(void *argument) {
    // A step of a handshake occupies a core for some hundred microseconds. As the calls whose latency is measured are
    // made on the same core, this thread steps aside at once whenever they have something to do.
    int error = pthread_setschedparam(pthread_self(), SCHED_IDLE, &(struct sched_param){0});
    if (error) fail("the handshakes cannot be given way to the calls: %s", strerror(error));
    schedule_precisely();
    run(argument);
    return NULL;
}

struct visitors *send_visitors(const struct visit_plan *plan) {
    struct visitors *visitors = allocate(1, sizeof *visitors);
    *visitors = (struct visitors){.plan = plan, .poller = make_poller(), .request = make_request(SMALL_CONTENT)};
    visitors->visits = allocate(VISIT_LIMIT, sizeof *visitors->visits);
    for (size_t index = 0; index < VISIT_LIMIT; index++) {
        visitors->visits[index].next_free = visitors->free;
        visitors->free = &visitors->visits[index];
    }
    int error = pthread_create(&visitors->thread, NULL, run_thread, visitors);
    if (error) fail("no thread can be made: %s", strerror(error));
    return visitors;
}

uint64_t await_visitors(struct visitors *visitors) {
    int error = pthread_join(visitors->thread, NULL);
    if (error) fail("the thread cannot be awaited: %s", strerror(error));
    uint64_t done = visitors->done;
    close(visitors->poller);
    free(visitors->request.frame);
    free(visitors->visits);
    free(visitors);
    return done;
}
