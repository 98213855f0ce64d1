#include "sensor/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/test.h"

enum { PATH_ROOM = 64 };

/* Writes text to a file of its own and loads it. words: diag's, from the file's name on. */
static bool load(struct config *config, const char *text, char *words, size_t size)
{
    char path[PATH_ROOM] = "/tmp/basictap-config-XXXXXX";
    struct diag diag = {{0}};
    int descriptor = mkstemp(path);
    bool is_loaded;

    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), strlen(text));
    assert_int_equal(close(descriptor), 0);
    config_init(config);
    is_loaded = config_load(config, path, &diag);
    assert_int_equal(unlink(path), 0);
    words[0] = '\0';
    if (!is_loaded) {
        assert_int_equal(strncmp(diag.text, path, strlen(path)), 0);
        (void)snprintf(words, size, "%s", diag.text + strlen(path));
    }
    return is_loaded;
}

static void a_file_changes_what_it_names_and_nothing_else(void **state)
{
    struct config config;
    struct config defaults;
    char words[512];

    (void)state;
    config_init(&defaults);
    assert_true(load(&config,
                     "# the tap in the basement\n"
                     "name: basement\n"
                     "flow:\n"
                     "  max: 5000\n"
                     "  key_vlan: true\n"
                     "devices:\n"
                     "  routers: [00:11:22:33:44:55, 66-77-88-99-aa-bb]\n"
                     "redis:\n"
                     "  url: redis://127.0.0.1\n"
                     "  stream_max: 10\n"
                     "pseudonyms: {users: hmac, mac: clear, ip: drop, key_file: a.key}\n",
                     words, sizeof(words)));
    assert_string_equal(config.name, "basement");
    assert_int_equal(config.flow.max, 5000);
    assert_true(config.flow.key_vlan);
    assert_int_equal(config.flow.idle_seconds, defaults.flow.idle_seconds);
    assert_int_equal(config.devices.num_routers, 2);
    assert_int_equal(config.devices.routers[1].octets[5], 0xbb);
    assert_string_equal(config.redis.url, "redis://127.0.0.1");
    assert_int_equal(config.redis.stream_max, 10);
    assert_string_equal(config.redis.prefix, "");
    assert_int_equal(config.pseudonyms.users, PSEUDONYM_HMAC);
    assert_int_equal(config.pseudonyms.macs, PSEUDONYM_CLEAR);
    assert_int_equal(config.pseudonyms.ips, PSEUDONYM_DROP);
    assert_string_equal(config.pseudonyms.key_file, "a.key");
}

static void keys_are_lists_of_paths(void **state)
{
    struct config config;
    char words[512];

    (void)state;
    assert_true(load(&config,
                     "tls:\n"
                     "  keylog:\n"
                     "    - /run/fleet.keys\n"
                     "    - /run/more.keys\n"
                     "  rsa_key: [/etc/mail.pem]\n"
                     "  wait: never\n"
                     "  max_wait: 5\n",
                     words, sizeof(words)));
    assert_int_equal(config.tls.num_keylogs, 2);
    assert_string_equal(config.tls.keylogs[1], "/run/more.keys");
    assert_int_equal(config.tls.num_rsa_keys, 1);
    assert_string_equal(config.tls.rsa_keys[0], "/etc/mail.pem");
    assert_int_equal(config.tls.wait, CONFIG_WAIT_NEVER);
    assert_int_equal(config.tls.max_wait_seconds, 5);
}

