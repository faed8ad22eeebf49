#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/if.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Their numbers are the same everywhere; headers that are older than the kernel lack some of them.
#define NR_OPEN_TREE 428
#define NR_MOVE_MOUNT 429
#define NR_MOUNT_SETATTR 442
#define NR_LANDLOCK_CREATE_RULESET 444
#define NR_LANDLOCK_ADD_RULE 445
#define NR_LANDLOCK_RESTRICT_SELF 446
#define TREE_CLONE 1u
#define TREE_RECURSIVE 0x8000u
#define FROM_EMPTY_PATH 0x4u
#define ATTRIBUTE_READ_ONLY 0x1u
#define ATTRIBUTE_NO_EXEC 0x8u

struct mount_attributes {
    uint64_t set, clear, propagation, user_namespace;
};

pid_t clinux_clone(int cgroup_fd, uint64_t namespaces) {
    struct clone_args args;
    memset(&args, 0, sizeof args);
    args.flags = namespaces;
    args.exit_signal = SIGCHLD;
    if (cgroup_fd >= 0) {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = (uint64_t)cgroup_fd;
    }
    return (pid_t)syscall(SYS_clone3, &args, sizeof args);
}

int clinux_unshare(uint64_t namespaces) { return unshare((int)namespaces); }
int clinux_setns(int fd, uint64_t namespaces) { return setns(fd, (int)namespaces); }

int clinux_let_no_mount_out(void) { return mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL); }

static int write_text(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t length = (ssize_t)strlen(text);
    ssize_t written = write(file, text, (size_t)length);
    int failure = errno;
    close(file);
    errno = failure;
    return written == length ? 0 : -1;
}

int clinux_map_ids(uid_t user, gid_t group) {
    char line[64];
    // Whoever changed his ids owns his own /proc/self no more, until he may be traced again.
    if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0) return -1;
    snprintf(line, sizeof line, "%u %u 1\n", user, user);
    if (write_text("/proc/self/uid_map", line) != 0) return -1;
    // Kernels before 3.19 have no such file, and no such need.
    if (write_text("/proc/self/setgroups", "deny") != 0 && errno != ENOENT) return -1;
    snprintf(line, sizeof line, "%u %u 1\n", group, group);
    return write_text("/proc/self/gid_map", line);
}

int clinux_mount(const char *type, const char *target, const char *options, uint64_t flags) {
    return mount(type, target, type, flags, options);
}

int clinux_clone_tree(const char *path) {
    return (int)syscall(NR_OPEN_TREE, AT_FDCWD, path, TREE_CLONE | TREE_RECURSIVE | O_CLOEXEC);
}

int clinux_place_tree(int tree, const char *target) {
    return (int)syscall(NR_MOVE_MOUNT, tree, "", AT_FDCWD, target, FROM_EMPTY_PATH);
}

int clinux_limit_tree(int tree, const char *path, int recursive, int no_exec) {
    struct mount_attributes attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.set = ATTRIBUTE_READ_ONLY | (no_exec ? ATTRIBUTE_NO_EXEC : 0);
    unsigned flags = (recursive ? TREE_RECURSIVE : 0) | (path[0] ? 0 : AT_EMPTY_PATH);
    return (int)syscall(NR_MOUNT_SETATTR, tree, path, flags, &attributes, sizeof attributes);
}

int clinux_make_target(const char *path, int like_fd) {
    struct stat like;
    if (access(path, F_OK) == 0) return 0;
    if (fstat(like_fd, &like) != 0) return -1;
    char part[PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof part) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (size_t index = 1; index < length; index++) {
        if (path[index] != '/') continue;
        memcpy(part, path, index);
        part[index] = 0;
        if (mkdir(part, 0755) != 0 && errno != EEXIST) return -1;
    }
    if (S_ISDIR(like.st_mode)) return mkdir(path, 0755) != 0 && errno != EEXIST ? -1 : 0;
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
    if (file < 0) return -1;
    return close(file);
}

int clinux_is_directory(int fd) {
    struct stat status;
    if (fstat(fd, &status) != 0) return -1;
    return S_ISDIR(status.st_mode) ? 1 : 0;
}

int clinux_loopback_up(void) {
    int probe = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return -1;
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    int result = ioctl(probe, SIOCSIFFLAGS, &request);
    int failure = errno;
    close(probe);
    errno = failure;
    return result;
}

