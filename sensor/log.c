#include "sensor/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool is_quiet;
static bool has_status_line; /* one stands on the terminal now */

void log_set_quiet(bool quiet)
{
    is_quiet = quiet;
}

bool log_has_status(void)
{
    return !is_quiet && isatty(STDERR_FILENO) == 1;
}

static void replace_controls(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f) {
            *text = '?';
        }
    }
}

/* The lock is held. */
static void erase_status(void)
{
    if (has_status_line) {
        (void)fputs("\r\033[K", stderr);
        has_status_line = false;
    }
}

static void __attribute__((format(printf, 2, 0)))
write_line(const char *label, const char *format, va_list arguments)
{
    char text[LOG_LINE_MAX];

    (void)vsnprintf(text, sizeof(text), format, arguments);
    replace_controls(text);
    (void)pthread_mutex_lock(&lock);
    erase_status();
    (void)fprintf(stderr, "basictap: %s%s\n", label, text);
    (void)fflush(stderr);
    (void)pthread_mutex_unlock(&lock);
}

void log_notice(const char *format, ...)
{
    va_list arguments;

    if (is_quiet) {
        return;
    }
    va_start(arguments, format);
    write_line("", format, arguments);
    va_end(arguments);
}

void log_warning(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_line("warning: ", format, arguments);
    va_end(arguments);
}

void log_error(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_line("error: ", format, arguments);
    va_end(arguments);
}

void log_status(const char *words)
{
    if (!log_has_status()) {
        return;
    }
    (void)pthread_mutex_lock(&lock);
    erase_status();
    if (words != NULL) {
        (void)fputs(words, stderr);
        has_status_line = true;
    }
    (void)fflush(stderr);
    (void)pthread_mutex_unlock(&lock);
}
