#include "tests/rules/stage.h"

#include <stdio.h>
#include <string.h>

#include "dissectors/base/text.h"

static void eas_request(struct stage *stage, double seconds, const char *device_id)
{
    struct event *event = stage_event(stage, EVENT_AUTH, SERVICE_EAS, seconds);

    event->auth.mechanism = MECHANISM_HTTP_BASIC;
    event->auth.outcome = OUTCOME_ACCEPTED;
    (void)text_copy(event->auth.user, sizeof(event->auth.user), "bob");
    (void)text_copy(event->auth.device_id, sizeof(event->auth.device_id), device_id);
    stage_say(stage);
}

/* A request of a program as a user, which may name no device. */
static void phone_request(struct stage *stage, double seconds, const char *who,
                          const char *device_id)
{
    struct event *event = stage_event(stage, EVENT_AUTH, SERVICE_EAS, seconds);
    struct bytes rest = bytes_of_text(who);
    struct bytes user;

    assert_true(take_until(&rest, ' ', &user));
    event->auth.mechanism = MECHANISM_HTTP_BASIC;
    event->auth.outcome = OUTCOME_ACCEPTED;
    (void)text_set(event->auth.user, sizeof(event->auth.user), user);
    (void)text_set(event->auth.software, sizeof(event->auth.software), rest);
    (void)text_copy(event->auth.device_id, sizeof(event->auth.device_id), device_id);
    stage_say(stage);
}

static void lease(struct stage *stage, double seconds, const char *client_id, const char *name,
                  uint32_t lifetime)
{
    struct event *event = stage_event(stage, EVENT_NAME, SERVICE_UNKNOWN, seconds);

    event->name.source = NAME_DHCP;
    event->name.address = stage->origin.client;
    event->name.mac = stage_mac("3c:2a:f4:00:00:01");
    event->name.lifetime = lifetime;
    (void)text_copy(event->name.client_id, sizeof(event->name.client_id), client_id);
    (void)text_copy(event->name.name, sizeof(event->name.name), name);
    stage_say(stage);
}

static void open_with(struct stage *stage, const char *fields)
{
    stage_init(stage);
    stage->fields = fields;
    stage_open(stage);
}

static void a_mac_on_the_segment_is_the_device(void **state)
{
    struct stage stage;

    (void)state;
    open_with(&stage, "device.id,basictap.device.source,source.mac");
    stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
    stage_expect(&stage, "mac:00-21-5C-00-00-07 mac 00-21-5C-00-00-07\n");
    stage_close(&stage);
}

static void a_counted_down_time_to_live_means_a_router(void **state)
{
    struct stage stage;

    (void)state;
    open_with(&stage, "device.id,basictap.device.source,source.mac");
    stage.origin.client_ttl = 63;
    stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
    stage_expect(&stage, "ip:10.1.0.7 ip -\n");
    stage.origin.client_ttl = 64; /* the router itself, or one that does not count: no identity */
    stage_login(&stage, 2, "bob", OUTCOME_ACCEPTED);
    stage_expect(&stage, "ip:10.1.0.7 ip -\n");
    stage_close(&stage);
}

static void every_first_time_to_live_is_on_the_segment(void **state)
{
    static const struct {
        uint8_t ttl;
        const char *line;
    } cases[] = {
        {32, "mac\n"}, {64, "mac\n"}, {128, "mac\n"}, {255, "mac\n"}, {0, "ip\n"} /* not seen */,
        {1, "ip\n"},   {127, "ip\n"}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stage stage;

        open_with(&stage, "basictap.device.source");
        stage.origin.client_ttl = cases[i].ttl;
        stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
        stage_expect(&stage, cases[i].line);
        stage_close(&stage);
    }
}

static void a_mac_with_a_fourth_address_is_a_router(void **state)
{
    struct stage stage;

    (void)state;
    open_with(&stage, "device.id,source.ip");
    for (uint8_t i = 1; i <= 5; i++) {
        stage.origin.client.octets[3] = i;
        stage_login(&stage, i, "bob", OUTCOME_ACCEPTED);
    }
    stage.origin.client.octets[3] = 1; /* from now on its first one, too */
    stage_login(&stage, 9, "ann", OUTCOME_ACCEPTED);
    stage_expect(&stage, "mac:00-21-5C-00-00-07 10.1.0.1\n" /* three addresses, one fact */
                         "ip:10.1.0.4 10.1.0.4\n"
                         "ip:10.1.0.5 10.1.0.5\n"
                         "ip:10.1.0.1 10.1.0.1\n");
    stage_close(&stage);
}

