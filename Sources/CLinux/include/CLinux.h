/// Linux calls that Swift cannot import by itself: variadic functions, macros, and what glibc shows
/// only under a feature macro. Each function is one call, or one call and its plumbing; none decides
/// anything. Unless said otherwise a function returns -1 with errno set when it fails, and every
/// descriptor that it makes is close-on-exec. All of them may be used between fork and exec.
#ifndef CLINUX_H
#define CLINUX_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Processes ---------------------------------------------------------------------------------------

/// fork(2). Only a single-threaded process may do more in the child than exec.
pid_t clinux_fork(void);
/// clone3(2) with CLONE_INTO_CGROUP: like fork, but the child begins its life in the version 2 control
/// group whose directory `cgroup_fd` is.
pid_t clinux_fork_into_cgroup(int cgroup_fd);
int clinux_execve(const char *path, char *const argv[], char *const envp[]);

/// What wait4 tells of a child that was reaped.
struct clinux_usage {
    int status;             ///< for the clinux_w* functions below
    uint64_t user_ns;       ///< processor time in user mode, of the child and what it waited for
    uint64_t system_ns;     ///< processor time in the kernel
    uint64_t rss_bytes_max; ///< peak resident size
};
/// wait4(2). `pid` -1 waits for any child. `nohang` not 0: returns 0 where none has ended.
pid_t clinux_wait(pid_t pid, int nohang, struct clinux_usage *usage);
/// waitid(2) with WNOWAIT | WNOHANG: the pid of `pid` (or, with 0, of any child) if it has ended, and
/// leaves it to be reaped; 0 if none has.
pid_t clinux_peek_exit(pid_t pid);

int clinux_wifexited(int status);
int clinux_wexitstatus(int status);
int clinux_wifsignaled(int status);
int clinux_wtermsig(int status);
int clinux_wcoredump(int status);

/// pidfd_open(2).
int clinux_pidfd_open(pid_t pid);
/// pidfd_send_signal(2). Signal 0 asks whether the process is still there.
int clinux_pidfd_send_signal(int pidfd, int signal);

/// prctl(2): orphans below this process become its children.
int clinux_set_subreaper(int on);
/// prctl(2): `signal` is sent to the caller when its parent ends; 0 takes it back.
int clinux_set_parent_death_signal(int signal);
int clinux_set_no_new_privs(void);
/// prctl(2): the name shown by ps, at most 15 bytes of it.
int clinux_set_name(const char *name);
/// prctl(2): 0 forbids core dumps, ptrace and reading /proc/self/mem by others of the same user.
int clinux_set_dumpable(int on);

int clinux_setresuid(uid_t real, uid_t effective, uid_t saved);
int clinux_setresgid(gid_t real, gid_t effective, gid_t saved);
int clinux_setgroups(size_t count, const gid_t *groups);
int clinux_getresuid(uid_t *real, uid_t *effective, uid_t *saved);
int clinux_getresgid(gid_t *real, gid_t *effective, gid_t *saved);

/// setrlimit(2) for RLIMIT_NOFILE and RLIMIT_CORE. UINT64_MAX is infinity.
int clinux_limit_nofile(uint64_t soft, uint64_t hard);
int clinux_limit_core(uint64_t soft, uint64_t hard);
int clinux_get_limit_nofile(uint64_t *soft, uint64_t *hard);
/// prlimit(2) for RLIMIT_NOFILE and RLIMIT_CORE of another process.
int clinux_limit_nofile_of(pid_t pid, uint64_t soft, uint64_t hard);
int clinux_limit_core_of(pid_t pid, uint64_t soft, uint64_t hard);
int clinux_get_limit_core(uint64_t *soft, uint64_t *hard);
/// getxattr(2): 1 if the attribute begins with `first`, 0 if not or if it is not there.
int clinux_xattr_begins(const char *path, const char *name, char first);

// Signals -----------------------------------------------------------------------------------------

