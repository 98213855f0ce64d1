#include "sensor/commands/signals.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t end_signal;
static volatile sig_atomic_t wants_report;
static volatile sig_atomic_t wants_reopen;

static void on_end(int number)
{
    end_signal = number;
}

static void on_report(int number)
{
    (void)number;
    wants_report = 1;
}

static void on_reopen(int number)
{
    (void)number;
    wants_reopen = 1;
}

void signals_catch(bool with_report)
{
    /* Without SA_RESTART: a read from a pipe that has nothing must come back. */
    struct sigaction end = {.sa_handler = on_end, .sa_flags = (int)SA_RESETHAND};
    struct sigaction report = {.sa_handler = on_report, .sa_flags = SA_RESTART};
    struct sigaction reopen = {.sa_handler = on_reopen, .sa_flags = SA_RESTART};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)sigaction(SIGINT, &end, NULL);
    (void)sigaction(SIGTERM, &end, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    if (with_report) {
        (void)sigaction(SIGUSR1, &report, NULL);
        (void)sigaction(SIGHUP, &reopen, NULL);
    }
}

int signals_end(void)
{
    return end_signal;
}

static bool take(volatile sig_atomic_t *wish)
{
    bool was_wished = *wish != 0;

    *wish = 0;
    return was_wished;
}

bool signals_take_report(void)
{
    return take(&wants_report);
}

bool signals_take_reopen(void)
{
    return take(&wants_reopen);
}
