#include "sensor/options.h"

#include <getopt.h>
#include <string.h>

/* Long options without a letter. */
enum {
    OPTION_FORMAT = 256,
    OPTION_REDIS,
    OPTION_CONFIG,
    OPTION_BPF,
    OPTION_EACH,
    OPTION_RULES,
    OPTION_NAME,
    OPTION_KEYLOG,
    OPTION_RSA_KEY,
    OPTION_CHECK,
    OPTION_SET,
    OPTION_STORE,
    OPTION_KEY,
    OPTION_MATCH
};

static const char letters[] = ":hVi:o:q"; /* the colon: a missing argument is told apart */

static const struct option long_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"interface", required_argument, NULL, 'i'},
    {"output", required_argument, NULL, 'o'},
    {"quiet", no_argument, NULL, 'q'},
    {"format", required_argument, NULL, OPTION_FORMAT},
    {"redis", required_argument, NULL, OPTION_REDIS},
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"bpf", required_argument, NULL, OPTION_BPF},
    {"each", no_argument, NULL, OPTION_EACH},
    {"rules", required_argument, NULL, OPTION_RULES},
    {"name", required_argument, NULL, OPTION_NAME},
    {"keylog", required_argument, NULL, OPTION_KEYLOG},
    {"rsa-key", required_argument, NULL, OPTION_RSA_KEY},
    {"check", no_argument, NULL, OPTION_CHECK},
    {"set", required_argument, NULL, OPTION_SET},
    {"store", required_argument, NULL, OPTION_STORE},
    {"key", required_argument, NULL, OPTION_KEY},
    {"match", required_argument, NULL, OPTION_MATCH},
    {NULL, 0, NULL, 0},
};

static const char *const commands[NUM_COMMANDS] = {
    [COMMAND_NONE] = "",         [COMMAND_REPLAY] = "replay",   [COMMAND_LISTEN] = "listen",
    [COMMAND_REPORT] = "report", [COMMAND_RESOLVE] = "resolve", [COMMAND_SHAPES] = "shapes",
};

#define SHARED_HELP                                                                                \
    "  -o, --output FILE     write the answer there instead of to standard output\n"               \
    "      --format FORMAT   table (default) or ecs: one JSON document a line\n"                   \
    "      --redis URL       also publish to Redis: redis://[user@]host[:port][/db], rediss://\n"  \
    "                        (TLS), redis+sentinel://host,host/master, "                           \
    "redis+cluster://host,host\n"                                                                  \
    "                        or unix:///path; the password comes from the environment variable\n"  \
    "                        BASICTAP_REDIS_PASSWORD or a file named in the configuration\n"       \
    "      --store FILE      keep findings there (the journal); what a receiver does not have\n"   \
    "                        yet is sent by the next run\n"                                        \
    "      --config FILE     read a configuration (YAML)\n"                                        \
    "      --bpf FILTER      look only at packets that match, as for tcpdump(8)\n"                 \
    "      --keylog FILE     open TLS sessions with this key log (NSS format, a file that may\n"   \
    "                        grow, or a FIFO); may be given several times\n"                       \
    "      --rsa-key FILE    open TLS sessions whose key exchange is static RSA with this\n"       \
    "                        server's key (PEM); may be given several times\n"                     \
    "      --each            one finding an attempt: equal attempts are not merged\n"              \
    "      --rules DIR       read rules from there instead of from where they are installed\n"     \
    "      --name SENSOR     the name of this sensor in findings\n"                                \
    "  -q, --quiet           no notices and no progress, only warnings and errors\n"               \
    "  -h, --help            this text\n"