/// Every signal gets its default disposition, and none is blocked any more.
int clinux_reset_signals(void);
/// The same without the mask.
int clinux_reset_dispositions(void);
int clinux_ignore_signal(int signal);
int clinux_default_signal(int signal);
/// Blocks the signals whose bit is set (bit n - 1 is signal n), unblocks the others.
int clinux_set_signal_mask(uint64_t mask);
/// A non-blocking signalfd(2) for the signals of the mask, which the caller has blocked.
int clinux_signalfd(uint64_t mask);

/// One signal as a signalfd tells it.
struct clinux_signal {
    int number;
    pid_t sender;
    uid_t sender_uid;
};
/// 1 if a signal was read, 0 if none is pending.
int clinux_signalfd_read(int fd, struct clinux_signal *signal);

// Descriptors and files ---------------------------------------------------------------------------

/// close_range(2); `last` UINT32_MAX means all.
int clinux_close_range(unsigned int first, unsigned int last);
/// close_range(2) with CLOSE_RANGE_CLOEXEC: marks instead of closing.
int clinux_close_range_on_exec(unsigned int first, unsigned int last);
/// close(2), after the time that a lingering socket would wait in it was taken off the socket. Other files may
/// still take as long as their file system likes.
void clinux_close_patiently(int fd);
/// A child that shares the table of descriptors closes them, the same way, and ends; it is killed where its
/// parent ends first. Returns its pid.
pid_t clinux_close_aside(const int *fds, size_t count);
/// S_IFMT of what a descriptor refers to, without asking its file system; 0 where it cannot be told.
mode_t clinux_file_type(int fd);
int clinux_openat(int directory, const char *path, int flags, mode_t mode);
/// Flags that glibc shows under _GNU_SOURCE only.
extern const int clinux_O_PATH;
extern const int clinux_O_TMPFILE;
extern const int clinux_AT_EMPTY_PATH;

int clinux_fcntl(int fd, int command, int argument);
int clinux_set_cloexec(int fd, int on);
int clinux_set_nonblocking(int fd, int on);
/// pipe2(2): both ends close-on-exec, both blocking.
int clinux_pipe(int ends[2]);
int clinux_set_pipe_size(int fd, int bytes);
int clinux_ioctl_int(int fd, unsigned long request, int argument);
/// ioctl(FIONREAD): the bytes that wait in a pipe or socket.
int clinux_bytes_waiting(int fd);
/// ioctl(FS_IOC_GETFLAGS / FS_IOC_SETFLAGS): sets or clears FS_IMMUTABLE_FL.
int clinux_set_immutable(int fd, int on);
/// renameat2(2) with RENAME_NOREPLACE, and with RENAME_EXCHANGE.
int clinux_rename_noreplace(int from_dir, const char *from, int to_dir, const char *to);
int clinux_rename_exchange(int from_dir, const char *from, int to_dir, const char *to);

/// Open-file-description lock, exclusive, over the whole file. `clinux_ofd_lock` fails with EAGAIN
/// where another description holds it; `clinux_ofd_lock_wait` waits.
int clinux_ofd_lock(int fd);
int clinux_ofd_lock_wait(int fd);
int clinux_ofd_unlock(int fd);
/// F_OFD_GETLK: 1 if another description holds a lock, 0 if it is free. Takes nothing.
int clinux_ofd_is_locked(int fd);

/// memfd_create(2), sealable.
int clinux_memfd(const char *name);
/// Seals against writing, growing, shrinking and further seals.
int clinux_memfd_seal(int fd);
/// 1 if all four seals are set, 0 if not.
int clinux_memfd_is_sealed(int fd);

/// splice(2), non-blocking at the pipe. `offset_out` NULL uses and moves the file's own position.
ssize_t clinux_splice_from_pipe(int pipe, int out, int64_t *offset_out, size_t length);
ssize_t clinux_splice_to_pipe(int in, int64_t *offset_in, int pipe, size_t length);

/// memmem(3): whether the bytes hold those others.
int clinux_contains(const void *bytes, size_t length, const void *part, size_t part_length);

/// memmem(3): where in the bytes those others begin; -1: nowhere.
long clinux_find(const void *bytes, size_t length, const void *part, size_t part_length);

// Sockets -----------------------------------------------------------------------------------------

