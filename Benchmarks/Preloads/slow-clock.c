/* Lets time pass a thousand times more slowly: preloaded (LD_PRELOAD), it slows CLOCK_MONOTONIC, and lengthens the timers of
 * timerfd_settime(2) by as much.
 *
 * What waits for longer than some milliseconds is served in another way, and has other costs. Under callgrind everything
 * takes fifty times longer, and on a busy machine longer still; by this clock it is as quick as ever. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { SLOWER = 1000 };
#define SECOND INT64_C(1000000000)
#define FAR (100000 * SECOND) /* times beyond this are left alone: lengthened, they would overflow */

static int64_t nanoseconds(const struct timespec *time) { return time->tv_sec * SECOND + time->tv_nsec; }

static struct timespec as_time(int64_t nanoseconds) {
    return (struct timespec){.tv_sec = nanoseconds / SECOND, .tv_nsec = nanoseconds % SECOND};
}

static int64_t start; /* set before there are threads */

__attribute__((constructor)) static void begin(void) {
    struct timespec now;
    if (syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now) == 0) start = nanoseconds(&now);
}

/* Straight to the kernel: there is no need to look up glibc's function, which this one hides. */
int clock_gettime(clockid_t clock, struct timespec *time) {
    int status = (int)syscall(SYS_clock_gettime, clock, time);
    if (status != 0 || clock != CLOCK_MONOTONIC || start == 0) return status;
    *time = as_time(start + (nanoseconds(time) - start) / SLOWER);
    return 0;
}

/* An absolute time is of this clock if it is soon after the start: the clock that counts from 1970 is elsewhere. */
static int is_slowed(int64_t absolute) { return absolute >= start && absolute - start < FAR; }

/* NIO's event loops set relative times, and libdispatch absolute ones: if those were left, they would have passed each time
 * that it looks, and it would not cease to look. */
int timerfd_settime(int file, int flags, const struct itimerspec *new, struct itimerspec *old) {
    struct itimerspec longer = *new;
    int64_t time = nanoseconds(&new->it_value);
    if ((flags & TFD_TIMER_ABSTIME) == 0) {
        longer.it_value = as_time(time < FAR ? time * SLOWER : time);
    } else if (is_slowed(time)) {
        longer.it_value = as_time(start + (time - start) * SLOWER);
    }
    return (int)syscall(SYS_timerfd_settime, file, flags, &longer, old);
}
