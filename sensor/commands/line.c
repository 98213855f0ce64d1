#include "sensor/commands/line.h"

#include <time.h>

static void print_time(FILE *file, struct timestamp at)
{
    time_t seconds = (time_t)(at.ns / 1000000000u);
    struct tm utc = {0};
    char text[32];

    (void)gmtime_r(&seconds, &utc);
    (void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%SZ", &utc);
    (void)fputs(text, file);
}

/* " (text)", or nothing for an empty text. */
static void print_aside(FILE *file, const char *text)
{
    if (text[0] != '\0') {
        (void)fprintf(file, " (%s)", text);
    }
}

static void print_device(FILE *file, const struct finding *finding)
{
    char address[ADDRESS_TEXT_SIZE];

    address_print(&finding->client, address);
    if (finding->device_id[0] == '\0') {
        (void)fprintf(file, " %s", address);
        print_aside(file, finding->host_name);
        return;
    }
    (void)fprintf(file, " %s", finding->device_id);
    print_aside(file, finding->host_name[0] != '\0' ? finding->host_name : address);
}

static void print_server(FILE *file, const struct finding *finding)
{
    char address[ADDRESS_TEXT_SIZE];

    address_print(&finding->server, address);
    (void)fprintf(file, " to %s", finding->server_name[0] != '\0' ? finding->server_name : address);
    if (finding->target != TARGET_UNKNOWN && finding->target != TARGET_OTHER) {
        print_aside(file, target_word(finding->target));
    }
}

static void print_what(FILE *file, const struct finding *finding)
{
    (void)fprintf(file, ": %s", service_word(finding->service));
    if (finding->inference != NULL) {
        (void)fprintf(file, " %s, inferred (%.2f), %s", finding->inference, finding->confidence,
                      outcome_word(finding->outcome));
    } else if (finding->kind == FINDING_AUTH) {
        (void)fprintf(file, " %s %s", mechanism_word(finding->mechanism),
                      outcome_word(finding->outcome));
        print_aside(file, reason_word(finding->reason));
    }
    if (finding->user[0] != '\0' || finding->user_hash[0] != '\0') {
        (void)fprintf(file, " as %s",
                      finding->user[0] != '\0' ? finding->user : finding->user_hash);
    }
    if (finding->count > 1) {
        (void)fprintf(file, " x%llu", (unsigned long long)finding->count);
    }
    if (finding->rule_name[0] != '\0') {
        (void)fprintf(file, " [%s: %s]", level_word(finding->rule_level), finding->rule_name);
    }
}

void line_print(FILE *file, const struct finding *finding)
{
    print_time(file, finding->last);
    (void)fprintf(file, " %s:", finding_action(finding));
    print_device(file, finding);
    print_server(file, finding);
    print_what(file, finding);
    (void)fputc('\n', file);
}
