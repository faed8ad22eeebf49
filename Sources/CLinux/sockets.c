#define _GNU_SOURCE
#include "CLinux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/kcmp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

int clinux_seqpacket_pair(int ends[2]) {
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}
int clinux_unix_seqpacket(void) { return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0); }
int clinux_unix_datagram(void) {
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0) {
        int failure = errno;
        close(fd);
        errno = failure;
        return -1;
    }
    return fd;
}
int clinux_unix_stream(void) { return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

static int address_of(const char *path, struct sockaddr_un *address, socklen_t *length) {
    size_t bytes = strlen(path);
    if (bytes >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, bytes + 1);
    *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + bytes + 1);
    return 0;
}
int clinux_unix_bind(int fd, const char *path) {
    struct sockaddr_un address;
    socklen_t length;
    if (address_of(path, &address, &length) < 0) return -1;
    return bind(fd, (struct sockaddr *)&address, length);
}
int clinux_unix_connect(int fd, const char *path) {
    struct sockaddr_un address;
    socklen_t length;
    if (address_of(path, &address, &length) < 0) return -1;
    return connect(fd, (struct sockaddr *)&address, length);
}
int clinux_accept(int fd) { return accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }
int clinux_peer(int fd, pid_t *pid, uid_t *uid, gid_t *gid) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0) return -1;
    *pid = peer.pid;
    *uid = peer.uid;
    *gid = peer.gid;
    return 0;
}
int clinux_peer_has_group(int fd, gid_t group) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0) return -1;
    if (peer.gid == group) return 1;
    length = 0;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &length) == 0) return 0;
    if (errno != ERANGE) return -1;
    gid_t *groups = malloc(length);
    if (groups == NULL) return -1;
    int found = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length) < 0 ? -1 : 0;
    for (size_t i = 0; found == 0 && i < length / sizeof *groups; i++)
        if (groups[i] == group) found = 1;
    free(groups);
    return found;
}

ssize_t clinux_send(int fd, const void *bytes, size_t length, const int *fds, size_t fd_count,
                    int nonblocking) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(CLINUX_DESCRIPTORS_MAX * sizeof(int))];
    } control;
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd_count > CLINUX_DESCRIPTORS_MAX) {
        errno = EINVAL;
        return -1;
    }
    if (fd_count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
        struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
        memcpy(CMSG_DATA(rights), fds, fd_count * sizeof(int));
    }
    ssize_t sent;
    do sent = sendmsg(fd, &message, MSG_NOSIGNAL | (nonblocking ? MSG_DONTWAIT : 0));
    while (sent < 0 && errno == EINTR);
    return sent;
}

static void close_all(const int *fds, size_t count) {
    for (size_t index = 0; index < count; index++) close(fds[index]);
}

ssize_t clinux_receive(int fd, void *bytes, size_t capacity, int *fds, size_t fd_capacity,
                       size_t *fd_count, int nonblocking) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(CLINUX_DESCRIPTORS_MAX * sizeof(int))];
    } control;
    struct iovec part = {.iov_base = bytes, .iov_len = capacity};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd_capacity > 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
    }
    // A peer that closed without reading all that it was sent leaves one ECONNRESET before its own last
    // packets; what it said is still there to be read after that.
    ssize_t length;
    do length = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | (nonblocking ? MSG_DONTWAIT : 0));
    while (length < 0 && (errno == EINTR || errno == ECONNRESET));
    if (fd_count != NULL) *fd_count = 0;
    if (length < 0) return length;

    int received[CLINUX_DESCRIPTORS_MAX];
    size_t count = 0;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part != NULL; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        size_t here = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        if (here > CLINUX_DESCRIPTORS_MAX - count) here = CLINUX_DESCRIPTORS_MAX - count;
        memcpy(received + count, CMSG_DATA(part), here * sizeof(int));
        count += here;
    }
    if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || count > fd_capacity) {
        close_all(received, count);
        errno = EMSGSIZE;
        return -1;
    }
    if (count > 0) memcpy(fds, received, count * sizeof(int));
    if (fd_count != NULL) *fd_count = count;
    return length;
}

