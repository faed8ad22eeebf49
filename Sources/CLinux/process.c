#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <grp.h>
#include <linux/sched.h>
#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

pid_t clinux_fork(void) { return fork(); }

pid_t clinux_fork_into_cgroup(int cgroup_fd) {
    struct clone_args args;
    memset(&args, 0, sizeof args);
    args.flags = CLONE_INTO_CGROUP;
    args.exit_signal = SIGCHLD;
    args.cgroup = (uint64_t)cgroup_fd;
    return (pid_t)syscall(SYS_clone3, &args, sizeof args);
}

int clinux_execve(const char *path, char *const argv[], char *const envp[]) {
    return execve(path, argv, envp);
}

static uint64_t nanoseconds(struct timeval time) {
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_usec * 1000u;
}

pid_t clinux_wait(pid_t pid, int nohang, struct clinux_usage *usage) {
    struct rusage spent;
    int status = 0;
    memset(&spent, 0, sizeof spent);
    pid_t reaped = wait4(pid, &status, nohang ? WNOHANG : 0, &spent);
    if (reaped > 0 && usage != NULL) {
        usage->status = status;
        usage->user_ns = nanoseconds(spent.ru_utime);
        usage->system_ns = nanoseconds(spent.ru_stime);
        usage->rss_bytes_max = (uint64_t)spent.ru_maxrss * 1024u;
    }
    return reaped;
}

pid_t clinux_peek_exit(pid_t pid) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    if (waitid(pid ? P_PID : P_ALL, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return -1;
    return info.si_pid;
}

int clinux_wifexited(int status) { return WIFEXITED(status); }
int clinux_wexitstatus(int status) { return WEXITSTATUS(status); }
int clinux_wifsignaled(int status) { return WIFSIGNALED(status); }
int clinux_wtermsig(int status) { return WTERMSIG(status); }
int clinux_wcoredump(int status) { return WCOREDUMP(status) ? 1 : 0; }

int clinux_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
int clinux_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int clinux_set_subreaper(int on) { return prctl(PR_SET_CHILD_SUBREAPER, on, 0, 0, 0); }
int clinux_set_parent_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }
int clinux_set_no_new_privs(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }
int clinux_set_name(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }
int clinux_set_dumpable(int on) { return prctl(PR_SET_DUMPABLE, on, 0, 0, 0); }

int clinux_setresuid(uid_t real, uid_t effective, uid_t saved) { return setresuid(real, effective, saved); }
int clinux_setresgid(gid_t real, gid_t effective, gid_t saved) { return setresgid(real, effective, saved); }
int clinux_setgroups(size_t count, const gid_t *groups) { return setgroups(count, groups); }
int clinux_getresuid(uid_t *real, uid_t *effective, uid_t *saved) { return getresuid(real, effective, saved); }
int clinux_getresgid(gid_t *real, gid_t *effective, gid_t *saved) { return getresgid(real, effective, saved); }

static int set_limit(int resource, uint64_t soft, uint64_t hard) {
    struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
    return setrlimit(resource, &limit);
}
int clinux_limit_nofile(uint64_t soft, uint64_t hard) { return set_limit(RLIMIT_NOFILE, soft, hard); }
int clinux_limit_core(uint64_t soft, uint64_t hard) { return set_limit(RLIMIT_CORE, soft, hard); }
int clinux_get_limit_nofile(uint64_t *soft, uint64_t *hard) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
    *soft = limit.rlim_cur;
    *hard = limit.rlim_max;
    return 0;
}

int clinux_limit_nofile_of(pid_t pid, uint64_t soft, uint64_t hard) {
    struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
    return prlimit(pid, RLIMIT_NOFILE, &limit, NULL);
}

int clinux_limit_core_of(pid_t pid, uint64_t soft, uint64_t hard) {
    struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
    return prlimit(pid, RLIMIT_CORE, &limit, NULL);
}
int clinux_get_limit_core(uint64_t *soft, uint64_t *hard) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) != 0) return -1;
    *soft = limit.rlim_cur;
    *hard = limit.rlim_max;
    return 0;
}
int clinux_xattr_begins(const char *path, const char *name, char first) {
    char value[16];
    ssize_t length = getxattr(path, name, value, sizeof value);
    return length > 0 && value[0] == first;
}

void clinux_trim_memory(void) {
    // The page below the one in use stays, for this call's own frames. What was never touched is no part of
    // the mapping and makes the call fail after it has done the rest, which is as good.
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t end = ((uintptr_t)__builtin_frame_address(0) & ~(page - 1)) - page;
    (void)malloc_trim(0);
    (void)madvise((void *)(end - 16 * page), 16 * page, MADV_DONTNEED);
}
