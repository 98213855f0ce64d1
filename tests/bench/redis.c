/*
 * bench_redis [FINDINGS [ROUNDS]]: findings a second into the journal, from the journal into a
 * Redis on the loopback, and beside it what that Redis does when redis-benchmark calls the same
 * function with the same batch, as many at once. The fastest round of each counts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "export/clock.h"
#include "export/exporter.h"
#include "export/sink/redis_batch.h"
#include "rules/finding.h"
#include "tests/support/redis_server.h"

enum { DEVICES = 500, BATCH = 128, CALLS_AT_ONCE = 8, MAX_WORDS = 20000 };

struct bench {
    struct redis_server server;
    char store[128];
    unsigned num;
    double into_journal; /* findings a second */
    double into_redis;
    double benchmark;
};

static const struct exporter_identity identity = {"bench", "0"};

/* A login over IMAP as a sensor publishes it. */
static struct finding login(unsigned number)
{
    struct finding finding = {
        .last = {(1795248000u + (uint64_t)number / 50) * 1000000000u},
        .start = {(1795248000u + (uint64_t)number / 50) * 1000000000u},
        .count = 1,
        .action = "basic-auth",
        .service = SERVICE_IMAP,
        .mechanism = MECHANISM_IMAP_LOGIN,
        .family = FAMILY_BASIC,
        .outcome = OUTCOME_ACCEPTED,
        .certainty = CERTAINTY_OBSERVED,
        .confidence = -1,
        .policy_switch = "AllowBasicAuthImap",
        .client_app_used = "IMAP4",
        .device_source = "mac",
        .client = {.octets = {10, 0, 0, 7}, .version = 4},
        .client_port = 50123,
        .host_name = "scanner.branch.contoso.com",
        .manufacturer = "Hewlett Packard",
        .software = "MailDevice 4.1",
        .client_name = "MailDevice",
        .server = {.octets = {52, 96, 0, 1}, .version = 4},
        .server_port = 143,
        .server_name = "outlook.office365.com",
        .target = TARGET_ONLINE,
        .target_reason = "host outlook.office365.com",
        .user = "scanner@contoso.com",
        .rule_id = "basic-auth-in-clear",
        .rule_name = "A password was sent in clear",
        .rule_level = LEVEL_HIGH,
        .severity = 73,
        .network_transport = "tcp",
        .network_protocol = "imap",
        .community_id = "1:LQU9qZlK+B5F3KDmev6m5PMibrg=",
        .interface = "eth1",
        .file = "",
    };

    (void)snprintf(finding.id, sizeof(finding.id), "%032x", number);
    (void)snprintf(finding.device_id, sizeof(finding.device_id), "mac:00-1B-54-AA-%02X-%02X",
                   number % DEVICES >> 8, number % DEVICES & 255);
    return finding;
}

static void on_message(void *ctx, const char *words)
{
    (void)ctx;
    (void)fprintf(stderr, "%s\n", words);
}

static struct exporter *open_exporter(struct bench *bench, bool with_redis)
{
    struct exporter_options options = {
        .identity = identity,
        .name_is_given = true,
        .store_path = bench->store,
        .waits = true,
        .redis = {.url = with_redis ? bench->server.url : NULL, .stream_max = 10000000},
        .on_message = on_message,
    };
    struct diag diag = {{0}};
    struct exporter *exporter = exporter_open(&options, &diag);

    if (exporter == NULL) {
        (void)fprintf(stderr, "%s\n", diag.text);
        exit(2);
    }
    return exporter;
}

static void keep_best(double *best, double rate)
{
    *best = rate > *best ? rate : *best;
}

static double since_s(uint64_t begun)
{
    return (double)(clock_now_ns() - begun) / 1e9;
}

/* Each round has a journal of its own, and other findings. */
static void measure_ours(struct bench *bench, unsigned round)
{
    struct exporter *exporter;
    uint64_t begun;
    char count[24];

    (void)snprintf(bench->store, sizeof(bench->store), "%s/%u.db", bench->server.folder, round);
    exporter = open_exporter(bench, false);
    begun = clock_now_ns();
    for (unsigned i = 0; i < bench->num; i++) {
        struct finding finding = login(round * bench->num + i);

        exporter_put(exporter, &finding_schema, &finding);
    }
    (void)exporter_flush(exporter, 600000);
    keep_best(&bench->into_journal, bench->num / since_s(begun));
    exporter_close(exporter);

    (void)redis_server_ask(&bench->server, "FLUSHALL");
    exporter = open_exporter(bench, true);
    begun = clock_now_ns();
    (void)exporter_flush(exporter, 600000);
    keep_best(&bench->into_redis, bench->num / since_s(begun));
    exporter_close(exporter);
    (void)snprintf(count, sizeof(count), "%u", bench->num);
    if (strcmp(redis_server_ask(&bench->server, "XLEN basictap:v1:findings"), count) != 0) {
        (void)fprintf(stderr, "not all findings are in Redis\n");
        exit(2);
    }
}