ssize_t clinux_receive_notice(int fd, void *bytes, size_t capacity, int *fds, size_t *fd_count, pid_t *pid,
                              uid_t *uid) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(CLINUX_NOTICE_DESCRIPTORS_MAX * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct iovec part = {.iov_base = bytes, .iov_len = capacity};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    *fd_count = 0;
    *pid = 0;
    *uid = (uid_t)-1;
    ssize_t length;
    do length = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    while (length < 0 && errno == EINTR);
    if (length < 0) return length;

    for (struct cmsghdr *here = CMSG_FIRSTHDR(&message); here != NULL; here = CMSG_NXTHDR(&message, here)) {
        if (here->cmsg_level != SOL_SOCKET) continue;
        if (here->cmsg_type == SCM_CREDENTIALS) {
            struct ucred sender;
            memcpy(&sender, CMSG_DATA(here), sizeof sender);
            *pid = sender.pid;
            *uid = sender.uid;
        } else if (here->cmsg_type == SCM_RIGHTS && *fd_count == 0) {
            size_t count = (here->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            if (count > CLINUX_NOTICE_DESCRIPTORS_MAX) count = CLINUX_NOTICE_DESCRIPTORS_MAX;
            memcpy(fds, CMSG_DATA(here), count * sizeof(int));
            *fd_count = count;
        }
    }
    if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        errno = EMSGSIZE;
        return -1;
    }
    return length;
}

static int inet_socket(int family, int datagram) {
    return socket(family, (datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
}
static int listen_inet(const char *address, uint16_t port, int datagram, int shares) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    int any = *address == '\0', on = 1, off = 0;
    int is_v4 = !any && inet_pton(AF_INET, address, &v4.sin_addr) == 1;
    if (!any && !is_v4 && inet_pton(AF_INET6, address, &v6.sin6_addr) != 1) {
        errno = EINVAL;
        return -1;
    }
    int fd = is_v4 ? inet_socket(AF_INET, datagram) : inet_socket(AF_INET6, datagram);
    if (fd < 0 && any && errno == EAFNOSUPPORT) {
        is_v4 = 1;
        fd = inet_socket(AF_INET, datagram);
    }
    if (fd < 0) return -1;
    // Both families at one port, whatever the host's default is.
    if (any && !is_v4) (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    // Connections of an earlier listener that linger in TIME_WAIT are no obstacle.
    if (!datagram || shares) (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const struct sockaddr *name = is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
    if (bind(fd, name, is_v4 ? sizeof v4 : sizeof v6) < 0 || (!datagram && listen(fd, SOMAXCONN) < 0)) {
        int failure = errno;
        close(fd);
        errno = failure;
        return -1;
    }
    return fd;
}

int clinux_listen_inet(const char *address, uint16_t port, int datagram) {
    return listen_inet(address, port, datagram, 0);
}

static int disconnect(int fd) {
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    return connect(fd, &nobody, sizeof nobody);
}
int clinux_renew_inet(int fd, int datagram) {
    int is_locked = 0, ignored = 0;
    socklen_t length = sizeof is_locked;
    if (getsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &is_locked, &length) == 0 && is_locked) {
        errno = EPERM;
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof ignored);
    (void)clinux_set_nonblocking(fd, 0);
    if (datagram) return disconnect(fd);
    // What listens goes on undisturbed.
    if (listen(fd, SOMAXCONN) == 0) return 0;
    return disconnect(fd) < 0 ? -1 : listen(fd, SOMAXCONN);
}
int clinux_replace_inet(int fd, const char *address, uint16_t port, int datagram) {
    int on = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    (void)disconnect(fd);
    return listen_inet(address, port, datagram, 1);
}

int clinux_is_same_description(int first, int second) {
    pid_t own = getpid();
    return syscall(SYS_kcmp, own, own, KCMP_FILE, (unsigned long)first, (unsigned long)second) == 0;
}