/// A pair of connected SOCK_SEQPACKET sockets.
int clinux_seqpacket_pair(int ends[2]);
/// An unbound AF_UNIX SOCK_SEQPACKET (or SOCK_STREAM) socket.
int clinux_unix_seqpacket(void);
int clinux_unix_stream(void);
/// An unbound AF_UNIX SOCK_DGRAM socket; what comes to it carries its sender's credentials.
int clinux_unix_datagram(void);
/// bind(2) and connect(2) to a path of at most 107 bytes (ENAMETOOLONG beyond). Longer ones go through
/// /proc/self/fd/N/name.
int clinux_unix_bind(int fd, const char *path);
int clinux_unix_connect(int fd, const char *path);
int clinux_accept(int fd);
/// SO_PEERCRED: who connected, or who made the pair.
int clinux_peer(int fd, pid_t *pid, uid_t *uid, gid_t *gid);
/// SO_PEERGROUPS: whether whoever connected was of this group then, by any of its groups: 1, 0, or -1.
int clinux_peer_has_group(int fd, gid_t group);

/// A TCP or UDP socket that is bound to a numeric address and, for TCP, listens. "" is every address of the
/// host, of both families where it has both. Blocking.
int clinux_listen_inet(const char *address, uint16_t port, int datagram);

/// Undoes what a program has done to such a socket: no peer, no filter of packets, blocking, and for TCP it
/// listens. -1 where that cannot be had any more.
int clinux_renew_inet(int fd, int datagram);
/// A new socket for the port of such a one, which serves nobody from then on.
int clinux_replace_inet(int fd, const char *address, uint16_t port, int datagram);

/// Whether two descriptors of this process are copies of one: 1 or 0, 0 where the kernel does not tell.
int clinux_is_same_description(int first, int second);

enum { CLINUX_DESCRIPTORS_MAX = 160 }; ///< in one message

/// sendmsg(2) of one packet with descriptors by SCM_RIGHTS; MSG_NOSIGNAL. `nonblocking` not 0: EAGAIN
/// instead of waiting. ETOOMANYREFS: too many descriptors are in flight.
ssize_t clinux_send(int fd, const void *bytes, size_t length, const int *fds, size_t fd_count,
                    int nonblocking);
/// recvmsg(2) of one packet. At most `fd_capacity` descriptors are stored, `*fd_count` says how many.
/// EMSGSIZE, with every received descriptor closed, where the packet or its descriptors were cut
/// short. 0 is end of file (or an empty packet).
ssize_t clinux_receive(int fd, void *bytes, size_t capacity, int *fds, size_t fd_capacity,
                       size_t *fd_count, int nonblocking);

enum { CLINUX_NOTICE_DESCRIPTORS_MAX = 253 }; ///< in one datagram: the kernel takes no more

/// One datagram of a `clinux_unix_datagram` socket, without waiting, with the sender as the kernel vouches
/// for it: `*pid` is 0 where it is in no process that this one can name. EMSGSIZE where the datagram was cut
/// short. The descriptors that came are the caller's then, too; `fds` has room for
/// CLINUX_NOTICE_DESCRIPTORS_MAX.
ssize_t clinux_receive_notice(int fd, void *bytes, size_t capacity, int *fds, size_t *fd_count, pid_t *pid,
                              uid_t *uid);

// Waiting -----------------------------------------------------------------------------------------

int clinux_epoll(void);
extern const uint32_t clinux_EPOLLIN, clinux_EPOLLOUT, clinux_EPOLLPRI, clinux_EPOLLERR, clinux_EPOLLHUP,
    clinux_EPOLLRDHUP, clinux_EPOLLET, clinux_EPOLLONESHOT;
int clinux_epoll_add(int epoll, int fd, uint32_t events, uint64_t data);
int clinux_epoll_modify(int epoll, int fd, uint32_t events, uint64_t data);
int clinux_epoll_remove(int epoll, int fd);
struct clinux_event {
    uint32_t events;
    uint64_t data;
};
/// At most 64 events at a time. `timeout_ms` -1 waits for ever.
int clinux_epoll_wait(int epoll, struct clinux_event *events, int capacity, int timeout_ms);

