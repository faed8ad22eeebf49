#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

const uint32_t clinux_EPOLLIN = EPOLLIN, clinux_EPOLLOUT = EPOLLOUT, clinux_EPOLLPRI = EPOLLPRI,
               clinux_EPOLLERR = EPOLLERR, clinux_EPOLLHUP = EPOLLHUP, clinux_EPOLLRDHUP = EPOLLRDHUP,
               clinux_EPOLLET = EPOLLET, clinux_EPOLLONESHOT = EPOLLONESHOT;

int clinux_epoll(void) { return epoll_create1(EPOLL_CLOEXEC); }
static int control(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    return epoll_ctl(epoll, operation, fd, &event);
}
int clinux_epoll_add(int epoll, int fd, uint32_t events, uint64_t data) {
    return control(epoll, EPOLL_CTL_ADD, fd, events, data);
}
int clinux_epoll_modify(int epoll, int fd, uint32_t events, uint64_t data) {
    return control(epoll, EPOLL_CTL_MOD, fd, events, data);
}
int clinux_epoll_remove(int epoll, int fd) { return control(epoll, EPOLL_CTL_DEL, fd, 0, 0); }
int clinux_epoll_wait(int epoll, struct clinux_event *events, int capacity, int timeout_ms) {
    // The kernel's struct is packed on x86-64, which Swift cannot import; hence the copy.
    struct epoll_event ready[64];
    int count = epoll_wait(epoll, ready, capacity < 64 ? capacity : 64, timeout_ms);
    for (int index = 0; index < count; index++) {
        events[index].events = ready[index].events;
        events[index].data = ready[index].data.u64;
    }
    return count;
}

int clinux_poll(struct pollfd *entries, size_t count, int64_t timeout_ns) {
    struct timespec timeout = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
    return ppoll(entries, (nfds_t)count, timeout_ns < 0 ? NULL : &timeout, NULL);
}
int clinux_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
int clinux_timerfd(void) { return timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK); }
int clinux_clock_watch(void) {
    int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (fd >= 0 && clinux_clock_watch_arm(fd) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}
int clinux_clock_watch_arm(int fd) {
    struct itimerspec when;
    memset(&when, 0, sizeof when);
    /* A day that never comes: what ends the wait is that the clock is set. */
    when.it_value.tv_sec = (time_t)1 << 33;
    return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL);
}
int clinux_timerfd_arm(int fd, uint64_t boottime_ns) {
    struct itimerspec when;
    memset(&when, 0, sizeof when);
    when.it_value.tv_sec = (time_t)(boottime_ns / 1000000000u);
    when.it_value.tv_nsec = (long)(boottime_ns % 1000000000u);
    return timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static uint64_t now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}
uint64_t clinux_boottime_ns(void) { return now(CLOCK_BOOTTIME); }

#ifdef PLUMB_FAIL_POINTS
/* A test moves the wall clock without touching the machine's: the file named by the variable holds seconds.
   Behind an equals sign it is the time itself, and stands still. Debug builds alone have this. */
static int64_t pretended_offset(void) {
    static const char *path;
    static int is_known;
    if (!is_known) {
        path = getenv("PLUMB_TEST_WALL_OFFSET");
        is_known = 1;
    }
    if (!path) return 0;
    char text[32] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    if (read(fd, text, sizeof text - 1) < 0) text[0] = 0;
    close(fd);
    if (text[0] == '=') return strtoll(text + 1, NULL, 10) * 1000000000 - (int64_t)now(CLOCK_REALTIME);
    return strtoll(text, NULL, 10) * 1000000000;
}
uint64_t clinux_realtime_ns(void) {
    int64_t offset = pretended_offset();
    return (uint64_t)((int64_t)now(CLOCK_REALTIME) + offset);
}
#else
uint64_t clinux_realtime_ns(void) { return now(CLOCK_REALTIME); }
#endif