static void sinks_are_a_list(void **state)
{
    struct config config;
    char words[512];

    (void)state;
    assert_true(
        load(&config,
             "sinks:\n"
             "  - type: file\n"
             "    path: /var/log/basictap/findings.cef\n"
             "    format: cef\n"
             "    max_bytes: 0\n"
             "    hours: 1\n"
             "    sync: false\n"
             "  - {type: syslog, url: 'tls://siem', ca: /a.pem, server_name: siem.example}\n",
             words, sizeof(words)));
    assert_int_equal(config.num_sinks, 2);
    assert_int_equal(config.sinks[0].type, CONFIG_SINK_FILE);
    assert_int_equal(config.sinks[0].format, CONFIG_FORMAT_CEF);
    assert_string_equal(config.sinks[0].path, "/var/log/basictap/findings.cef");
    assert_int_equal(config.sinks[0].max_bytes, 0);
    assert_int_equal(config.sinks[0].hours, 1);
    assert_int_equal(config.sinks[0].keep, 7);
    assert_false(config.sinks[0].sync);
    assert_int_equal(config.sinks[1].type, CONFIG_SINK_SYSLOG);
    assert_int_equal(config.sinks[1].format, CONFIG_FORMAT_ECS);
    assert_string_equal(config.sinks[1].url, "tls://siem");
    assert_string_equal(config.sinks[1].server_name, "siem.example");
    assert_true(config.sinks[1].sync);
}

static void a_file_of_comments_changes_nothing(void **state)
{
    struct config config;
    struct config defaults;
    char words[512];

    (void)state;
    config_init(&defaults);
    assert_true(load(&config, "# nothing here\n", words, sizeof(words)));
    assert_int_equal(config.flow.max, defaults.flow.max);
    assert_true(load(&config, "", words, sizeof(words)));
}