static void addresses_over_days_make_no_router(void **state)
{
    struct stage stage;

    (void)state;
    open_with(&stage, "device.id,source.ip");
    for (uint8_t i = 1; i <= 6; i++) { /* a lease every two hours */
        stage.origin.client.octets[3] = i;
        stage_login(&stage, i * 7200.0, "bob", OUTCOME_ACCEPTED);
    }
    stage_expect(&stage, "mac:00-21-5C-00-00-07 10.1.0.1\n");
    stage_close(&stage);
}

static void many_addresses_of_one_prefix_make_no_router(void **state)
{
    struct stage stage;

    (void)state;
    open_with(&stage, "basictap.device.source,basictap.count");
    for (int i = 1; i <= 8; i++) { /* privacy addresses (RFC 8981) */
        char text[40];

        (void)snprintf(text, sizeof(text), "2001:db8::%d", i);
        stage.origin.client = stage_address(text);
        stage_login(&stage, i, "bob", OUTCOME_ACCEPTED);
    }
    stage_expect(&stage, "mac 8\n");
    stage_close(&stage);
}

static void a_listed_router_is_no_identity_from_the_start(void **state)
{
    struct stage stage;
    struct mac router = stage_mac("00:21:5c:00:00:07");

    (void)state;
    stage_init(&stage);
    stage.fields = "device.id";
    stage.options.routers = &router;
    stage.options.num_routers = 1;
    stage_open(&stage);
    stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
    stage_expect(&stage, "ip:10.1.0.7\n");
    stage_close(&stage);
}

static void multicast_and_zero_macs_are_nobody(void **state)
{
    static const char *const macs[] = {"01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff",
                                       "00:00:00:00:00:00"};

    (void)state;
    for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
        struct stage stage;

        open_with(&stage, "device.id");
        stage.origin.client_mac = stage_mac(macs[i]);
        stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
        stage_expect(&stage, "ip:10.1.0.7\n");
        stage_close(&stage);
    }
}

static void two_phones_behind_one_address_are_two_devices(void **state)
{
    struct stage stage;

    (void)state;
    open_with(&stage, "device.id,basictap.count");
    stage.origin.client_ttl = 63;
    eas_request(&stage, 1, "SEC1234");
    eas_request(&stage, 2, "Appl5678");
    eas_request(&stage, 3, "SEC1234");
    eas_request(&stage, 4, "validate"); /* Android's question before it has an id */
    stage_expect(&stage, "eas:SEC1234 2\neas:Appl5678 1\nip:10.1.0.7 1\n");
    stage_close(&stage);
}

static void a_request_without_a_device_is_that_of_its_connection(void **state)
{
    struct stage stage;
    struct event *event;

    (void)state;
    open_with(&stage, "device.id,event.start,basictap.count");
    event = stage_event(&stage, EVENT_CLIENT, SERVICE_EAS, 1); /* the OPTIONS itself */
    (void)text_copy(event->client.software, sizeof(event->client.software), "Apple-iPhone14C2");
    stage_say(&stage);
    phone_request(&stage, 1, "bob Apple-iPhone14C2", "");
    phone_request(&stage, 2, "bob Apple-iPhone14C2", "ApplF17");
    phone_request(&stage, 3, "bob Apple-iPhone14C2", "");
    assert_int_equal(detector_stats(stage.detector)->devices, 1);
    stage_expect(&stage, "eas:ApplF17 2026-11-20T00:00:01.000000Z 3\n");
    stage_close(&stage);
}

static void a_phone_may_name_itself_on_another_connection(void **state)
{
    struct stage stage;

    (void)state;
    open_with(&stage, "device.id,basictap.count");
    phone_request(&stage, 1, "bob Apple-iPhone14C2", "");
    stage.origin.client_port++;
    phone_request(&stage, 2, "bob Apple-iPhone14C2", "ApplF17");
    stage.origin.client_port++;
    phone_request(&stage, 3000, "bob Apple-iPhone14C2", "validate");
    phone_request(&stage, 8000, "bob Apple-iPhone14C2", ""); /* too long after */
    stage_expect(&stage, "eas:ApplF17 3\nmac:00-21-5C-00-00-07 1\n");
    stage_close(&stage);
}