struct pollfd;
/// ppoll(2) without a mask. `timeout_ns` below 0 waits for ever.
int clinux_poll(struct pollfd *entries, size_t count, int64_t timeout_ns);
/// A non-blocking, close-on-exec eventfd(2).
int clinux_eventfd(void);
/// timerfd on CLOCK_BOOTTIME, non-blocking; `clinux_timerfd_arm` fires once at that instant, 0 disarms.
int clinux_timerfd(void);
// Readable each time the wall clock is set, or the host has slept; it is armed anew after each. -1: errno.
int clinux_clock_watch(void);
int clinux_clock_watch_arm(int fd);
int clinux_timerfd_arm(int fd, uint64_t boottime_ns);

// Memory ------------------------------------------------------------------------------------------

/// Gives the pages back that deeper calls of this thread have left on its stack, and those that malloc
/// holds free.
void clinux_trim_memory(void);

// Sandboxes --------------------------------------------------------------------------------------

/// clone3(2): like fork, with new namespaces (CLONE_NEW… flags), in the version 2 control group
/// `cgroup_fd`, or where the caller is with -1.
pid_t clinux_clone(int cgroup_fd, uint64_t namespaces);
int clinux_unshare(uint64_t namespaces);
/// setns(2); `fd` is a pidfd or a file of /proc/<pid>/ns.
int clinux_setns(int fd, uint64_t namespaces);
/// Makes every mount a slave: what happens on the host is seen, and nothing gets out.
int clinux_let_no_mount_out(void);
/// In a new user namespace: maps one user and one group, each to itself.
int clinux_map_ids(uid_t user, gid_t group);
int clinux_mount(const char *type, const char *target, const char *options, uint64_t flags);
/// open_tree(2): a detached copy of the mounts at and below `path`.
int clinux_clone_tree(const char *path);
/// move_mount(2): puts such a copy onto `target`.
int clinux_place_tree(int tree, const char *target);
/// mount_setattr(2): read-only. An empty `path` is the tree itself.
int clinux_limit_tree(int tree, const char *path, int recursive, int no_exec);
/// Makes what is missing of `path`: a directory or an empty file, as what `like_fd` refers to.
int clinux_make_target(const char *path, int like_fd);
int clinux_is_directory(int fd);
/// Brings up `lo` in the network namespace of the caller.
int clinux_loopback_up(void);
/// bpf(2): attaches the program (8 bytes an instruction) to the version 2 control group, for packets that come
/// (0) or go (1).
int clinux_filter_packets(const char *group, const void *program, size_t length, unsigned direction);
/// How many such programs the group has of its own; -1 with errno set.
int clinux_count_packet_filters(const char *group, unsigned direction);
/// The number of the last capability that the kernel knows.
int clinux_capabilities_last(void);
/// Drops from the bounding set all whose bit is not set.
int clinux_bound_capabilities(uint64_t kept);
/// prctl(PR_SET_KEEPCAPS): a change of ids drops none that are permitted.
int clinux_keep_capabilities(void);
/// Permitted and effective become those of `kept` that are there; `ambient` ones outlive the next exec.
int clinux_set_capabilities(uint64_t kept, uint64_t ambient);
/// The version of Landlock, or -1 with errno set (ENOSYS, EOPNOTSUPP).
int clinux_landlock_version(void);
int clinux_landlock_ruleset(uint64_t files, uint64_t network, uint64_t scopes);
int clinux_landlock_allow(int ruleset, int path_fd, uint64_t access);
int clinux_landlock_restrict(int ruleset);
/// Installs a seccomp filter: `struct sock_filter` as bytes of this machine.
int clinux_seccomp(const void *program, size_t length);
int clinux_seccomp_is_there(void);
/// A page of zeros that is shared with the children; NULL with errno set.
void *clinux_shared_page(void);
/// sigwaitinfo(2) for the blocked signals of the mask; 0 where it was interrupted.
int clinux_wait_signal(uint64_t mask);

// Clocks ------------------------------------------------------------------------------------------

/// CLOCK_BOOTTIME and CLOCK_REALTIME in nanoseconds.
uint64_t clinux_boottime_ns(void);
uint64_t clinux_realtime_ns(void);

#endif
