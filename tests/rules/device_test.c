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
    event = stage_event(&stage, EVENT_CLIENT, SERVICE_EAS, 1);
    (void)text_copy(event->client.software, sizeof(event->client.software),
                    "Apple-iPhone14C2/2009.5020110");
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
        cmocka_unit_test(a_lease_ties_an_address_to_its_client_across_a_router),
        cmocka_unit_test(a_lease_names_a_device_on_the_segment),
        cmocka_unit_test(software_said_elsewhere_names_the_client),
        cmocka_unit_test(software_of_another_protocol_is_another_program),
        cmocka_unit_test(workstation_and_ehlo_names_are_a_last_resort),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
