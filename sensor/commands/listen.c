#include "sensor/commands/listen.h"

#include <stddef.h>
#include <time.h>

#include "sensor/commands/answer.h"
#include "sensor/commands/exit.h"
#include "sensor/commands/signals.h"
#include "sensor/log.h"
#include "sensor/privileges.h"

enum {
    LAG_SECONDS = 2,  /* packets may wait that long in the kernel's buffer */
    BEAT_SECONDS = 5, /* between signs of life */
};
static const struct patience hurried = {.ms = 500}; /* the end must not take longer than a second */
static const uint64_t second_ns = 1000000000u;

static void on_error(void *ctx, const char *words)
{
    (void)ctx;
    log_warning("%s", words);
}

/* Packets carry this clock's time. */
static struct timestamp clock_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (struct timestamp){(uint64_t)now.tv_sec * second_ns + (uint64_t)now.tv_nsec};
}

/* Told once each way. */
static void on_state(enum source_state state, const char *interface, bool *is_lost)
{
    if (state == SOURCE_LOST && !*is_lost) {
        log_warning("%s is down; waiting until it is back", interface);
    } else if (state != SOURCE_LOST && *is_lost) {
        log_notice("%s is back", interface);
    }
    *is_lost = state == SOURCE_LOST;
}

static void watch(struct answer *answer, struct source *source, const char *interface)
{
    uint64_t beat_ns = 0;
    bool is_lost = false;

    while (signals_end() == 0) {
        struct timestamp now;

        on_state(answer_pump(answer, source), interface, &is_lost);
        now = clock_now();
        answer_tick(answer, (struct timestamp){now.ns - LAG_SECONDS * second_ns});
        if (now.ns - beat_ns >= BEAT_SECONDS * second_ns) { /* also when the clock was set back */
            answer_beat(answer, source);
            beat_ns = now.ns;
        }
        if (signals_take_report()) {
            answer_report(answer, source);
        }
        if (signals_take_reopen()) {
            answer_reopen(answer);
        }
    }
}

int listen_run(const struct options *options, const struct config *config)
{
    struct source_options source_options = {
        .filter = config->filter[0] != '\0' ? config->filter : NULL,
        .snap_len = (int)config->capture.snap_length,
        .buffer_bytes = (int)(config->capture.buffer_mib << 20),
        .on_error = on_error,
    };
    struct diag diag = {{0}};
    struct source *source = source_open_live(options->interface, &source_options, &diag);
    struct answer *answer = source != NULL ? answer_open(options, config, &diag) : NULL;
    int status = EXIT_USAGE;

    if (answer != NULL && privileges_drop(config->user, &diag) && answer_start(answer, &diag)) {
        signals_catch(true);
        log_notice("listening on %s", options->interface);
        watch(answer, source, options->interface);
        status = answer_finish(answer, source, hurried) ? EXIT_DONE : EXIT_PARTLY;
    } else {
        log_error("%s", diag.text);
    }
    answer_free(answer);
    source_close(source);
    return status;
}
