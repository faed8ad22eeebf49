#ifndef CSTARTER_H
#define CSTARTER_H

#include <stddef.h>

// Files that `plumb init` writes, as they stand in this repository. No logic: the compiler embeds them.
struct cstarter_file {
    const char *name;
    const unsigned char *bytes;
    size_t length;
};

/// The file with an index; its name is NULL behind the last.
struct cstarter_file cstarter_file(size_t index);

#endif
