/*
 * How many findings a second go into the journal, through its queue and thread, and how many can be
 * read from it with their JSON, which is what a sink gets.
 *
 * usage: bench_journal [FINDINGS [FOLDER]]
 *
 * Findings are as long as real ones, each new, of a thousand devices.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "export/journal.h"
#include "rules/finding.h"

enum { DEVICES = 1000, READ_AT_ONCE = 1024 };

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Of all threads: on a machine that others use too this says more than the clock. */
static double cpu_seconds(void)
{
    struct timespec used;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void on_message(void *ctx, const char *words)
{
    (void)ctx;
    (void)fprintf(stderr, "%s\n", words);
}

static void fill(struct finding *finding)
{
    *finding = (struct finding){
        .count = 1,
        .kind = FINDING_AUTH,
        .action = "basic-auth",
        .service = SERVICE_IMAP,
        .mechanism = MECHANISM_IMAP_LOGIN,
        .family = FAMILY_BASIC,
        .outcome = OUTCOME_ACCEPTED,
        .confidence = -1,
        .server_code = "OK",
        .policy_switch = "AllowBasicAuthImap",
        .client_app_used = "IMAP4",
        .device_source = "mac",
        .client = {.octets = {10, 0, 0, 7}, .version = 4},
        .client_port = 50123,
        .mac = {.octets = {0, 0x1b, 0x54, 0xaa, 0, 1}, .known = true},
        .host_name = "scanner.corp.contoso.com",
        .manufacturer = "RICOH COMPANY,LTD.",
        .client_name = "Thunderbird",
        .server = {.octets = {52, 96, 0, 1}, .version = 4},
        .server_port = 143,
        .server_name = "outlook.office365.com",
        .target = TARGET_ONLINE,
        .target_reason = "host outlook.office365.com",
        .domain = "contoso.com",
        .rule_id = "b2a5c6a0-0000-4000-8000-000000000001",
        .rule_name = "Basic Authentication in clear text",
        .rule_level = LEVEL_HIGH,
        .network_transport = "tcp",
        .network_protocol = "imap",
        .community_id = "1:6PFRLYbD4VvTbiXMJ5sNNEthFlw=",
        .interface = "eth1",
    };
}

static void change(struct finding *finding, unsigned long number)
{
    finding->last.ns = 1795248000000000000u + number * 1000000u;
    finding->start = finding->last;
    (void)snprintf(finding->id, sizeof(finding->id), "%016lx%016lx", number * 0x9e3779b97f4a7c15u,
                   number);
    (void)snprintf(finding->device_id, sizeof(finding->device_id), "mac:00-1B-54-AA-%02lX-%02lX",
                   number % DEVICES / 256, number % DEVICES % 256);
    (void)snprintf(finding->user, sizeof(finding->user), "user%lu@contoso.com", number % DEVICES);
}

static double write_all(struct journal *journal, unsigned long num)
{
    static const struct exporter_identity identity = {"tap-1", "0.1.0"};
    struct record_layout *layout = record_layout_new(&finding_schema, &identity);
    struct finding finding;
    double begun = seconds();

    fill(&finding);
    for (unsigned long i = 0; i < num; i++) {
        change(&finding, i);
        journal_put(journal, record_new_flat(layout, &finding));
    }
    if (!journal_flush(journal, 600000)) {
        (void)fprintf(stderr, "not all was written\n");
        exit(1);
    }
    record_layout_free(layout);
    return seconds() - begun;
}

static double read_all(struct journal *journal, unsigned long *num, unsigned long *bytes)
{
    struct record *records[READ_AT_ONCE];
    double begun = seconds();
    uint64_t position = 0;
    size_t read;

    *num = 0;
    *bytes = 0;
    do {
        read = journal_read(journal, position, records, READ_AT_ONCE, SIZE_MAX, &position);
        for (size_t i = 0; i < read; i++) {
            *bytes += record_json(records[i]).len;
            record_free(records[i]);
        }
        *num += read;
    } while (read > 0);
    return seconds() - begun;
}

int main(int argc, char *argv[])
{
    unsigned long num = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000;
    const char *folder = argc > 2 ? argv[2] : "/tmp";
    char path[4096];
    struct journal_options options = {
        .path = path, .sensor = "tap-1", .waits = true, .on_message = on_message};
    struct journal_stats stats;
    struct journal *journal;
    struct diag diag = {{0}};
    unsigned long read;
    unsigned long bytes;
    double took;
    double cpu = cpu_seconds();

    (void)snprintf(path, sizeof(path), "%s/bench-journal-%ld.db", folder, (long)getpid());
    journal = journal_open(&options, &diag);
    if (journal == NULL) {
        (void)fprintf(stderr, "%s\n", diag.text);
        return 1;
    }
    took = write_all(journal, num);
    journal_stats(journal, &stats);
    cpu = cpu_seconds() - cpu;
    printf("written: %llu findings in %.2f s, %.0f a second (%.1f us of CPU), %llu bytes each\n",
           (unsigned long long)stats.written, took, (double)stats.written / took,
           cpu / (double)stats.written * 1e6,
           (unsigned long long)(stats.bytes / (stats.written > 0 ? stats.written : 1)));
    cpu = cpu_seconds();
    took = read_all(journal, &read, &bytes);
    cpu = cpu_seconds() - cpu;
    printf(
        "read:    %lu findings in %.2f s, %.0f a second (%.1f us of CPU), %lu bytes of JSON each\n",
        read, took, (double)read / took, cpu / (double)read * 1e6, bytes / (read > 0 ? read : 1));
    journal_close(journal);
    (void)unlink(path);
    return read == num ? 0 : 1;
}