static const char *const helps[NUM_COMMANDS] = {
    [COMMAND_NONE] =
        "basictap tells which devices still use Basic Authentication against Exchange.\n"
        "\n"
        "usage: basictap replay [options] FILE|-...    read capture files\n"
        "       basictap listen -i IFACE [options]     listen on a network interface\n"
        "       basictap report [options]              answer from what was kept\n"
        "       basictap resolve --key FILE [NAMES]    from pseudonyms back to names\n"
        "       basictap shapes --check [options] FILE|DIR...\n"
        "                                              is inference right, where keys tell?\n"
        "       basictap COMMAND --help                the options of a command\n"
        "       basictap --version\n"
        "\n"
        "Everything is in basictap(1).\n",
    [COMMAND_REPLAY] =
        "usage: basictap replay [options] FILE|-...\n"
        "\n"
        "Reads captures (pcap or pcapng, - is standard input) in the order given, as one\n"
        "timeline, and answers: which device uses Basic Authentication, for what, as whom.\n"
        "\n" SHARED_HELP "\n"
        "Exit status: 0 done; 1 an input was damaged or a record could not be delivered, the\n"
        "rest counts; 2 usage or set-up; 130 or 143 ended early by a signal, the answer stands\n"
        "for what was read until then.\n",
    [COMMAND_LISTEN] =
        "usage: basictap listen -i IFACE [options]\n"
        "\n"
        "Listens on an interface, says what is new as it is seen, and answers like replay on\n"
        "SIGUSR1 and at the end (SIGINT, SIGTERM).\n"
        "\n"
        "  -i, --interface IFACE where to listen\n" SHARED_HELP "\n"
        "Findings are kept in /var/lib/basictap/journal.db unless --store names another file.\n"
        "\n"
        "Exit status: 0 ended by a signal; 1 a record could not be delivered; 2 usage or set-up.\n",
    [COMMAND_SHAPES] =
        "usage: basictap shapes --check [options] CAPTURE|DIRECTORY|LIST...\n"
        "\n"
        "Opens each capture with its keys, compares what the shape of its encrypted sessions says\n"
        "with what is in them, and prints for each protocol how often it was right, wrong or\n"
        "undecided, and whether its confidence is earned. NAME.keys beside NAME.pcapng is used. A\n"
        "directory stands for its captures, or for its manifest.tsv if it has one; a LIST (.tsv)\n"
        "for the captures that its column \"file\" names, beside it or in its folder captures/.\n"
        "\n"
        "      --check           what to do; there is nothing else\n"
        "      --set NAME        only those whose column \"set\" says so\n"
        "      --each            every session, not only those that were judged wrongly\n"
        "  -o, --output FILE     write the tables there instead of to standard output\n"
        "      --config FILE     read a configuration (YAML)\n"
        "      --bpf FILTER      look only at packets that match, as for tcpdump(8)\n"
        "      --keylog FILE     use this key log too, for all captures; may be given several "
        "times\n"
        "      --rsa-key FILE    use this server's key (PEM) too; may be given several times\n"
        "      --rules DIR       read rules and shapes from there\n"
        "  -q, --quiet           no progress, only warnings and errors\n"
        "  -h, --help            this text\n"
        "\n"
        "Exit status: 0 done; 1 a capture was damaged, or the tables could not be written; 2 "
        "usage\n"
        "or set-up; 130 or 143 ended early by a signal, the tables stand for what was read.\n",
    [COMMAND_REPORT] =
        "usage: basictap report [--store FILE] [options]\n"
        "\n"
        "Answers from a journal, also while a sensor writes it: the table of every device that "
        "was\n"
        "ever seen, or the findings that are still kept, as JSON.\n"
        "\n"
        "      --store FILE      the journal; the default is /var/lib/basictap/journal.db\n"
        "  -o, --output FILE     write the answer there instead of to standard output\n"
        "      --format FORMAT   table (default) or ecs: one JSON document a line\n"
        "      --config FILE     read a configuration (YAML)\n"
        "  -q, --quiet           no notices, only warnings and errors\n"
        "  -h, --help            this text\n"
        "\n"
        "Exit status: 0 done; 1 the answer could not be written; 2 usage, or no such journal.\n",
    [COMMAND_RESOLVE] =
        "usage: basictap resolve --key FILE [--match FILE] [NAMES|-]\n"
        "\n"
        "Reads known names (mailboxes; MAC and IP addresses too), one a line, and writes the\n"
        "pseudonym of each, a tab, and the name. NAMES is a file; - or none is standard input.\n"
        "\n"
        "      --key FILE        the key that the pseudonyms were made with; the default is\n"
        "                        pseudonyms.key_file of the configuration\n"
        "      --match FILE      only pseudonyms that occur in this file, which may be any text;\n"
        "                        of user@domain.example also user and domain\\user are tried, and\n"
        "                        what has matched then stands behind a second tab\n"
        "  -o, --output FILE     write the answer there instead of to standard output\n"
        "      --config FILE     read a configuration (YAML)\n"
        "  -q, --quiet           no notices, only warnings and errors\n"
        "  -h, --help            this text\n"
        "\n"
        "Exit status: 0 done; 1 names could not be read or the answer not be written; 2 usage, or\n"
        "no key.\n",
};

const char *options_help(enum command command)
{
    return helps[command];
}

const char *command_word(enum command command)
{
    return commands[command];
}

