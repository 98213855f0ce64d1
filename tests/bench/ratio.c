/*
 * ratio: what the sensor costs, as a ratio to a bare libpcap loop over the same file.
 *
 *     ratio BASICTAP FILE [ROUNDS [OPTION...]]
 *
 * Options are for the sensor: `--keylog FILE`. Runs both in turns as processes of their own, on one
 * core, and compares the CPU time (user and system) of their fastest rounds: machines are shared
 * and noisy, a ratio of neighbours is not. Packets per second are those of one core, by CPU time as
 * well. Prints one line:
 *
 *     FILE packets N  bare N ns/packet  sensor N ns/packet  N packets/s  ratio N  peak N MiB
 */
#include <pcap/pcap.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct cost {
    double seconds; /* CPU */
    double peak_mib;
};

/* What is stored here cannot be left out by the compiler. */
static volatile uint64_t sink;

/* The cheapest program that libpcap allows: every frame is fetched and its first 64 bytes are
 * touched. */
static uint64_t bare_loop(const char *path)
{
    char error[PCAP_ERRBUF_SIZE];
    pcap_t *pcap = pcap_open_offline(path, error);
    struct pcap_pkthdr *header;
    const u_char *data;
    uint64_t num = 0;
    uint64_t sum = 0;

    if (pcap == NULL) {
        (void)fprintf(stderr, "ratio: %s: %s\n", path, error);
        exit(1);
    }
    while (pcap_next_ex(pcap, &header, &data) == 1) {
        uint64_t words[8] = {0};

        memcpy(words, data, header->caplen < sizeof(words) ? header->caplen : sizeof(words));
        for (size_t i = 0; i < 8; i++) {
            sum += words[i];
        }
        num++;
    }
    sink = sum;
    pcap_close(pcap);
    return num;
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

/* The sensor's command line; options end with NULL. */
static char **new_command(char *program, char *path, char **options)
{
    static char fixed[][10] = {"replay", "--quiet", "--output", "/dev/null"};
    enum { NUM_FIXED = sizeof(fixed) / sizeof(*fixed) };
    size_t num_options = 0;
    char **command;

    while (options[num_options] != NULL) {
        num_options++;
    }
    command = calloc(NUM_FIXED + num_options + 3, sizeof(*command));
    if (command == NULL) {
        perror("ratio");
        exit(1);
    }
    command[0] = program;
    for (size_t i = 0; i < NUM_FIXED; i++) {
        command[i + 1] = fixed[i];
    }
    memcpy(command + 1 + NUM_FIXED, options, num_options * sizeof(*options));
    command[1 + NUM_FIXED + num_options] = path;
    return command;
}

/* Runs the sensor, or the bare loop if there is no command, in a child on this core. */
static struct cost run(char **command, const char *path)
{
    struct rusage usage;
    pid_t child = fork();
    int status;

    if (child == 0) {
        if (command == NULL) {
            (void)bare_loop(path);
            _exit(0);
        }
        (void)execv(command[0], command);
        perror(command[0]);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0) {
        (void)fprintf(stderr, "ratio: %s %s failed\n",
                      command != NULL ? command[0] : "the bare loop", path);
        exit(1);
    }
    return (struct cost){seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime),
                         (double)usage.ru_maxrss / 1024};
}

static void keep_least(struct cost *least, struct cost cost)
{
    least->seconds =
        least->seconds == 0 || cost.seconds < least->seconds ? cost.seconds : least->seconds;
    least->peak_mib = cost.peak_mib > least->peak_mib ? cost.peak_mib : least->peak_mib;
}

int main(int argc, char **argv)
{
    int rounds = argc > 3 ? atoi(argv[3]) : 5;
    struct cost bare = {0};
    struct cost sensor = {0};
    double packets;
    char **command;
    cpu_set_t core;

    if (argc < 3 || rounds < 1) {
        (void)fprintf(stderr, "usage: ratio BASICTAP FILE [ROUNDS [OPTION...]]\n");
        return 2;
    }
    command = new_command(argv[1], argv[2], argc > 4 ? argv + 4 : argv + argc);
    CPU_ZERO(&core);
    CPU_SET(sched_getcpu() >= 0 ? (unsigned)sched_getcpu() : 0u, &core);
    (void)sched_setaffinity(0, sizeof(core), &core);
    packets = (double)bare_loop(argv[2]); /* the file is in memory from here on */
    for (int i = 0; i < rounds; i++) {
        keep_least(&bare, run(NULL, argv[2]));
        keep_least(&sensor, run(command, argv[2]));
    }
    (void)printf("%s packets %.0f  bare %.1f ns/packet  sensor %.1f ns/packet  %.0f packets/s  "
                 "ratio %.2f  peak %.0f MiB\n",
                 argv[2], packets, bare.seconds / packets * 1e9, sensor.seconds / packets * 1e9,
                 packets / sensor.seconds, sensor.seconds / bare.seconds, sensor.peak_mib);
    free(command);
    return 0;
}
