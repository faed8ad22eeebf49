/// The lists of the two filters.
extension SystemCallTable {
    /// Filter `deny`: what changes the host or its mounts, looks into other processes, makes namespaces, or
    /// is a door into the kernel that services do not use. Each is refused with EPERM.
    package static let denied: [String] = words(
        """
        mount umount2 move_mount open_tree open_tree_attr fsopen fsconfig fsmount fspick mount_setattr
        pivot_root chroot unshare setns ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd
        process_madvise kexec_load kexec_file_load bpf perf_event_open init_module finit_module
        delete_module create_module query_module reboot swapon swapoff sethostname setdomainname
        settimeofday clock_settime clock_adjtime adjtimex add_key request_key keyctl userfaultfd
        io_uring_setup io_uring_enter io_uring_register iopl ioperm acct quotactl quotactl_fd nfsservctl
        lookup_dcookie syslog vhangup open_by_handle_at fanotify_init modify_ldt _sysctl uselib ustat
        sysfs lsm_set_self_attr
        """)

    /// Filter `allow`: what servers and their runtimes use. All else is refused: with ENOSYS where the call
    /// is newer than this version of Plumb, so that a C library falls back, otherwise with EPERM.
    package static let allowed: [String] = words(
        """
        accept accept4 access alarm arch_prctl bind brk cachestat capget capset chdir chmod chown
        clock_getres clock_gettime clock_nanosleep clone clone3 close close_range connect copy_file_range
        creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait
        eventfd eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64 fallocate fchdir
        fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync fgetxattr file_getattr flistxattr flock
        fork fremovexattr fsetxattr fstat fstatfs fsync ftruncate futex futex_requeue futex_wait
        futex_waitv futex_wake futimesat get_mempolicy get_robust_list getcpu getcwd getdents getdents64
        getegid geteuid getgid getgroups getitimer getpeername getpgid getpgrp getpid getppid getpriority
        getrandom getresgid getresuid getrlimit getrusage getsid getsockname getsockopt gettid
        gettimeofday getuid getxattr getxattrat inotify_add_watch inotify_init inotify_init1
        inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents io_setup io_submit ioctl
        ioprio_get ioprio_set kill landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown
        lgetxattr link linkat listen listxattr listxattrat llistxattr lremovexattr lseek lsetxattr lstat
        madvise map_shadow_stack mbind membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod
        mknodat mlock mlock2 mlockall mmap mprotect mq_getsetattr mq_notify mq_open mq_timedreceive
        mq_timedsend mq_unlink mremap mseal msgctl msgget msgrcv msgsnd msync munlock munlockall munmap
        nanosleep newfstatat open openat openat2 pause personality pidfd_open pidfd_send_signal pipe pipe2
        pkey_alloc pkey_free pkey_mprotect poll ppoll prctl pread64 preadv preadv2 prlimit64 pselect6
        pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recvfrom recvmmsg recvmsg
        removexattr removexattrat rename renameat renameat2 restart_syscall rmdir rseq rt_sigaction
        rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
        rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr
        sched_getparam sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr
        sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop
        sendfile sendmmsg sendmsg sendto set_mempolicy set_robust_list set_tid_address setfsgid setfsuid
        setgid setgroups setitimer setpgid setpriority setregid setresgid setresuid setreuid setrlimit
        setsid setsockopt setuid setxattr setxattrat shmat shmctl shmdt shmget shutdown sigaltstack
        signalfd signalfd4 socket socketpair splice stat statfs statx symlink symlinkat sync
        sync_file_range syncfs sysinfo tee tgkill time timer_create timer_delete timer_getoverrun
        timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime times tkill truncate
        umask uname unlink unlinkat utime utimensat utimes vfork vmsplice wait4 waitid write writev
        """)

    /// Without these no program begins or ends, or nobody learns why it could not begin.
    package static let indispensable: Set<String> = ["execve", "exit", "exit_group", "rt_sigreturn", "write"]

    private static func words(_ text: String) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map { String($0) }
    }
}