static bool set_format(struct options *options, const char *word, struct diag *diag)
{
    if (strcmp(word, "table") == 0) {
        options->format = FORMAT_TABLE;
    } else if (strcmp(word, "ecs") == 0) {
        options->format = FORMAT_ECS;
    } else {
        diag_set(diag, "unknown format '%s': it is table or ecs", word);
        return false;
    }
    return true;
}

/* The member that holds an option's argument; NULL: none does. */
static const char **argument_of(struct options *options, int option)
{
    switch (option) {
    case 'i':
        return &options->interface;
    case 'o':
        return &options->output;
    case OPTION_REDIS:
        return &options->redis_url;
    case OPTION_CONFIG:
        return &options->config;
    case OPTION_BPF:
        return &options->filter;
    case OPTION_RULES:
        return &options->rules;
    case OPTION_NAME:
        return &options->name;
    case OPTION_SET:
        return &options->set;
    case OPTION_STORE:
        return &options->store;
    case OPTION_KEY:
        return &options->key;
    case OPTION_MATCH:
        return &options->match;
    default:
        return NULL;
    }
}

static const char *name_of(int option)
{
    for (const struct option *known = long_options; known->name != NULL; known++) {
        if (known->val == option) {
            return known->name;
        }
    }
    return "?";
}

/* Options that may be given several times. */
static bool add_key(struct options *options, int option, const char *argument, struct diag *diag)
{
    bool is_keylog = option == OPTION_KEYLOG;
    const char **list = is_keylog ? options->keylogs : options->rsa_keys;
    size_t *num = is_keylog ? &options->num_keylogs : &options->num_rsa_keys;

    if (strcmp(argument, "-") == 0) {
        diag_set(diag, "--%s wants a file; standard input (-) is none", name_of(option));
        return false;
    }
    if (*num == OPTIONS_MAX_KEYS) {
        diag_set(diag, "option --%s is given more than %d times", name_of(option),
                 (int)OPTIONS_MAX_KEYS);
        return false;
    }
    list[(*num)++] = argument;
    return true;
}

/* An option that takes an argument; an empty one is a slip of a script, never meant. */
static bool set_argument(struct options *options, int option, const char *argument,
                         struct diag *diag)
{
    const char **member = argument_of(options, option);

    if (option == OPTION_FORMAT) {
        return set_format(options, argument, diag);
    }
    if (argument[0] == '\0') {
        diag_set(diag, "option --%s has an empty argument", name_of(option));
        return false;
    }
    if (member == NULL) {
        return add_key(options, option, argument, diag);
    }
    *member = argument;
    return true;
}

/* What getopt_long could not take: argv[optind - 1] is, or ends with, the culprit. */
static void explain(int found, const char *word, struct diag *diag)
{
    if (found == ':') {
        diag_set(diag, "option --%s needs an argument", name_of(optopt));
    } else if (optopt != 0 && strncmp(word, "--", 2) == 0) {
        diag_set(diag, "option --%s takes no argument", name_of(optopt));
    } else if (optopt == 0) {
        diag_set(diag, "unknown option %s", word);
    } else {
        diag_set(diag, "unknown option -%c", optopt);
    }
}

static enum options_result take_options(int argc, char *argv[], struct options *options,
                                        struct diag *diag)
{
    int found;

