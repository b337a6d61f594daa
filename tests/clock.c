// Lets a program's clock jump, never the machine's: adds the seconds in the file $CLOCK_JUMP to the time of day.
// For tests, by LD_PRELOAD; clocks that only measure lengths of time are left alone, as a real jump leaves them.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(clock, time);
    const char *name = getenv("CLOCK_JUMP");
    if (code || clock != CLOCK_REALTIME || !name) return code;
    int file = open(name, O_RDONLY | O_CLOEXEC);
    char text[32] = {0};
    if (file >= 0) {
        if (read(file, text, sizeof text - 1) > 0) time->tv_sec += atol(text);
        close(file);
    }
    return code;
}