int clinux_filter_packets(const char *group, const void *program, size_t length, unsigned direction) {
    static const char license[] = "GPL";
    union bpf_attr load, attach;
    memset(&load, 0, sizeof load);
    load.prog_type = BPF_PROG_TYPE_CGROUP_SKB;
    load.insn_cnt = (uint32_t)(length / 8);
    load.insns = (uint64_t)(uintptr_t)program;
    load.license = (uint64_t)(uintptr_t)license;
    load.expected_attach_type = direction;
    int directory = open(group, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return -1;
    int loaded = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
    int result = -1;
    if (loaded >= 0) {
        memset(&attach, 0, sizeof attach);
        attach.target_fd = (uint32_t)directory;
        attach.attach_bpf_fd = (uint32_t)loaded;
        attach.attach_type = direction;
        attach.attach_flags = BPF_F_ALLOW_MULTI;
        result = (int)syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach);
    }
    int failure = errno;
    if (loaded >= 0) close(loaded);
    close(directory);
    errno = failure;
    return result;
}

int clinux_count_packet_filters(const char *group, unsigned direction) {
    union bpf_attr query;
    memset(&query, 0, sizeof query);
    int directory = open(group, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return -1;
    query.query.target_fd = (uint32_t)directory;
    query.query.attach_type = direction;
    int result = (int)syscall(SYS_bpf, BPF_PROG_QUERY, &query, sizeof query);
    int failure = errno;
    close(directory);
    errno = failure;
    return result < 0 ? -1 : (int)query.query.prog_cnt;
}

int clinux_capabilities_last(void) {
    int last = 0;
    while (last < 63 && prctl(PR_CAPBSET_READ, last + 1, 0, 0, 0) >= 0) last++;
    return last;
}

int clinux_bound_capabilities(uint64_t kept) {
    for (int number = 0; number < 64; number++) {
        int held = prctl(PR_CAPBSET_READ, number, 0, 0, 0);
        if (held < 0) return 0;
        if (held == 0 || (kept >> number & 1)) continue;
        if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0) != 0) return -1;
    }
    return 0;
}

int clinux_keep_capabilities(void) { return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0); }

int clinux_set_capabilities(uint64_t kept, uint64_t ambient) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) != 0) return -1;
    for (int half = 0; half < 2; half++) {
        // What is not there cannot be kept.
        data[half].permitted &= (uint32_t)(kept >> (32 * half));
        data[half].effective = data[half].permitted;
        data[half].inheritable = (uint32_t)(ambient >> (32 * half)) & data[half].permitted;
    }
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && ambient != 0) return -1;
    if (syscall(SYS_capset, &header, data) != 0) return -1;
    for (int number = 0; number < 64; number++) {
        if ((ambient >> number & 1) == 0) continue;
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) != 0) return -1;
    }
    return 0;
}

int clinux_landlock_version(void) { return (int)syscall(NR_LANDLOCK_CREATE_RULESET, NULL, 0, 1); }

int clinux_landlock_ruleset(uint64_t files, uint64_t network, uint64_t scopes) {
    // An older kernel takes a longer structure whose unknown end is zero.
    uint64_t attributes[3] = {files, network, scopes};
    return (int)syscall(NR_LANDLOCK_CREATE_RULESET, attributes, sizeof attributes, 0);
}

int clinux_landlock_allow(int ruleset, int path_fd, uint64_t access) {
    struct {
        uint64_t access;
        int32_t parent;
    } __attribute__((packed)) rule = {access, path_fd};
    return (int)syscall(NR_LANDLOCK_ADD_RULE, ruleset, 1, &rule, 0);
}

int clinux_landlock_restrict(int ruleset) { return (int)syscall(NR_LANDLOCK_RESTRICT_SELF, ruleset, 0); }

int clinux_seccomp(const void *program, size_t length) {
    struct sock_fprog filter = {
        .len = (unsigned short)(length / sizeof(struct sock_filter)), .filter = (struct sock_filter *)program};
    if (length == 0 || length % sizeof(struct sock_filter) != 0 || length / sizeof(struct sock_filter) > 4096) {
        errno = EINVAL;
        return -1;
    }
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
}

int clinux_seccomp_is_there(void) {
    // Asked with a null program: EFAULT says that filters are known.
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) != 0 && errno == EFAULT;
}

void *clinux_shared_page(void) {
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? NULL : page;
}

int clinux_wait_signal(uint64_t mask) {
    // glibc's function leaves out the two signals that it uses itself.
    int received = (int)syscall(SYS_rt_sigtimedwait, &mask, NULL, NULL, sizeof mask);
    return received < 0 && errno == EINTR ? 0 : received;
}