static void a_mistake_is_told_with_its_line_and_column(void **state)
{
    static const struct {
        const char *file;
        const char *words;
    } cases[] = {
        {"flow:\n  max: 12000\n  key_vlam: true\n", ":3:3: unknown key 'flow.key_vlam'"},
        {"colour: red\n", ":1:1: unknown key 'colour'"},
        {"\n\nredis:\n  url: a\n  url: b\n", ":5:3: given twice: 'url'"},
        {"flow:\n  max: -1\n", ":2:8: a whole number is wanted, not '-1'"},
        {"flow:\n  max: 12k\n", ":2:8: a whole number is wanted, not '12k'"},
        {"flow:\n  max: '12000'\n", ":2:8: a whole number is wanted, not '12000'"},
        {"flow:\n  max: 3\n", ":2:8: flow.max is 16 to 67108864, not 3"},
        {"flow:\n  max: 99999999999999999999\n",
         ":2:8: a whole number is wanted, not '99999999999999999999'"},
        {"flow:\n  key_vlan: maybe\n", ":2:13: true or false is wanted, not 'maybe'"},
        {"flow: 7\n", ":1:7: keys are wanted below 'flow'"},
        {"name: [a, b]\n", ":1:7: a single value is wanted for 'name'"},
        {"name: ''\n", ":1:7: empty or broken text for 'name'"},
        {"name: \"a\\0b\"\n", ":1:7: empty or broken text for 'name'"},
        {"devices:\n  routers: 00:11:22:33:44:55\n",
         ":2:12: a list is wanted for 'devices.routers'"},
        {"devices:\n  routers:\n    - 00:11:22:33:44:55\n    - 00:11:22\n",
         ":4:7: no MAC address '00:11:22'"},
        {"tls:\n  keylog: a.keys\n", ":2:11: a list is wanted for 'tls.keylog'"},
        {"tls:\n  rsa_key: [a, '']\n", ":2:16: paths are wanted in 'tls.rsa_key'"},
        {"tls:\n  keylog: [a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, b]\n",
         ":2:60: more than 16 key logs, or RSA keys 'b'"},
        {"tls:\n  wait: sometimes\n", ":2:9: auto, always or never is wanted, not 'sometimes'"},
        {"pseudonyms:\n  users: yes\n", ":2:10: clear, hmac or drop is wanted, not 'yes'"},
        {"tls:\n  max_waiting: 1\n", ":2:16: tls.max_waiting is 4096 to 67108864, not 1"},
        {"sinks: file\n", ":1:8: a list is wanted for 'sinks'"},
        {"sinks: [file]\n", ":1:9: keys are wanted in each of 'sinks'"},
        {"sinks:\n  - path: /a\n", ":2:5: a sink needs a 'type'"},
        {"sinks:\n  - type: file\n", ":2:5: a sink of its type needs a 'path'"},
        {"sinks:\n  - type: syslog\n", ":2:5: a sink of its type needs a 'url'"},
        {"sinks:\n  - {type: file, path: /a, url: b}\n", ":2:5: a sink of its type has no 'url'"},
        {"sinks:\n  - {type: smoke}\n", ":2:12: none, file or syslog is wanted, not 'smoke'"},
        {"sinks:\n  - {type: file, path: /a, format: xml}\n",
         ":2:36: ecs, ocsf, cef or structured is wanted, not 'xml'"},
        {"sinks:\n  - {type: file, path: /a, format: structured}\n",
         ":2:5: only syslog has the format 'structured'"},
        {"sinks:\n  - {type: file, path: /a}\n  - {type: file, path: /a}\n",
         ":3:5: two sinks to '/a'"},
        {"sinks:\n  - {type: file, colour: red}\n", ":2:18: unknown key 'colour'"},
        {"sinks:\n  - {type: file, path: /a, keep: 0}\n", ":2:34: keep is 1 to 1000, not 0"},
        {"- name\n", ":1:1: not a configuration: 'no keys'"},
        {"? [a]\n: b\n", ":1:3: a key must be a word in ''"},
        {"name: a\n---\nname: b\n", ":2:1: one document is wanted, not several"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config config;
        char words[512];

        assert_false(load(&config, cases[i].file, words, sizeof(words)));
        assert_string_equal(words, cases[i].words);
    }
}

static void broken_yaml_is_told_with_its_line(void **state)
{
    struct config config;
    char words[512];

    (void)state;
    assert_false(load(&config, "flow:\n\tmax: 1\n", words, sizeof(words)));
    assert_int_equal(strncmp(words, ":2:1: ", 6), 0);
}

static void a_file_that_is_not_there_is_told(void **state)
{
    struct config config;
    struct diag diag = {{0}};

    (void)state;
    config_init(&config);
    assert_false(config_load(&config, "/nowhere/basictap.yml", &diag));
    assert_string_equal(diag.text, "/nowhere/basictap.yml: No such file or directory");
}

/* The example that is installed must be right, and must say the defaults. */
static void the_example_says_the_defaults(void **state)
{
    struct config config;
    struct config defaults;
    struct diag diag = {{0}};

    (void)state;
    config_init(&config);
    config_init(&defaults);
    if (!config_load(&config, SOURCE_DIR "/sensor/dist/basictap.yml", &diag)) {
        fail_msg("%s", diag.text);
    }
    assert_memory_equal(&config.flow, &defaults.flow, sizeof(config.flow));
    assert_memory_equal(&config.reassembly, &defaults.reassembly, sizeof(config.reassembly));
    assert_memory_equal(&config.defrag, &defaults.defrag, sizeof(config.defrag));
    assert_memory_equal(&config.capture, &defaults.capture, sizeof(config.capture));
    assert_memory_equal(&config.tls, &defaults.tls, sizeof(config.tls));
    assert_int_equal(config.devices.max, defaults.devices.max);
    assert_int_equal(config.store.queue, defaults.store.queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_changes_what_it_names_and_nothing_else),
        cmocka_unit_test(keys_are_lists_of_paths),
        cmocka_unit_test(sinks_are_a_list),
        cmocka_unit_test(a_file_of_comments_changes_nothing),
        cmocka_unit_test(a_mistake_is_told_with_its_line_and_column),
        cmocka_unit_test(broken_yaml_is_told_with_its_line),
        cmocka_unit_test(a_file_that_is_not_there_is_told),
        cmocka_unit_test(the_example_says_the_defaults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
