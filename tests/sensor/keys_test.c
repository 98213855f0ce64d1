#include "sensor/keys.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/test.h"

#define OCTETS8(digits)  digits digits digits digits digits digits digits digits
#define OCTETS32(digits) OCTETS8(digits) OCTETS8(digits) OCTETS8(digits) OCTETS8(digits)
#define SECRET           OCTETS32("5e") OCTETS8("5e") OCTETS8("5e")
#define LINE(digits)     "CLIENT_RANDOM " OCTETS32(digits) " " SECRET
/* What no message may hold: a part of the secret, a part of a client random. */
#define PLANTED "5e5e5e5e"

static const uint8_t seed[HMAP_SEED_SIZE];

static char folder[64];
static char path[1][CONFIG_TEXT_SIZE];
static char spare[CONFIG_TEXT_SIZE]; /* another file in the folder */
static struct keystore *keystore;
static struct keys *keys;

static int begin(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/basictap-keys-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    (void)snprintf(path[0], sizeof(path[0]), "%s/fleet.keys", folder);
    (void)snprintf(spare, sizeof(spare), "%s/spare", folder);
    keystore = keystore_new(0, seed);
    return keystore == NULL;
}

static int end(void **state)
{
    (void)state;
    keys_close(keys);
    keys = NULL;
    keystore_free(keystore);
    (void)unlink(path[0]);
    (void)unlink(spare);
    return rmdir(folder);
}

