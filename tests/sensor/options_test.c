#include "sensor/options.h"

#include <string.h>

#include "dissectors/base/text.h"
#include "tests/support/test.h"

enum { MAX_WORDS = 32 };

/* Parses a command line written as one string; its words end at single spaces. */
static enum options_result parse(const char *line, struct options *options, struct diag *diag)
{
    static char copy[256]; /* options point into it */
    static char *words[MAX_WORDS + 1];
    int num_words = 0;
    char *rest = copy;

    assert_true(strlen(line) < sizeof(copy));
    memcpy(copy, line, strlen(line) + 1);
    while (rest != NULL) {
        assert_true(num_words < MAX_WORDS);
        words[num_words++] = strsep(&rest, " ");
    }
    words[num_words] = NULL;
    diag->text[0] = '\0';
    return options_parse(num_words, words, options, diag);
}

static void a_replay_takes_files_and_options_in_any_order(void **state)
{
    struct options options;
    struct diag diag;

    (void)state;
    assert_int_equal(
        parse("basictap replay a.pcap --format ecs - -o out b.pcap --each", &options, &diag),
        OPTIONS_RUN);
    assert_int_equal(options.command, COMMAND_REPLAY);
    assert_int_equal(options.format, FORMAT_ECS);
    assert_true(options.each);
    assert_false(options.quiet);
    assert_string_equal(options.output, "out");
    assert_int_equal(options.num_files, 3);
    assert_string_equal(options.files[0], "a.pcap");
    assert_string_equal(options.files[1], "-");
    assert_string_equal(options.files[2], "b.pcap");
}

static void listen_takes_an_interface(void **state)
{
    struct options options;
    struct diag diag;

    (void)state;
    assert_int_equal(parse("basictap listen -i eth0 --redis redis://h --name tap -q --bpf tcp "
                           "--config c.yml",
                           &options, &diag),
                     OPTIONS_RUN);
    assert_int_equal(options.command, COMMAND_LISTEN);
    assert_string_equal(options.interface, "eth0");
    assert_string_equal(options.redis_url, "redis://h");
    assert_string_equal(options.name, "tap");
    assert_string_equal(options.filter, "tcp");
    assert_string_equal(options.config, "c.yml");
    assert_true(options.quiet);
}

static void shapes_checks_captures_and_nothing_else(void **state)
{
    struct options options;
    struct diag diag;

    (void)state;
    assert_int_equal(
        parse("basictap shapes --check --set test a b -o out --keylog k", &options, &diag),
        OPTIONS_RUN);
    assert_int_equal(options.command, COMMAND_SHAPES);
    assert_true(options.check);
    assert_string_equal(options.set, "test");
    assert_int_equal(options.num_files, 2);
    assert_int_equal(options.num_keylogs, 1);
    assert_int_equal(parse("basictap shapes a", &options, &diag), OPTIONS_BAD);
    assert_string_equal(diag.text, "shapes wants --check");
    assert_int_equal(parse("basictap shapes --check", &options, &diag), OPTIONS_BAD);
    assert_int_equal(parse("basictap shapes --check a --format ecs", &options, &diag), OPTIONS_BAD);
    assert_int_equal(parse("basictap replay a --check", &options, &diag), OPTIONS_BAD);
    assert_string_equal(diag.text, "--check and --set belong to shapes");
    assert_int_equal(parse("basictap listen -i eth0 --set test", &options, &diag), OPTIONS_BAD);
}

static void keys_may_be_given_several_times(void **state)
{
    struct options options;
    struct diag diag;
    char line[256] = "basictap replay x";

    (void)state;
    assert_int_equal(parse("basictap replay --keylog a x --rsa-key k --keylog=b", &options, &diag),
                     OPTIONS_RUN);
    assert_int_equal(options.num_keylogs, 2);
    assert_string_equal(options.keylogs[0], "a");
    assert_string_equal(options.keylogs[1], "b");
    assert_int_equal(options.num_rsa_keys, 1);
    assert_string_equal(options.rsa_keys[0], "k");
    assert_int_equal(options.num_files, 1);

    for (int i = 0; i < OPTIONS_MAX_KEYS + 1; i++) {
        assert_true(text_append(line, sizeof(line), " --rsa-key=k"));
    }
    assert_int_equal(parse(line, &options, &diag), OPTIONS_BAD);
    assert_string_equal(diag.text, "option --rsa-key is given more than 16 times");
}

static void resolve_takes_a_key_and_names(void **state)
{
    struct options options;
    struct diag diag;

    (void)state;
    assert_int_equal(parse("basictap resolve --key k --match m names", &options, &diag),
                     OPTIONS_RUN);
    assert_int_equal(options.command, COMMAND_RESOLVE);
    assert_string_equal(options.key, "k");
    assert_string_equal(options.match, "m");
    assert_int_equal(options.num_files, 1);
    assert_int_equal(options.num_keylogs, 0);
    assert_int_equal(parse("basictap resolve --config c.yml", &options, &diag), OPTIONS_RUN);
}