static void of_two_equal_phones_the_connection_alone_decides(void **state)
{
    struct stage stage;

    (void)state;
    open_with(&stage, "device.id,basictap.count");
    stage.origin.client_ttl = 63;
    phone_request(&stage, 1, "bob Apple-iPhone14C2", "ApplF17");
    stage.origin.client_port++;
    phone_request(&stage, 2, "bob Apple-iPhone14C2", "");
    phone_request(&stage, 3, "bob Apple-iPhone14C2", "ApplF18");
    stage.origin.client_port++;
    phone_request(&stage, 4, "bob Apple-iPhone14C2", "");
    stage_expect(&stage, "eas:ApplF17 1\neas:ApplF18 2\nip:10.1.0.7 1\n");
    stage_close(&stage);
}

/* A proxy's connection carries what it gets. */
static void another_user_or_program_is_another_phone(void **state)
{
    struct stage stage;

    (void)state;
    open_with(&stage, "device.id,user.name,basictap.count");
    stage.origin.client_ttl = 63;
    phone_request(&stage, 1, "bob Apple-iPhone14C2", "");
    phone_request(&stage, 2, "ann Apple-iPhone14C2", "");
    phone_request(&stage, 3, "ann SAMSUNG-SM", "");
    phone_request(&stage, 4, "ann Apple-iPhone14C2", "ApplF17");
    phone_request(&stage, 5, "bob SAMSUNG-SM", "SEC1234");
    stage_expect(&stage, "ip:10.1.0.7 bob 1\neas:ApplF17 ann 2\nip:10.1.0.7 ann 1\n"
                         "eas:SEC1234 bob 1\n");
    stage_close(&stage);
}

static void who_watches_waits_less_than_a_second(void **state)
{
    struct stage stage;

    (void)state;
    stage_init(&stage);
    stage.options.first_at_once = true;
    stage.fields = "device.id";
    stage_open(&stage);
    phone_request(&stage, 1, "bob Apple-iPhone14C2", "");
    assert_int_equal(stage.num_findings, 0);
    detector_advance(stage.detector, (struct timestamp){stage.event.at.time.ns + 1000000000u});
    assert_int_equal(stage.num_findings, 1);
    phone_request(&stage, 2.1, "bob Apple-iPhone14C2", "ApplF17"); /* what is told is told */
    stage_expect(&stage, "mac:00-21-5C-00-00-07\neas:ApplF17\n");
    stage_close(&stage);
}

static void no_more_wait_than_there_is_room_for(void **state)
{
    struct stage stage;

    (void)state;
    open_with(&stage, "device.id,basictap.count");
    for (int i = 0; i < 300; i++) {
        phone_request(&stage, 1 + i / 1000.0, "bob Apple-iPhone14C2", "");
    }
    assert_int_equal(detector_stats(stage.detector)->phones_evicted, 300 - 256);
    phone_request(&stage, 2, "bob Apple-iPhone14C2", "ApplF17");
    stage_expect(&stage, "mac:00-21-5C-00-00-07 44\neas:ApplF17 257\n");
    stage_close(&stage);
}

static void a_lease_ties_an_address_to_its_client_across_a_router(void **state)
{
    struct stage stage;

    (void)state;
    open_with(&stage, "device.id,basictap.device.source,source.domain");
    stage.origin.client_ttl = 62;
    lease(&stage, 0, "", "printer7", 3600);
    stage_login(&stage, 10, "a", OUTCOME_ACCEPTED);
    lease(&stage, 20, "013c2af4000001", "printer7", 3600); /* 01 and the MAC: the MAC */
    stage_login(&stage, 30, "b", OUTCOME_ACCEPTED);
    lease(&stage, 40, "ff00ab", "", 3600); /* another client: the name was not its own */
    stage_login(&stage, 50, "c", OUTCOME_ACCEPTED);
    stage_login(&stage, 4000, "d", OUTCOME_ACCEPTED); /* over */
    stage_expect(&stage, "dhcp:3C-2A-F4-00-00-01 dhcp printer7\n"
                         "dhcp:3C-2A-F4-00-00-01 dhcp printer7\n"
                         "dhcp:ff00ab dhcp -\n"
                         "ip:10.1.0.7 ip -\n");
    stage_close(&stage);
}

