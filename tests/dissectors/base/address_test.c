#include "dissectors/base/address.h"

#include "tests/support/test.h"

static struct address parsed(const char *text)
{
    struct address address = {0};

    assert_true(address_parse(bytes_of_text(text), &address));
    return address;
}

static const char *printed(const struct address *address)
{
    static char text[ADDRESS_TEXT_SIZE];

    address_print(address, text);
    return text;
}

static void addresses_are_printed_as_rfc_5952_says(void **state)
{
    static const char *const pairs[][2] = {
        {"192.0.2.7", "192.0.2.7"},
        {"0.0.0.0", "0.0.0.0"},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"::", "::"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
        {"::ffff:192.0.2.7", "::ffff:192.0.2.7"},
    };
    struct address none = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct address address = parsed(pairs[i][0]);

        assert_string_equal(printed(&address), pairs[i][1]);
    }
    assert_string_equal(printed(&none), "");
}

static void what_is_no_address_is_refused(void **state)
{
    const struct bytes refused[] = {
        BYTES(""),
        BYTES("192.0.2"),
        BYTES("192.0.2.256"),
        BYTES("192.0.2.7 "),
        BYTES("192.0.2.7\0"),
        BYTES("::1::"),
        BYTES("fe80::1%eth0"),
        BYTES("host"),
        BYTES("1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc"),
    };
    struct address address = {.version = 9};

    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_false(address_parse(refused[i], &address));
    }
    assert_int_equal(address.version, 9);
}

static void a_prefix_holds_its_addresses(void **state)
{
    struct address ten = parsed("10.20.0.0");
    struct address inside = parsed("10.20.31.255");
    struct address outside = parsed("10.20.32.0");
    struct address six = parsed("2603:1036::");
    struct address in_six = parsed("2603:1036:1:2::3");

    (void)state;
    assert_true(address_in(&inside, &ten, 19));
    assert_false(address_in(&outside, &ten, 19));
    assert_true(address_in(&outside, &ten, 18));
    assert_true(address_in(&ten, &ten, 32));
    assert_false(address_in(&inside, &ten, 32));
    assert_true(address_in(&inside, &ten, 0));
    assert_false(address_in(&inside, &ten, 33));
    assert_true(address_in(&in_six, &six, 32));
    assert_true(address_in(&six, &six, 128));
    assert_false(address_in(&in_six, &six, 128));
    assert_false(address_in(&in_six, &six, 129));
    assert_false(address_in(&in_six, &ten, 0)); /* another version */
}

static void equal_means_version_too(void **state)
{
    struct address four = parsed("0.0.0.0");
    struct address six = parsed("::");

    (void)state;
    assert_true(address_equal(&four, &four));
    assert_false(address_equal(&four, &six));
}

static void addresses_are_taken_whole(void **state)
{
    struct bytes in = BYTES("\xc0\0\x02\x07\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
                            "abc");
    struct address address = {0};
    struct mac mac = {0};

    (void)state;
    assert_true(take_address4(&in, &address));
    assert_string_equal(printed(&address), "192.0.2.7");
    assert_true(take_address6(&in, &address));
    assert_string_equal(printed(&address), "2001:db8::1");
    assert_false(take_address4(&in, &address));
    assert_false(take_address6(&in, &address));
    assert_false(take_mac(&in, &mac));
    assert_false(mac.known);
    assert_int_equal(in.len, 3);
    assert_string_equal(printed(&address), "2001:db8::1");
}

static void macs_are_written_as_ecs_writes_them(void **state)
{
    struct bytes in = BYTES("\0\x1b\x54\xaa\0\x01");
    struct mac mac = {0};
    char text[MAC_TEXT_SIZE];

    (void)state;
    mac_print(&mac, text);
    assert_string_equal(text, "");
    assert_true(take_mac(&in, &mac));
    mac_print(&mac, text);
    assert_string_equal(text, "00-1B-54-AA-00-01");
    assert_true(mac_parse(BYTES("00:1b:54:aa:00:02"), &mac));
    mac_print(&mac, text);
    assert_string_equal(text, "00-1B-54-AA-00-02");
    assert_false(mac_parse(BYTES("00:1b:54:aa:00"), &mac));
    assert_false(mac_parse(BYTES("00:1b:54:aa:00:02:03"), &mac));
    assert_false(mac_parse(BYTES("00:1b:54:aa:00:100"), &mac));
    assert_false(mac_parse(BYTES("00.1b.54.aa.00.02"), &mac));
    mac_print(&mac, text);
    assert_string_equal(text, "00-1B-54-AA-00-02");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_printed_as_rfc_5952_says),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(a_prefix_holds_its_addresses),
        cmocka_unit_test(equal_means_version_too),
        cmocka_unit_test(addresses_are_taken_whole),
        cmocka_unit_test(macs_are_written_as_ecs_writes_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