    optind = 0; /* GNU: begin anew */
    opterr = 0; /* our own words */
    while ((found = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
        switch (found) {
        case 'h':
            return OPTIONS_HELP;
        case 'V':
            return OPTIONS_VERSION;
        case 'q':
            options->quiet = true;
            break;
        case OPTION_EACH:
            options->each = true;
            break;
        case OPTION_CHECK:
            options->check = true;
            break;
        case ':':
        case '?':
            explain(found, argv[optind - 1], diag);
            return OPTIONS_BAD;
        default:
            if (!set_argument(options, found, optarg, diag)) {
                return OPTIONS_BAD;
            }
        }
    }
    return OPTIONS_RUN;
}

static bool check_shapes(const struct options *options, struct diag *diag)
{
    if (!options->check) {
        diag_set(diag, "shapes wants --check");
    } else if (options->num_files == 0) {
        diag_set(diag, "shapes --check needs a capture, a directory or a list");
    } else if (options->interface != NULL || options->redis_url != NULL || options->name != NULL ||
               options->format != FORMAT_TABLE) {
        diag_set(diag, "shapes prints tables: no --interface, --redis, --name or --format ecs");
    } else {
        return true;
    }
    return false;
}

static bool check_replay(const struct options *options, struct diag *diag)
{
    size_t num_inputs = 0; /* how often standard input is named */

    if (options->interface != NULL) {
        diag_set(diag, "replay reads files; --interface belongs to listen");
        return false;
    }
    if (options->num_files == 0) {
        diag_set(diag, "replay needs a capture file (or - for standard input)");
        return false;
    }
    for (size_t i = 0; i < options->num_files; i++) {
        num_inputs += strcmp(options->files[i], "-") == 0;
    }
    if (num_inputs > 1) {
        diag_set(diag, "standard input (-) can be read once only");
        return false;
    }
    return true;
}

static bool check_listen(const struct options *options, struct diag *diag)
{
    if (options->num_files > 0) {
        diag_set(diag, "listen takes no file ('%s'); replay does", options->files[0]);
        return false;
    }
    if (options->interface == NULL) {
        diag_set(diag, "listen needs an interface: --interface IFACE");
        return false;
    }
    return true;
}

static bool reads_packets(const struct options *options)
{
    return options->interface != NULL || options->redis_url != NULL || options->filter != NULL ||
           options->num_keylogs + options->num_rsa_keys > 0 || options->each;
}

static bool check_report(const struct options *options, struct diag *diag)
{
    if (options->num_files > 0) {
        diag_set(diag, "report takes no file ('%s'); a journal is named by --store",
                 options->files[0]);
        return false;
    }
    if (reads_packets(options)) {
        diag_set(diag, "report reads a journal: it takes --store, --output, --format and --config");
        return false;
    }
    return true;
}

static bool check_resolve(const struct options *options, struct diag *diag)
{
    if (options->num_files > 1) {
        diag_set(diag, "resolve reads one file of names, not '%s' too", options->files[1]);
        return false;
    }
    if (reads_packets(options) || options->store != NULL || options->format != FORMAT_TABLE) {
        diag_set(diag, "resolve reads names: it takes --key, --match, --output and --config");
        return false;
    }
    if (options->key == NULL && options->config == NULL) {
        diag_set(diag, "resolve needs the key of the pseudonyms: --key FILE");
        return false;
    }
    return true;
}

static bool check(const struct options *options, struct diag *diag)
{
    if (options->command != COMMAND_SHAPES && (options->check || options->set != NULL)) {
        diag_set(diag, "--check and --set belong to shapes");
        return false;
    }
    if (options->command != COMMAND_RESOLVE && (options->key != NULL || options->match != NULL)) {
        diag_set(diag, "--key and --match belong to resolve");
        return false;
    }
    switch (options->command) {
    case COMMAND_REPLAY:
        return check_replay(options, diag);
    case COMMAND_LISTEN:
        return check_listen(options, diag);
    case COMMAND_REPORT:
        return check_report(options, diag);
    case COMMAND_RESOLVE:
        return check_resolve(options, diag);
    case COMMAND_SHAPES:
        return check_shapes(options, diag);
    case COMMAND_NONE:
    case NUM_COMMANDS:
        break;
    }
    return false;
}

static enum command find_command(const char *word)
{
    for (enum command command = COMMAND_NONE + 1; command < NUM_COMMANDS; command++) {
        if (strcmp(word, commands[command]) == 0) {
            return command;
        }
    }
    return COMMAND_NONE;
}

/* basictap without a command: help and version are all there is. */
static enum options_result take_bare(const char *word, struct diag *diag)
{
    if (word == NULL) {
        diag_set(diag, "a command is missing: replay, listen, report, resolve or shapes");
        return OPTIONS_BAD;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        return OPTIONS_HELP;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        return OPTIONS_VERSION;
    }
    diag_set(diag, "unknown %s %s: the commands are replay, listen, report, resolve and shapes",
             word[0] == '-' ? "option" : "command", word);
    return OPTIONS_BAD;
}

enum options_result options_parse(int argc, char *argv[], struct options *options,
                                  struct diag *diag)
{
    enum options_result result;

    *options = (struct options){.command = COMMAND_NONE};
    if (argc > 1) {
        options->command = find_command(argv[1]);
    }
    if (options->command == COMMAND_NONE) {
        return take_bare(argc > 1 ? argv[1] : NULL, diag);
    }
    result = take_options(argc - 1, argv + 1, options, diag);
    if (result != OPTIONS_RUN) {
        return result;
    }
    options->files = (const char *const *)argv + 1 + optind;
    options->num_files = (size_t)(argc - 1 - optind);
    return check(options, diag) ? OPTIONS_RUN : OPTIONS_BAD;
}
