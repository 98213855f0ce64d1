#include "sensor/commands/setup.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/test.h"

static struct config config;

static int begin(void **state)
{
    (void)state;
    config_init(&config);
    (void)strcpy(config.rules, "/somewhere/rules");
    return unsetenv("BASICTAP_REDIS_PASSWORD");
}

static void a_replay_is_the_same_on_every_host_and_every_day(void **state)
{
    struct options options = {.command = COMMAND_REPLAY};
    struct setup setup;

    (void)state;
    assert_true(setup_init(&setup, &options, &config, NULL));
    assert_string_equal(setup.name, "replay");
    assert_int_equal(setup_worker(&setup).flows.seed[0], 0);
    assert_int_equal(setup_worker(&setup).flows.seed[1], 0);
    assert_false(setup_worker(&setup).live);
    assert_int_equal(setup_detector(&setup).window_ns, 0); /* a UTC day */
    assert_false(setup_detector(&setup).first_at_once);
    setup_clear(&setup);
}

static void listening_is_prompt_and_cannot_be_guessed(void **state)
{
    struct options options = {.command = COMMAND_LISTEN, .each = true};
    struct setup one;
    struct setup other;

    (void)state;
    assert_true(setup_init(&one, &options, &config, NULL));
    assert_true(setup_init(&other, &options, &config, NULL));
    assert_memory_not_equal(one.seed, other.seed, sizeof(one.seed));
    assert_memory_equal(setup_detector(&one).hash_seed, one.seed, sizeof(one.seed));
    assert_true(setup_worker(&one).live);
    assert_true(setup_detector(&one).first_at_once);
    assert_true(setup_detector(&one).each);
    assert_int_equal(setup_detector(&one).window_ns, 10000000000u);
    assert_string_not_equal(one.name, "");
}

static void what_is_configured_arrives(void **state)
{
    struct options options = {.command = COMMAND_REPLAY};
    struct setup setup;

    (void)state;
    (void)strcpy(config.name, "tap-1");
    (void)strcpy(config.redis.url, "redis://localhost");
    config.flow.max = 17;
    config.flow.key_vlan = true;
    config.flow.hints = false;
    config.flow.half_closed_seconds = 3;
    config.flow.max_kept_bytes = 65537;
    config.reassembly.hole_seconds = 4;
    config.defrag.timeout_seconds = 5;
    config.devices.num_routers = 2;
    config.store.queue = 18;
    assert_true(setup_init(&setup, &options, &config, NULL));
    assert_string_equal(setup_exporter(&setup).identity.observer_name, "tap-1");
    assert_string_equal(setup_detector(&setup).sensor_name, "tap-1");
    assert_string_equal(setup_detector(&setup).rules_directory, "/somewhere/rules");
    assert_int_equal(setup_detector(&setup).num_routers, 2);
    assert_int_equal(setup_worker(&setup).flows.max_flows, 17);
    assert_true(setup_worker(&setup).flows.key_vlan);
    assert_true(setup_worker(&setup).no_hints);
    assert_int_equal(setup_worker(&setup).max_kept, 65537);
    assert_int_equal(setup_worker(&setup).flows.half_closed_ns, 3000000000u);
    assert_int_equal(setup_worker(&setup).streams.hole_ns, 4000000000u);
    assert_int_equal(setup_worker(&setup).defrag.timeout_ns, 5000000000u);
    assert_string_equal(setup_exporter(&setup).redis.url, "redis://localhost");
    assert_int_equal(setup_exporter(&setup).queue_records, 18);
    assert_null(setup_exporter(&setup).redis.password);
}

static void json_lines_go_where_the_output_goes(void **state)
{
    struct options options = {.command = COMMAND_REPLAY, .format = FORMAT_ECS};
    struct setup setup;

    (void)state;
    assert_true(setup_init(&setup, &options, &config, NULL));
    assert_string_equal(setup_exporter(&setup).ecs_path, "-");
    options.output = "findings.ndjson";
    assert_string_equal(setup_exporter(&setup).ecs_path, "findings.ndjson");
    options.format = FORMAT_TABLE;
    assert_null(setup_exporter(&setup).ecs_path);
    assert_null(setup_exporter(&setup).redis.url);
}

static void the_password_is_wiped_at_the_end(void **state)
{
    struct options options = {.command = COMMAND_REPLAY};
    struct setup setup;

    (void)state;
    assert_int_equal(setenv("BASICTAP_REDIS_PASSWORD", "sesame", 1), 0);
    assert_true(setup_init(&setup, &options, &config, NULL));
    assert_string_equal(setup_exporter(&setup).redis.password, "sesame");
    setup_clear(&setup);
    assert_string_equal(setup.password, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_replay_is_the_same_on_every_host_and_every_day, begin),
        cmocka_unit_test_setup(listening_is_prompt_and_cannot_be_guessed, begin),
        cmocka_unit_test_setup(what_is_configured_arrives, begin),
        cmocka_unit_test_setup(json_lines_go_where_the_output_goes, begin),
        cmocka_unit_test_setup(the_password_is_wiped_at_the_end, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
