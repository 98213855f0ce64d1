/* Two sensors and one Redis: what both saw is one device, and one attempt. */
#include "tests/export/sink/redis_bench.h"

#define DEVICE "basictap:v1:device:mac:00-1B-54-AA-00-01"

/* A second sensor beside the bench's own. */
static struct exporter *open_second(struct bench *bench)
{
    struct exporter_options options = bench->options;
    struct diag diag = {0};
    struct exporter *exporter;

    options.identity.observer_name = "tap-2";
    exporter = exporter_open(&options, &diag);
    assert_string_equal(diag.text, "");
    assert_non_null(exporter);
    return exporter;
}

static void start_fleet(struct bench *bench)
{
    prepare(bench, "");
    bench->options.name_is_given = true;
    bench->options.redis.clock_tolerance_s = 2;
    redis_server_start(&bench->server);
    open_exporter(bench);
}

static void tell(struct exporter *exporter, struct sample *sample, const char *id,
                 const char *pairs)
{
    (void)strcpy(sample->id, id);
    (void)strcpy(sample->pairs, pairs);
    exporter_put(exporter, &sample_schema, sample);
    assert_true(exporter_flush(exporter, 5000));
}

struct fleet_case {
    const char *what;
    const char *first; /* pairs that the first sensor tells */
    unsigned first_count;
    const char *second; /* then the second */
    unsigned second_count;
    const char *total;
    const char *counted; /* of the second */
};

static const struct fleet_case cases[] = {
    {"one attempt", "1:a=@1795248001", 1, "1:a=@1795248001", 1, "1", "0"},
    {"clocks that differ little", "1:a=@1795248001", 1, "1:a=@1795248003", 1, "1", "0"},
    {"too far apart", "1:a=@1795248001", 1, "1:a=@1795248004", 1, "2", "1"},
    {"another flow", "1:a=@1795248001", 1, "1:b=@1795248001", 1, "2", "1"},
    {"two in the same second", "1:a=@1795248001 1:a=@1795248001", 2,
     "1:a=@1795248002 1:a=@1795248002", 2, "2", "0"},
    {"three in the same second, by number", "1:a=@1795248001*3", 3, "1:a=@1795248002*3", 3, "3",
     "0"},
    {"one of three, by number", "1:a=@1795248001", 1, "1:a=@1795248001*3", 3, "3", "2"},
    {"one of two", "1:a=@1795248001", 1, "1:a=@1795248001 1:b=@1795248001", 2, "2", "1"},
    {"more than are listed", "1:a=@1795248001", 20, "1:a=@1795248001", 20, "39", "19"},
    {"over midnight", "1:a=@1795305599", 1, "1:a=@1795305600", 1, "1", "0"},
    {"over midnight, the other way", "1:a=@1795305601", 1, "1:a=@1795305599", 1, "1", "0"},
    {"none told", "", 1, "", 1, "2", "1"},
    {"nonsense", "@ @x 1:a= =@ 1:a=@", 1, "@ @x 1:a= =@ 1:a=@", 1, "2", "1"},
};

static void an_attempt_seen_by_two_counts_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench bench;
        struct exporter *second;
        struct sample sample = sample_login(1);

        start_fleet(&bench);
        second = open_second(&bench);
        sample.count = cases[i].first_count;
        tell(bench.exporter, &sample, "first", cases[i].first);
        sample.count = cases[i].second_count;
        tell(second, &sample, "second", cases[i].second);
        print_message("%s\n", cases[i].what);
        expect(&bench, "HGET " DEVICE " basic", cases[i].total);
        expect(&bench, "HGET basictap:v1:day:20261121 'imap|basic|observed|accepted'",
               cases[i].total);
        expect(&bench, "XLEN basictap:v1:findings", "2");
        expect(&bench,
               "XREVRANGE basictap:v1:findings + - COUNT 1 | grep -A1 basictap.counted | tail -n 1",
               cases[i].counted);
        exporter_close(second);
        finish(&bench);
    }
}

static void the_same_sensor_counts_all_that_it_tells(void **state)
{
    struct bench bench;
    struct sample sample = sample_login(1);

    (void)state;
    start_fleet(&bench);
    tell(bench.exporter, &sample, "first", "1:a=@1795248001");
    tell(bench.exporter, &sample, "second", "1:a=@1795248002"); /* one flow, two logins */
    expect(&bench, "HGET " DEVICE " basic", "2");
    expect(&bench, "TTL basictap:v1:pairs:20778", "172800");
    finish(&bench);
}