static void after_two_dashes_everything_is_a_file(void **state)
{
    struct options options;
    struct diag diag;

    (void)state;
    assert_int_equal(parse("basictap replay -- --each", &options, &diag), OPTIONS_RUN);
    assert_false(options.each);
    assert_string_equal(options.files[0], "--each");
}

static void help_and_version_are_given_with_and_without_a_command(void **state)
{
    static const struct {
        const char *line;
        enum options_result result;
        enum command command;
    } cases[] = {
        {"basictap --help", OPTIONS_HELP, COMMAND_NONE},
        {"basictap -h", OPTIONS_HELP, COMMAND_NONE},
        {"basictap help", OPTIONS_HELP, COMMAND_NONE},
        {"basictap --version", OPTIONS_VERSION, COMMAND_NONE},
        {"basictap replay --help", OPTIONS_HELP, COMMAND_REPLAY},
        {"basictap listen -h", OPTIONS_HELP, COMMAND_LISTEN},
        {"basictap listen -V", OPTIONS_VERSION, COMMAND_LISTEN},
    };
    struct options options;
    struct diag diag;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(parse(cases[i].line, &options, &diag), cases[i].result);
        assert_int_equal(options.command, cases[i].command);
    }
}

static void a_mistake_is_explained(void **state)
{
    static const struct {
        const char *line;
        const char *words;
    } cases[] = {
        {"basictap", "a command is missing: replay, listen, report, resolve or shapes"},
        {"basictap relpay x",
         "unknown command relpay: the commands are replay, listen, report, resolve and shapes"},
        {"basictap --each",
         "unknown option --each: the commands are replay, listen, report, resolve and shapes"},
        {"basictap replay", "replay needs a capture file (or - for standard input)"},
        {"basictap replay - -", "standard input (-) can be read once only"},
        {"basictap replay -i eth0 x", "replay reads files; --interface belongs to listen"},
        {"basictap replay x --fromat ecs", "unknown option --fromat"},
        {"basictap replay x -z", "unknown option -z"},
        {"basictap replay x --each=yes", "option --each takes no argument"},
        {"basictap replay x --format", "option --format needs an argument"},
        {"basictap replay x -o", "option --output needs an argument"},
        {"basictap replay x --format xml", "unknown format 'xml': it is table or ecs"},
        {"basictap replay x --name=", "option --name has an empty argument"},
        {"basictap replay x --keylog -", "--keylog wants a file; standard input (-) is none"},
        {"basictap replay x --rsa-key -", "--rsa-key wants a file; standard input (-) is none"},
        {"basictap replay x --keylog=", "option --keylog has an empty argument"},
        {"basictap listen", "listen needs an interface: --interface IFACE"},
        {"basictap replay x --key k", "--key and --match belong to resolve"},
        {"basictap resolve", "resolve needs the key of the pseudonyms: --key FILE"},
        {"basictap resolve --key k a b", "resolve reads one file of names, not 'b' too"},
        {"basictap resolve --key k --each",
         "resolve reads names: it takes --key, --match, --output and --config"},
        {"basictap listen -i eth0 x", "listen takes no file ('x'); replay does"},
    };
    struct options options;
    struct diag diag;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(parse(cases[i].line, &options, &diag), OPTIONS_BAD);
        assert_string_equal(diag.text, cases[i].words);
    }
}

/* What the help leaves out nobody finds. */
static void every_option_is_in_the_help_and_the_manual(void **state)
{
    static const char *const names[] = {"--output", "--format", "--redis",   "--config",
                                        "--bpf",    "--keylog", "--rsa-key", "--each",
                                        "--rules",  "--name",   "--quiet",   "--help"};
    static const char *const shapes[] = {"--check",  "--set",     "--each",  "--output", "--config",
                                         "--keylog", "--rsa-key", "--rules", "--quiet"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_non_null(strstr(options_help(COMMAND_REPLAY), names[i]));
        assert_non_null(strstr(options_help(COMMAND_LISTEN), names[i]));
    }
    assert_non_null(strstr(options_help(COMMAND_RESOLVE), "--key"));
    assert_non_null(strstr(options_help(COMMAND_RESOLVE), "--match"));
    assert_non_null(strstr(options_help(COMMAND_LISTEN), "--interface"));
    assert_null(strstr(options_help(COMMAND_REPLAY), "--interface"));
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        assert_non_null(strstr(options_help(COMMAND_SHAPES), shapes[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replay_takes_files_and_options_in_any_order),
        cmocka_unit_test(listen_takes_an_interface),
        cmocka_unit_test(shapes_checks_captures_and_nothing_else),
        cmocka_unit_test(keys_may_be_given_several_times),
        cmocka_unit_test(resolve_takes_a_key_and_names),
        cmocka_unit_test(after_two_dashes_everything_is_a_file),
        cmocka_unit_test(help_and_version_are_given_with_and_without_a_command),
        cmocka_unit_test(a_mistake_is_explained),
        cmocka_unit_test(every_option_is_in_the_help_and_the_manual),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
