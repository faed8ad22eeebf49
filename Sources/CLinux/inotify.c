#define _GNU_SOURCE
#include "CLinuxInotify.h"

#include <sys/vfs.h>

int64_t clinux_file_system_type(const char *path) {
    struct statfs facts;
    if (statfs(path, &facts) != 0) return -1;
    // Some magic numbers have bit 31 set, and the width of the field differs between architectures.
    return (int64_t)(uint32_t)facts.f_type;
}
