/*
 * makecapture: makes captures with known contents, for measuring and for checking a sensor.
 *
 * All names, users and passwords in them are made up. `usage` below has the options,
 * tests/bench/README.md what the profiles stress.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/makecapture/makecapture.h"

struct options options = {.profile = "mixed",
                          .seed = 1,
                          .packets = 1600000,
                          .flows = 1000000,
                          .bytes = 4000000,
                          .negatives = 0.10,
                          .fail = 0.15,
                          .v6 = 0.05};
struct totals totals;

static const char usage[] =
    "usage: bench_makecapture --profile NAME --out FILE|- [options]\n"
    "  --profile NAME   mixed, flows, logins, tlsbulk, anybulk or tlslogins\n"
    "  --truth FILE     what is in it: a JSON object a line, for every login\n"
    "  --keys FILE      tlsbulk, tlslogins: the secrets of all sessions (NSS key log)\n"
    "  --seed N         same seed and options, same bytes (1)\n"
    "  --packets N      mixed: how many packets (1600000)\n"
    "  --flows N        flows: how many flows (1000000)\n"
    "  --sessions N     how many sessions (logins 200000, tlslogins 20000, tlsbulk, anybulk 50)\n"
    "  --bytes N        tlsbulk, anybulk: of a download (4000000)\n"
    "  --live N         flows live at once (mixed 50000, flows all, logins, tlslogins 2000,\n"
    "                   tlsbulk, anybulk 10)\n"
    "  --negatives P    share of sessions without Basic Authentication (0.10)\n"
    "  --fail P         share of logins that are refused (0.15)\n"
    "  --split P        share of credential lines that are cut into two segments (0)\n"
    "  --wild           keywords and names of header fields in odd case\n"
    "  --reorder P      share of full segments that are overtaken (0)\n"
    "  --retrans P      share of segments that are sent twice (0)\n"
    "  --drop P         share of packets that the capture lost (0)\n"
    "  --v6 P           share of flows over IPv6 (0.05)\n"
    "  --vlan ID        802.1Q tag (none)\n"
    "  --pps N          packets per second of capture time\n";

enum kind { KIND_FLAG, KIND_TEXT, KIND_NUMBER, KIND_REAL };

static const struct {
    const char *name;
    enum kind kind;
    void *value;
} known[] = {
    {"profile", KIND_TEXT, (void *)&options.profile},
    {"out", KIND_TEXT, (void *)&options.out},
    {"truth", KIND_TEXT, (void *)&options.truth},
    {"keys", KIND_TEXT, (void *)&options.keys},
    {"seed", KIND_NUMBER, &options.seed},
    {"packets", KIND_NUMBER, &options.packets},
    {"flows", KIND_NUMBER, &options.flows},
    {"sessions", KIND_NUMBER, &options.sessions},
    {"bytes", KIND_NUMBER, &options.bytes},
    {"live", KIND_NUMBER, &options.live},
    {"vlan", KIND_NUMBER, &options.vlan},
    {"negatives", KIND_REAL, &options.negatives},
    {"fail", KIND_REAL, &options.fail},
    {"split", KIND_REAL, &options.split},
    {"reorder", KIND_REAL, &options.reorder},
    {"retrans", KIND_REAL, &options.retrans},
    {"drop", KIND_REAL, &options.drop},
    {"v6", KIND_REAL, &options.v6},
    {"pps", KIND_REAL, &options.pps},
    {"wild", KIND_FLAG, &options.wild},
};
enum { NUM_KNOWN = sizeof(known) / sizeof(*known) };

static void refuse(const char *words)
{
    (void)fprintf(stderr, "bench_makecapture: %s\n%s", words, usage);
    exit(2);
}

static void set_option(enum kind kind, void *value, const char *text)
{
    char *end = NULL;

    errno = 0;
    if (kind == KIND_FLAG) {
        *(bool *)value = true;
    } else if (kind == KIND_TEXT) {
        *(const char **)value = text;
    } else if (kind == KIND_NUMBER) {
        *(uint64_t *)value = strtoull(text, &end, 0);
    } else {
        *(double *)value = strtod(text, &end);
    }
    if (end != NULL && (errno != 0 || end == text || *end != '\0')) {
        refuse("that is no number");
    }
}

static void read_options(int argc, char **argv)
{
    struct option list[NUM_KNOWN + 2] = {{.name = "help", .val = 'h'}};
    int word;
    int i;

    for (i = 0; i < NUM_KNOWN; i++) {
        list[i + 1] = (struct option){.name = known[i].name, .has_arg = known[i].kind != KIND_FLAG};
    }
    while ((word = getopt_long(argc, argv, "h", list, &i)) != -1) {
        if (word == 'h') {
            (void)fputs(usage, stdout);
            exit(0);
        }
        if (word != 0) {
            refuse("unknown option");
        }
        set_option(known[i - 1].kind, known[i - 1].value, optarg);
    }
    if (options.out == NULL || optind < argc) {
        refuse("--out FILE is needed, and nothing but options");
    }
}

static void print_totals(void)
{
    (void)fprintf(
        stderr, "%s: seed %llu: %llu packets, %llu bytes, %llu flows, %llu logins, %llu Basic\n",
        options.profile, (unsigned long long)options.seed, (unsigned long long)totals.packets,
        (unsigned long long)totals.bytes, (unsigned long long)totals.flows,
        (unsigned long long)totals.logins, (unsigned long long)totals.basic);
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    random_seed(options.seed);
    if (options.truth != NULL) {
        truth_open(options.truth);
    }
    if (options.keys != NULL) {
        keys_open(options.keys);
    }
    capture_open(options.out);
    if (!profile_run()) {
        refuse("no such profile");
    }
    capture_close();
    truth_close();
    keys_close();
    print_totals();
    return 0;
}
