#include "sensor/commands/signals.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t end_signal;
static volatile sig_atomic_t wants_report;

static void on_end(int number)
{
    end_signal = number;
}

static void on_report(int number)
{
    (void)number;
    wants_report = 1;
}

void signals_catch(bool with_report)
{
    /* Without SA_RESTART: a read from a pipe that has nothing must come back. */
    struct sigaction end = {.sa_handler = on_end, .sa_flags = (int)SA_RESETHAND};
    struct sigaction report = {.sa_handler = on_report, .sa_flags = SA_RESTART};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)sigaction(SIGINT, &end, NULL);
    (void)sigaction(SIGTERM, &end, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    if (with_report) {
        (void)sigaction(SIGUSR1, &report, NULL);
    }
}

int signals_end(void)
{
    return end_signal;
}

bool signals_take_report(void)
{
    if (wants_report == 0) {
        return false;
    }
    wants_report = 0;
    return true;
}
