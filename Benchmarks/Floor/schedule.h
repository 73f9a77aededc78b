// When things are due that happen so many times a second, whatever else goes on.
#ifndef FLOOR_SCHEDULE_H
#define FLOOR_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>

#include "clock.h"
#include "failure.h"

// Times are those of the monotonic clock. With `per_second` 0 nothing is ever due.
struct schedule {
    uint64_t begin, end, per_second;
    uint64_t next;  // how many have been
};

static inline uint64_t schedule_time(const struct schedule *schedule) {
    return schedule->begin + schedule->next * NANOSECONDS_PER_SECOND / schedule->per_second;
}

static inline bool schedule_lasts(const struct schedule *schedule) {
    return schedule->per_second && schedule_time(schedule) < schedule->end;
}

static inline bool schedule_is_due(const struct schedule *schedule, uint64_t time) {
    return schedule_lasts(schedule) && schedule_time(schedule) <= time;
}

// How long it is from `time` to the next; `otherwise` if there is none.
static inline uint64_t schedule_wait(const struct schedule *schedule, uint64_t time, uint64_t otherwise) {
    if (!schedule_lasts(schedule)) return otherwise;
    uint64_t due = schedule_time(schedule);
    return due > time ? due - time : 0;
}

// Has this thread woken when it asked to be: by default Linux adds up to 50 µs, to wake several threads at once.
static inline void schedule_precisely(void) {
    if (prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL)) fail_with_errno("the timer's slack cannot be set");
}

#endif