static void put(const char *name, const char *mode, const char *text)
{
    FILE *file = fopen(name, mode);

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static bool open_keys(bool live, struct diag *diag)
{
    keys = keys_open(&(struct keys_options){.keylogs = (const char(*)[CONFIG_TEXT_SIZE])path,
                                            .num_keylogs = 1,
                                            .live = live},
                     keystore, diag);
    return keys != NULL;
}

static void open_all(void)
{
    struct diag diag = {{0}};

    assert_true(open_keys(false, &diag));
}

/* Calls until it was time to look. */
static bool look(void)
{
    bool is_added = false;

    for (int i = 0; i < 100; i++) {
        is_added = keys_poll(keys, false) || is_added;
    }
    return is_added;
}

static bool has(uint8_t octet)
{
    uint8_t client_random[TLS_RANDOM_SIZE];

    memset(client_random, octet, sizeof(client_random));
    return keystore_find(keystore, client_random, SECRET_MASTER).len == TLS_MASTER_SIZE;
}

/* What is told on standard error until stop_listening. */
static int told;
static int kept_error;

static void listen_to_errors(void)
{
    assert_int_equal(fflush(stderr), 0);
    told = open(spare, O_RDWR | O_CREAT | O_TRUNC, 0600);
    kept_error = dup(STDERR_FILENO);
    assert_true(told >= 0 && kept_error >= 0);
    assert_int_equal(dup2(told, STDERR_FILENO), STDERR_FILENO);
}

static void stop_listening(char *text, size_t size)
{
    ssize_t len;

    assert_int_equal(fflush(stderr), 0);
    assert_int_equal(dup2(kept_error, STDERR_FILENO), STDERR_FILENO);
    assert_int_equal(close(kept_error), 0);
    len = pread(told, text, size - 1, 0);
    assert_true(len >= 0);
    text[len] = '\0';
    assert_int_equal(close(told), 0);
}

static void what_stands_in_a_file_is_there_before_the_first_packet(void **state)
{
    (void)state;
    put(path[0], "we", "# fleet\n" LINE("a1") "\n" LINE("b2") "\n");
    open_all();
    assert_true(keys_are_given(keys));
    assert_true(has(0xa1));
    assert_true(has(0xb2));
    assert_false(look());
}

static void a_file_is_followed_while_it_grows(void **state)
{
    (void)state;
    put(path[0], "we", "");
    open_all();
    assert_false(has(0xa1));
    put(path[0], "ae", LINE("a1") "\n");
    assert_true(look());
    assert_true(has(0xa1));
    put(path[0], "ae", LINE("b2") "\n");
    assert_true(look());
    assert_true(has(0xb2));
}

static void a_line_waits_for_its_end(void **state)
{
    struct keystore_stats stats;

    (void)state;
    put(path[0], "we", "");
    open_all();
    put(path[0], "ae", "CLIENT_RANDOM " OCTETS32("a1"));
    assert_false(look());
    put(path[0], "ae", " " OCTETS32("5e"));
    assert_false(look());
    put(path[0], "ae", OCTETS8("5e") OCTETS8("5e"));
    assert_false(look());
    put(path[0], "ae", "\r\n");
    assert_true(look());
    assert_true(has(0xa1));
    keystore_stats(keystore, &stats);
    assert_int_equal(stats.malformed, 0);
}

static void a_last_line_without_its_end_counts(void **state)
{
    (void)state;
    put(path[0], "we", LINE("a1") "\n" LINE("b2"));
    open_all(); /* a whole line to all appearances */
    assert_true(has(0xb2));
    put(path[0], "ae", "\n" LINE("c3"));
    assert_false(look());
    assert_true(keys_poll(keys, true));
    assert_true(has(0xc3));
}

static void half_a_line_at_the_start_is_no_fault(void **state)
{
    struct keystore_stats stats;

    (void)state;
    put(path[0], "we", "CLIENT_RANDOM " OCTETS32("a1") " 5e5e");
    open_all();
    put(path[0], "ae", OCTETS32("5e") OCTETS8("5e") "5e5e5e5e5e5e\n");
    assert_true(look());
    assert_true(has(0xa1));
    keystore_stats(keystore, &stats);
    assert_int_equal(stats.malformed, 0);
}

static void a_file_that_is_emptied_begins_anew(void **state)
{
    (void)state;
    put(path[0], "we", LINE("a1") "\n" LINE("a2") "\nCLIENT_RAN");
    open_all();
    put(path[0], "we", LINE("b2") "\n");
    assert_true(look());
    assert_true(has(0xb2));
    assert_true(has(0xa1));
}

static void a_file_that_is_replaced_is_read_to_its_end_and_then_the_new_one(void **state)
{
    (void)state;
    put(path[0], "we", LINE("a1") "\n");
    open_all();
    put(path[0], "ae", LINE("a2") "\n");
    put(spare, "we", LINE("b2") "\n" LINE("b3") "\n");
    assert_int_equal(rename(spare, path[0]), 0);
    assert_true(look());
    assert_true(has(0xa2));
    assert_true(has(0xb2));
    put(path[0], "ae", LINE("c3") "\n");
    assert_true(look());
    assert_true(has(0xc3));
}

static void a_file_that_is_moved_away_is_followed_until_there_is_another(void **state)
{
    (void)state;
    put(path[0], "we", LINE("a1") "\n");
    open_all();
    assert_int_equal(rename(path[0], spare), 0);
    put(spare, "ae", LINE("a2") "\n");
    assert_true(look());
    assert_true(has(0xa2));
    put(path[0], "we", LINE("b2") "\n");
    assert_true(look());
    assert_true(has(0xb2));
}

static void a_new_file_that_cannot_be_opened_is_told_once(void **state)
{
    char words[1024];

    (void)state;
    put(path[0], "we", LINE("a1") "\n");
    open_all();
    assert_int_equal(unlink(path[0]), 0);
    assert_int_equal(mkdir(path[0], 0700), 0); /* in its place something that is no file */
    listen_to_errors();
    assert_false(look());
    assert_false(look());
    stop_listening(words, sizeof(words));
    assert_int_equal(rmdir(path[0]), 0);
    assert_non_null(strstr(words, "fleet.keys: neither a file nor a FIFO"));
    assert_ptr_equal(strchr(words, '\n'), words + strlen(words) - 1);
}

static void a_fifo_is_read_as_its_writers_come_and_go(void **state)
{
    FILE *writer;

    (void)state;
    assert_int_equal(mkfifo(path[0], 0600), 0);
    open_all(); /* nobody writes yet, and nobody waits */
    assert_false(look());
    put(path[0], "we", LINE("a1") "\n");
    assert_true(look()); /* the writer is gone already, what he wrote is not */
    assert_true(has(0xa1));
    writer = fopen(path[0], "we");
    assert_non_null(writer);
    assert_true(fputs(LINE("b2") "\n" LINE("b3"), writer) >= 0);
    assert_int_equal(fflush(writer), 0);
    assert_true(look());
    assert_true(has(0xb2));
    assert_false(has(0xb3));
    assert_int_equal(fclose(writer), 0);
    assert_true(look()); /* who went away leaves his last line whole */
    assert_true(has(0xb3));
    writer = fopen(path[0], "we");
    assert_non_null(writer);
    assert_true(fputs(LINE("c3") "\n", writer) >= 0);
    assert_int_equal(fflush(writer), 0);
    assert_true(look());
    assert_int_equal(fclose(writer), 0);
    assert_true(has(0xc3));
}

static void live_a_file_is_looked_at_once_a_second(void **state)
{
    struct diag diag = {{0}};

    (void)state;
    put(path[0], "we", "");
    assert_true(open_keys(true, &diag));
    (void)keys_poll(keys, false);
    put(path[0], "ae", LINE("a1") "\n");
    assert_false(look()); /* a hundred calls in no time */
    assert_int_equal(usleep(1000000), 0);
    assert_true(look());
    assert_true(has(0xa1));
}

static void a_file_that_is_not_there_is_named(void **state)
{
    struct diag diag = {{0}};
    char wanted[CONFIG_TEXT_SIZE + 64];

    (void)state;
    assert_false(open_keys(false, &diag));
    (void)snprintf(wanted, sizeof(wanted), "%s: No such file or directory", path[0]);
    assert_string_equal(diag.text, wanted);
    assert_int_equal(mkdir(path[0], 0700), 0);
    assert_false(open_keys(false, &diag));
    assert_int_equal(rmdir(path[0]), 0);
    (void)snprintf(wanted, sizeof(wanted), "%s: neither a file nor a FIFO", path[0]);
    assert_string_equal(diag.text, wanted);
}

static void a_log_that_never_ends_does_not_keep_us_from_starting(void **state)
{
    struct diag diag = {{0}};

    (void)state;
    assert_int_equal(symlink("/dev/zero", path[0]), 0);
    assert_true(open_keys(true, &diag));
}

static void an_rsa_key_that_is_none_is_named_and_not_shown(void **state)
{
    struct keys_options options = {.rsa_keys = (const char(*)[CONFIG_TEXT_SIZE])path,
                                   .num_rsa_keys = 1};
    struct diag diag = {{0}};

    (void)state;
    assert_null(keys_open(&options, keystore, &diag));
    assert_non_null(strstr(diag.text, "fleet.keys: No such file"));
    put(path[0], "we", "-----BEGIN PRIVATE KEY-----\n" PLANTED "\n");
    assert_int_equal(chmod(path[0], 0600), 0);
    assert_null(keys_open(&options, keystore, &diag));
    assert_int_equal(strncmp(diag.text, path[0], strlen(path[0])), 0);
    assert_null(strstr(diag.text, PLANTED));
    assert_false(keystore_has_rsa(keystore));
}

static void the_first_bad_line_is_told_by_its_place_and_never_by_its_words(void **state)
{
    char words[1024];
    struct keystore_stats stats;

    (void)state;
    put(path[0], "we", LINE("a1") "\n" LINE("b2") "5e\nCLIENT_RANDOM 5e5e5e5e\n" LINE("c3") "\n");
    listen_to_errors();
    open_all();
    stop_listening(words, sizeof(words));
    assert_non_null(strstr(words, "fleet.keys:2: not a line of a key log"));
    assert_ptr_equal(strchr(words, '\n'), words + strlen(words) - 1);
    assert_null(strstr(words, PLANTED));
    assert_true(has(0xc3));
    keystore_stats(keystore, &stats);
    assert_int_equal(stats.malformed, 2);
}

static void a_line_longer_than_any_is_passed_over_whole(void **state)
{
    static char text[5 * KEYSTORE_LINE_MAX];

    (void)state;
    memset(text, 'A', sizeof(text) - 1);
    text[0] = '#';
    put(path[0], "we", text);
    put(path[0], "ae", LINE("a1") "\n" LINE("b2") "\n");
    open_all();
    assert_false(has(0xa1)); /* it ended the long line */
    assert_true(has(0xb2));
}

static void secrets_of_a_capture_file_count_where_they_are_of_tls(void **state)
{
    struct keys_stats stats;

    (void)state;
    put(path[0], "we", "");
    open_all();
    keys_on_secrets(keys, 0x544c534b, BYTES(LINE("a1") "\n"));
    keys_on_secrets(keys, 0x57474b4c, BYTES(LINE("b2") "\n")); /* WireGuard's */
    assert_true(has(0xa1));
    assert_false(has(0xb2));
    keys_stats(keys, &stats);
    assert_int_equal(stats.secrets_blocks, 1);
    assert_int_equal(stats.other_secrets, 1);
}

static void without_any_file_nothing_is_waited_for(void **state)
{
    struct keys_options options = {.num_keylogs = 0};
    struct diag diag = {{0}};

    (void)state;
    keys = keys_open(&options, keystore, &diag);
    assert_non_null(keys);
    assert_false(keys_are_given(keys));
    assert_false(keys_poll(keys, false));
    assert_false(keys_poll(keys, true));
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CLAIM(what_stands_in_a_file_is_there_before_the_first_packet),
        CLAIM(a_file_is_followed_while_it_grows),
        CLAIM(a_line_waits_for_its_end),
        CLAIM(a_last_line_without_its_end_counts),
        CLAIM(half_a_line_at_the_start_is_no_fault),
        CLAIM(a_file_that_is_emptied_begins_anew),
        CLAIM(a_file_that_is_replaced_is_read_to_its_end_and_then_the_new_one),
        CLAIM(a_file_that_is_moved_away_is_followed_until_there_is_another),
        CLAIM(a_new_file_that_cannot_be_opened_is_told_once),
        CLAIM(a_fifo_is_read_as_its_writers_come_and_go),
        CLAIM(live_a_file_is_looked_at_once_a_second),
        CLAIM(a_file_that_is_not_there_is_named),
        CLAIM(a_log_that_never_ends_does_not_keep_us_from_starting),
        CLAIM(an_rsa_key_that_is_none_is_named_and_not_shown),
        CLAIM(the_first_bad_line_is_told_by_its_place_and_never_by_its_words),
        CLAIM(a_line_longer_than_any_is_passed_over_whole),
        CLAIM(secrets_of_a_capture_file_count_where_they_are_of_tls),
        CLAIM(without_any_file_nothing_is_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
