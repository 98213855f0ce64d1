#include "sensor/share.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_CLIMB = 6 }; /* build/release/sensor/basictap lies three folders deep */

/* Is there a set of rules below directory? services.yml is always part of one. */
static bool holds_rules(const char *directory, const char *below, char *path, size_t size)
{
    char probe[PATH_MAX];
    int len = snprintf(path, size, "%s/%s", directory, below);
    int probe_len = snprintf(probe, sizeof(probe), "%s/services.yml", path);

    return len > 0 && (size_t)len < size && probe_len > 0 && (size_t)probe_len < sizeof(probe) &&
           access(probe, R_OK) == 0;
}

/* Cuts off the last part of a path; false at the root. */
static bool climb(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash == NULL || slash == path) {
        return false;
    }
    *slash = '\0';
    return true;
}

bool share_find_rules(char *path, size_t size)
{
    char place[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", place, sizeof(place) - 1);

    if (len <= 0) {
        return false;
    }
    place[len] = '\0';
    if (!climb(place)) {
        return false;
    }
    if (holds_rules(place, "../share/basictap/rules", path, size)) {
        return true;
    }
    for (int i = 0; i < MAX_CLIMB && climb(place); i++) {
        if (holds_rules(place, "rules", path, size)) {
            return true;
        }
    }
    path[0] = '\0';
    return false;
}
