/// What inotify(7) needs beside the calls that Swift imports by itself.
#ifndef CLINUX_INOTIFY_H
#define CLINUX_INOTIFY_H

#include <stdint.h>

/// statfs(2): the magic number of the file system that holds `path`, or -1 with errno set. Some kinds of file system do
/// not tell of changes that other hosts make.
int64_t clinux_file_system_type(const char *path);

#endif
