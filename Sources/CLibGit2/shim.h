#include <git2.h>
#include <git2/sys/mempack.h>
#include <git2/sys/odb_backend.h>

// git_libgit2_opts takes variable arguments, which Swift cannot pass; each option that Plumb sets gets a name.

/// libgit2's own ownership check consults the user's configuration; Plumb has a check of its own.
static inline int clibgit2_disable_owner_validation(void) {
    return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
}

/// Where configuration of `level` is looked for; the empty string means nowhere.
static inline int clibgit2_set_search_path(int level, const char *path) {
    return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, path);
}

/// Repository extensions (`extensions.*`) that are harmless to a reader.
static inline int clibgit2_set_extensions(const char **names, size_t count) {
    return git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, names, count);
}

/// How many bytes of parsed objects libgit2 may keep.
static inline int clibgit2_set_cache_bytes_max(ssize_t bytes) {
    return git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, bytes);
}