static void a_lease_names_a_device_on_the_segment(void **state)
{
    struct stage stage;

    (void)state;
    open_with(&stage, "device.id,source.domain");
    lease(&stage, 0, "", "pc7", 3600);
    stage_login(&stage, 10, "bob", OUTCOME_ACCEPTED);
    stage_expect(&stage, "mac:00-21-5C-00-00-07 pc7\n");
    stage_close(&stage);
}

static void software_said_elsewhere_names_the_client(void **state)
{
    struct stage stage;
    struct event *event;

    (void)state;
    open_with(&stage, "basictap.client,user_agent.original");
    event = stage_event(&stage, EVENT_CLIENT, SERVICE_IMAP, 1);
    (void)text_copy(event->client.software, sizeof(event->client.software), "iPhone Mail 21B101");
    stage_say(&stage);
    stage_login(&stage, 2, "bob", OUTCOME_ACCEPTED);
    stage_expect(&stage, "Apple Mail iOS iPhone Mail 21B101\n");
    stage_close(&stage);
}

static void software_of_another_protocol_is_another_program(void **state)
{
    struct stage stage;
    struct event *event;

    (void)state;
    open_with(&stage, "basictap.client,user_agent.original");
    event = stage_event(&stage, EVENT_CLIENT, SERVICE_EWS, 1);
    (void)text_copy(event->client.software, sizeof(event->client.software),
                    "MacOutlook/14.2.0.101115");
    stage_say(&stage);
    stage_login(&stage, 2, "bob", OUTCOME_ACCEPTED);
    stage_expect(&stage, "- -\n");
    stage_close(&stage);
}

static void workstation_and_ehlo_names_are_a_last_resort(void **state)
{
    static const struct {
        const char *hello;
        const char *line;
    } cases[] = {
        {"XC-B8C463", "XC-B8C463\n"}, {"[10.1.0.7]", "-\n"}, {"localhost.localdomain", "-\n"}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stage stage;
        struct event *event;

        open_with(&stage, "source.domain");
        event = stage_event(&stage, EVENT_CLIENT, SERVICE_SMTP, 1);
        (void)text_copy(event->client.hello, sizeof(event->client.hello), cases[i].hello);
        stage_say(&stage);
        stage_login(&stage, 2, "bob", OUTCOME_ACCEPTED);
        stage_expect(&stage, cases[i].line);
        stage_close(&stage);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mac_on_the_segment_is_the_device),
        cmocka_unit_test(a_counted_down_time_to_live_means_a_router),
        cmocka_unit_test(every_first_time_to_live_is_on_the_segment),
        cmocka_unit_test(a_mac_with_a_fourth_address_is_a_router),
        cmocka_unit_test(addresses_over_days_make_no_router),
        cmocka_unit_test(many_addresses_of_one_prefix_make_no_router),
        cmocka_unit_test(a_listed_router_is_no_identity_from_the_start),
        cmocka_unit_test(multicast_and_zero_macs_are_nobody),
        cmocka_unit_test(two_phones_behind_one_address_are_two_devices),
        cmocka_unit_test(a_request_without_a_device_is_that_of_its_connection),
        cmocka_unit_test(a_phone_may_name_itself_on_another_connection),
        cmocka_unit_test(of_two_equal_phones_the_connection_alone_decides),
        cmocka_unit_test(another_user_or_program_is_another_phone),
        cmocka_unit_test(who_watches_waits_less_than_a_second),
        cmocka_unit_test(no_more_wait_than_there_is_room_for),
        cmocka_unit_test(a_lease_ties_an_address_to_its_client_across_a_router),
        cmocka_unit_test(a_lease_names_a_device_on_the_segment),
        cmocka_unit_test(software_said_elsewhere_names_the_client),
        cmocka_unit_test(software_of_another_protocol_is_another_program),
        cmocka_unit_test(workstation_and_ehlo_names_are_a_last_resort),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
