#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/fs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <string.h>
#include <unistd.h>

const int clinux_O_PATH = O_PATH;
const int clinux_O_TMPFILE = O_TMPFILE;
const int clinux_AT_EMPTY_PATH = AT_EMPTY_PATH;

int clinux_close_range(unsigned int first, unsigned int last) {
    return (int)syscall(SYS_close_range, first, last, 0);
}
int clinux_close_range_on_exec(unsigned int first, unsigned int last) {
    return (int)syscall(SYS_close_range, first, last, CLOSE_RANGE_CLOEXEC);
}
void clinux_close_patiently(int fd) {
    struct linger linger;
    socklen_t length = sizeof linger;
    if (getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &length) == 0 && linger.l_onoff && linger.l_linger > 0) {
        linger.l_onoff = 0;
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    close(fd);
}
pid_t clinux_close_aside(const int *fds, size_t count) {
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
    if (pid != 0) return pid;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    for (size_t index = 0; index < count; index++) clinux_close_patiently(fds[index]);
    _exit(0);
}
mode_t clinux_file_type(int fd) {
    struct statx facts;
    int flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    return statx(fd, "", flags, STATX_TYPE, &facts) == 0 ? facts.stx_mode & S_IFMT : 0;
}
int clinux_openat(int directory, const char *path, int flags, mode_t mode) {
    return openat(directory, path, flags | O_CLOEXEC, mode);
}

int clinux_fcntl(int fd, int command, int argument) { return fcntl(fd, command, argument); }
int clinux_set_cloexec(int fd, int on) { return fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0); }
int clinux_set_nonblocking(int fd, int on) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) return -1;
    return fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}
int clinux_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }
int clinux_set_pipe_size(int fd, int bytes) { return fcntl(fd, F_SETPIPE_SZ, bytes); }
int clinux_ioctl_int(int fd, unsigned long request, int argument) { return ioctl(fd, request, argument); }
int clinux_bytes_waiting(int fd) {
    int count = 0;
    return ioctl(fd, FIONREAD, &count) < 0 ? -1 : count;
}
int clinux_set_immutable(int fd, int on) {
    int flags = 0;
    if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0) return -1;
    flags = on ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
    return ioctl(fd, FS_IOC_SETFLAGS, &flags);
}
int clinux_rename_noreplace(int from_dir, const char *from, int to_dir, const char *to) {
    return renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE);
}
int clinux_rename_exchange(int from_dir, const char *from, int to_dir, const char *to) {
    return renameat2(from_dir, from, to_dir, to, RENAME_EXCHANGE);
}

static int ofd(int fd, int command, short type, struct flock *lock) {
    *lock = (struct flock){.l_type = type, .l_whence = SEEK_SET};
    return fcntl(fd, command, lock);
}
int clinux_ofd_lock(int fd) {
    struct flock lock;
    return ofd(fd, F_OFD_SETLK, F_WRLCK, &lock);
}
int clinux_ofd_lock_wait(int fd) {
    struct flock lock;
    return ofd(fd, F_OFD_SETLKW, F_WRLCK, &lock);
}
int clinux_ofd_unlock(int fd) {
    struct flock lock;
    return ofd(fd, F_OFD_SETLK, F_UNLCK, &lock);
}
int clinux_ofd_is_locked(int fd) {
    struct flock lock;
    if (ofd(fd, F_OFD_GETLK, F_WRLCK, &lock) < 0) return -1;
    return lock.l_type != F_UNLCK;
}

enum { all_seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };
int clinux_memfd(const char *name) { return memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING); }
int clinux_memfd_seal(int fd) { return fcntl(fd, F_ADD_SEALS, all_seals); }
int clinux_memfd_is_sealed(int fd) {
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0) return -1;
    return (seals & all_seals) == all_seals;
}

ssize_t clinux_splice_from_pipe(int pipe, int out, int64_t *offset_out, size_t length) {
    return splice(pipe, NULL, out, offset_out, length, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}
ssize_t clinux_splice_to_pipe(int in, int64_t *offset_in, int pipe, size_t length) {
    return splice(in, offset_in, pipe, NULL, length, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}

int clinux_contains(const void *bytes, size_t length, const void *part, size_t part_length) {
    return memmem(bytes, length, part, part_length) != NULL;
}

long clinux_find(const void *bytes, size_t length, const void *part, size_t part_length) {
    const char *found = memmem(bytes, length, part, part_length);
    return found == NULL ? -1 : found - (const char *)bytes;
}
