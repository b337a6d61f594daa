// Makes files unreadable for one program: where a path contains $UNREADABLE, opening it fails with the error number
// $UNREADABLE_OPEN, or reading it fails with $UNREADABLE_READ (from byte $UNREADABLE_FROM on, where SQLite reads).
// Tests load it by LD_PRELOAD.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define FILES 1024
static char unreadable[FILES];

static int number(const char *name) {
    const char *text = getenv(name);
    return text ? atoi(text) : 0;
}

static int is_meant(const char *path) {
    const char *part = getenv("UNREADABLE");
    return part && strstr(path, part) != NULL;
}

static int opened(const char *path, int file) {
    if (file >= 0 && file < FILES) unreadable[file] = is_meant(path);
    return file;
}

static int fails(int file) {
    if (file < 0 || file >= FILES || !unreadable[file] || !number("UNREADABLE_READ")) return 0;
    errno = number("UNREADABLE_READ");
    return 1;
}

#define OPEN(name)                                                                                \
    int name(const char *path, int flags, ...) {                                                  \
        va_list rest;                                                                             \
        va_start(rest, flags);                                                                    \
        int mode = va_arg(rest, int);                                                             \
        va_end(rest);                                                                             \
        if (is_meant(path) && number("UNREADABLE_OPEN")) {                                        \
            errno = number("UNREADABLE_OPEN");                                                    \
            return -1;                                                                            \
        }                                                                                         \
        int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name); \
        return opened(path, real(path, flags, mode));                                             \
    }
OPEN(open)
OPEN(open64)

DIR *opendir(const char *path) {
    if (is_meant(path) && number("UNREADABLE_OPEN")) {
        errno = number("UNREADABLE_OPEN");
        return NULL;
    }
    DIR *(*real)(const char *) = (DIR *(*)(const char *))dlsym(RTLD_NEXT, "opendir");
    return real(path);
}

#define PREAD(name)                                                                               \
    ssize_t name(int file, void *bytes, size_t count, off64_t offset) {                           \
        if (offset >= number("UNREADABLE_FROM") && fails(file)) return -1;                         \
        ssize_t (*real)(int, void *, size_t, off64_t) =                                           \
            (ssize_t (*)(int, void *, size_t, off64_t))dlsym(RTLD_NEXT, #name);                   \
        return real(file, bytes, count, offset);                                                  \
    }
PREAD(pread)
PREAD(pread64)

ssize_t read(int file, void *bytes, size_t count) {
    if (fails(file)) return -1;
    static ssize_t (*real)(int, void *, size_t);
    if (!real) real = (ssize_t (*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
    return real(file, bytes, count);
}

int close(int file) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "close");
    if (file >= 0 && file < FILES) unreadable[file] = 0;
    return real(file);
}
