#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

/// The kernel's own struct, because glibc's function refuses the two signals that it uses itself (32 and
/// 33), which a parent may have left ignored all the same.
struct kernel_action {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

static int set_disposition(int signal, void (*handler)(int)) {
    struct kernel_action action;
    memset(&action, 0, sizeof action);
    action.handler = handler;
    return (int)syscall(SYS_rt_sigaction, signal, &action, NULL, sizeof action.mask);
}

/// glibc's sigset_t is longer than what the kernel reads; the first word is signals 1 to 64.
static sigset_t set_of(uint64_t mask) {
    sigset_t set;
    sigemptyset(&set);
    for (int number = 1; number <= 64; number++)
        if (mask >> (number - 1) & 1) sigaddset(&set, number);
    return set;
}

int clinux_reset_dispositions(void) {
    // KILL and STOP refuse, which is right.
    for (int number = 1; number <= 64; number++) (void)set_disposition(number, SIG_DFL);
    return 0;
}
int clinux_reset_signals(void) {
    (void)clinux_reset_dispositions();
    return clinux_set_signal_mask(0);
}
int clinux_ignore_signal(int signal) { return set_disposition(signal, SIG_IGN); }
int clinux_default_signal(int signal) { return set_disposition(signal, SIG_DFL); }

int clinux_set_signal_mask(uint64_t mask) {
    // The raw call, because glibc's would silently leave its two internal signals out.
    return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask);
}

int clinux_signalfd(uint64_t mask) {
    sigset_t set = set_of(mask);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int clinux_signalfd_read(int fd, struct clinux_signal *signal) {
    struct signalfd_siginfo info;
    ssize_t length = read(fd, &info, sizeof info);
    if (length < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
    if (length != sizeof info) return 0;
    signal->number = (int)info.ssi_signo;
    signal->sender = (pid_t)info.ssi_pid;
    signal->sender_uid = (uid_t)info.ssi_uid;
    return 1;
}