/* One tap is behind a router: no MAC there, and so another device. */
static void a_device_whose_attempts_others_told_is_known_all_the_same(void **state)
{
    struct bench bench;
    struct exporter *second;
    struct sample sample = sample_login(1);

    (void)state;
    start_fleet(&bench);
    second = open_second(&bench);
    tell(bench.exporter, &sample, "first", "1:a=@1795248001");
    (void)strcpy(sample.device_id, "ip:10.0.0.7");
    tell(second, &sample, "second", "1:a=@1795248001");
    expect(&bench, "HMGET basictap:v1:device:ip:10.0.0.7 basic verdict", "0\nbasic");
    expect(&bench, "HGET basictap:v1:day:20261121 'imap|basic|observed|accepted'", "1");
    exporter_close(second);
    finish(&bench);
}

static void facts_of_two_sensors_are_one_device(void **state)
{
    struct bench bench;
    struct exporter *second;
    struct sample sample = sample_login(100);

    (void)state;
    start_fleet(&bench);
    second = open_second(&bench);
    tell(bench.exporter, &sample, "first", "");
    sample = sample_login(40); /* its clock, or its line, is slow */
    (void)strcpy(sample.service, "smtp");
    (void)strcpy(sample.policy_switch, "AllowBasicAuthSmtp");
    (void)strcpy(sample.host_name, "another-name");
    tell(second, &sample, "second", "");
    expect(&bench, "HMGET " DEVICE " first_seen last_seen host services basic last_basic",
           "2026-11-21T08:00:40.000000Z\n2026-11-21T08:01:40.250000Z\nscanner\nimap,smtp\n2\n"
           "2026-11-21T08:01:40.250000Z");
    expect(&bench, "ZRANGE basictap:v1:devices 0 -1", "mac:00-1B-54-AA-00-01");
    expect(&bench, "ZCARD basictap:v1:switch:AllowBasicAuthSmtp", "1");
    expect(&bench, "EXISTS basictap:v1:sensor:tap-1 basictap:v1:sensor:tap-2", "2");
    exporter_close(second);
    finish(&bench);
}

/* A capture that is replayed by two hosts has the same ids twice. */
static void the_same_id_from_two_sensors_is_one_finding(void **state)
{
    struct bench bench;
    struct exporter *second;
    struct sample sample = sample_login(1);

    (void)state;
    start_fleet(&bench);
    second = open_second(&bench);
    tell(bench.exporter, &sample, "same", "1:a=@1795248001");
    tell(second, &sample, "same", "1:a=@1795248001");
    expect(&bench, "XLEN basictap:v1:findings", "1");
    expect(&bench, "HGET " DEVICE " basic", "1");
    exporter_close(second);
    finish(&bench);
}

/* Each has a journal of its own in memory, as replays have, and the same name. */
static void two_of_one_name_do_not_disturb_each_other(void **state)
{
    struct bench bench;
    struct exporter *second;
    struct diag diag = {0};

    (void)state;
    start_fleet(&bench);
    second = exporter_open(&bench.options, &diag);
    assert_non_null(second);
    for (unsigned i = 0; i < 20; i++) {
        struct sample sample = sample_login(1000 + i);

        put_logins(&bench, i, i + 1);
        exporter_put(second, &sample_schema, &sample);
        assert_true(exporter_flush(bench.exporter, 5000));
        assert_true(exporter_flush(second, 5000));
    }
    expect(&bench, "XLEN basictap:v1:findings", "40");
    assert_int_equal(bench.told.num, 0);
    exporter_close(second);
    finish(&bench);
}

static void a_sensor_keeps_the_marks_of_few_journals(void **state)
{
    struct bench bench;

    (void)state;
    start_fleet(&bench);
    for (unsigned i = 0; i < 12; i++) {
        put_logins(&bench, i, i + 1);
        assert_true(exporter_flush(bench.exporter, 5000));
        exporter_close(bench.exporter);
        open_exporter(&bench);
    }
    expect(&bench, "HKEYS basictap:v1:sensor:tap-1 | grep -c '^applied\\.'", "8");
    finish(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_attempt_seen_by_two_counts_once),
        cmocka_unit_test(the_same_sensor_counts_all_that_it_tells),
        cmocka_unit_test(a_device_whose_attempts_others_told_is_known_all_the_same),
        cmocka_unit_test(facts_of_two_sensors_are_one_device),
        cmocka_unit_test(the_same_id_from_two_sensors_is_one_finding),
        cmocka_unit_test(two_of_one_name_do_not_disturb_each_other),
        cmocka_unit_test(a_sensor_keeps_the_marks_of_few_journals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