/* The words of a command as Redis reads it; each gets its NUL in place of the CR that follows. */
static size_t split(struct redis_commands *commands, char **words)
{
    char *at = commands->wire;
    size_t num = strtoul(at + 1, &at, 10);

    for (size_t i = 0; i < num && i < MAX_WORDS; i++) {
        size_t len = strtoul(at + 3, &at, 10); /* CR LF $ */

        words[i] = at + 2;
        at = words[i] + len;
    }
    for (size_t i = 0; i < num; i++) {
        words[i][strcspn(words[i], "\r")] = '\0';
    }
    return num;
}

/* A batch of ours, in which redis-benchmark puts another journal and other ids each time, so that
 * every call is as much work as ours are. */
static size_t make_call(struct redis_commands *commands, char **words)
{
    struct redis_batch_options options = {.prefix = "basictap:v1",
                                          .sensor = "bench",
                                          .journal_id = "__rand_int__",
                                          .kept = 10000000,
                                          .max_devices = 1000000};
    struct record_layout *layout = record_layout_new(&finding_schema, &identity);
    struct record *records[BATCH];

    for (unsigned i = 0; i < BATCH; i++) {
        struct finding finding = login(i);
        struct record *flat;
        uint8_t packed[RECORD_MAX_PACKED];
        size_t len;

        (void)strcpy(finding.id, "__rand_int__00000000000000000000");
        flat = record_new(layout, &finding);
        len = record_pack(flat, packed);
        records[i] = record_unpack(layout, bytes_view(packed, len), i + 1);
        record_free(flat);
    }
    redis_batch_apply(commands, &options, (const struct record *const *)records, BATCH, 0);
    for (unsigned i = 0; i < BATCH; i++) {
        record_free(records[i]);
    }
    record_layout_free(layout);
    return split(commands, words);
}

static void run_benchmark(const struct bench *bench, int output, char **call, size_t num_words)
{
    static char *words[MAX_WORDS + 20];
    char port[16];
    char requests[24];
    const char *const fixed[] = {
        "redis-benchmark", "-p", port,           "-c",   "1", "-P", "8", "-n",
        requests,          "-r", "100000000000", "--csv"};
    size_t num = sizeof(fixed) / sizeof(fixed[0]);

    (void)snprintf(port, sizeof(port), "%u", bench->server.port);
    (void)snprintf(requests, sizeof(requests), "%u", bench->num / BATCH);
    memcpy(words, fixed, sizeof(fixed));
    memcpy(words + num, call, num_words * sizeof(call[0]));
    (void)dup2(output, STDOUT_FILENO);
    (void)execvp(words[0], words);
    _exit(127);
}

/* Requests a second, from the last line of its table: "FCALL ...","123.45",... */
static double parse_rate(const char *table)
{
    const char *line = strrchr(table, '"');

    for (int i = 0; i < 13 && line != NULL && line > table; i++) { /* seven numbers follow */
        while (--line > table && *line != '"') {
        }
    }
    return line != NULL ? atof(line + 1) : 0;
}

static void measure_theirs(struct bench *bench, char **call, size_t num_words)
{
    static char table[8 * 1024 * 1024];
    size_t len = 0;
    int ends[2];
    ssize_t got;
    pid_t pid;

    (void)redis_server_ask(&bench->server, "FLUSHALL");
    if (pipe(ends) != 0 || (pid = fork()) < 0) {
        perror("redis-benchmark");
        exit(2);
    }
    if (pid == 0) {
        run_benchmark(bench, ends[1], call, num_words);
    }
    (void)close(ends[1]);
    while ((got = read(ends[0], table + len, sizeof(table) - 1 - len)) > 0) {
        len += (size_t)got;
    }
    (void)close(ends[0]);
    (void)waitpid(pid, NULL, 0);
    table[len] = '\0';
    keep_best(&bench->benchmark, parse_rate(table) * BATCH);
}

int main(int argc, char **argv)
{
    static char *call[MAX_WORDS];
    struct bench bench = {.num = argc > 1 ? (unsigned)atoi(argv[1]) : 50000};
    unsigned rounds = argc > 2 ? (unsigned)atoi(argv[2]) : 3;
    struct redis_commands commands = {0};
    size_t num_words = make_call(&commands, call);

    if (!redis_server_prepare(&bench.server, "")) {
        (void)fprintf(stderr, "redis-server is not installed\n");
        return 2;
    }
    bench.server.extra = "appendonly no\n";
    redis_server_start(&bench.server);
    for (unsigned round = 0; round < rounds; round++) {
        measure_ours(&bench, round);
        measure_theirs(&bench, call, num_words);
    }
    (void)printf("findings a second, best of %u rounds of %u, batches of %d\n"
                 "into the journal            %10.0f\n"
                 "from it into Redis          %10.0f\n"
                 "redis-benchmark, same calls %10.0f\n"
                 "ratio                       %10.2f (at least 0.50)\n",
                 rounds, bench.num, BATCH, bench.into_journal, bench.into_redis, bench.benchmark,
                 bench.into_redis / bench.benchmark);
    redis_server_clear(&bench.server);
    redis_commands_free(&commands);
    return bench.into_redis >= bench.benchmark / 2 ? 0 : 1;
}
