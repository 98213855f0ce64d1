#include "sensor/commands/progress.h"

#include <stdio.h>
#include <time.h>

#include "sensor/log.h"

enum { SHOW_NS = 200000000, LINE_SIZE = 160 };

static uint64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void progress_init(struct progress *progress)
{
    *progress = (struct progress){.is_on = log_has_status()};
    if (progress->is_on) {
        progress->shown_ns = now_ns();
    }
}

static void show(const struct source_stats *stats, double rate, uint64_t findings)
{
    char line[LINE_SIZE];
    char part[32] = "";

    if (stats->bytes_total > 0) {
        (void)snprintf(part, sizeof(part), " (%u %%)",
                       (unsigned)(stats->bytes_read * 100 / stats->bytes_total));
    }
    (void)snprintf(line, sizeof(line), "%.1f MB%s, %llu packets, %.0f packets/s, %llu findings",
                   (double)stats->bytes_read / 1e6, part, (unsigned long long)stats->frames, rate,
                   (unsigned long long)findings);
    log_status(line);
}

void progress_show(struct progress *progress, struct source *source, uint64_t findings)
{
    struct source_stats stats;
    uint64_t now;

    if (!progress->is_on) {
        return;
    }
    now = now_ns();
    if (now - progress->shown_ns < SHOW_NS) {
        return;
    }
    source_stats(source, &stats);
    show(&stats,
         (double)(stats.frames - progress->frames) / ((double)(now - progress->shown_ns) / 1e9),
         findings);
    progress->shown_ns = now;
    progress->frames = stats.frames;
}

void progress_clear(const struct progress *progress)
{
    if (progress->is_on) {
        log_status(NULL);
    }
}
