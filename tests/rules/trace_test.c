#include "rules/trace.h"

#include <string.h>

#include "dissectors/base/text.h"
#include "tests/support/test.h"

static struct address address_of(const char *text)
{
    struct address address;

    assert_true(address_parse(bytes_of_text(text), &address));
    return address;
}

static void a_name_that_spells_an_address_is_found(void **state)
{
    static const struct {
        const char *name;
        const char *address;
        bool is_found;
    } cases[] = {
        {"ip-10-20-30-44.corp.example", "10.20.30.44", true},
        {"44.30.20.10.pool.example", "10.20.30.44", true},
        {"dhcp-010-020-030-044", "10.20.30.44", true},
        {"host010020030044", "10.20.30.44", true},
        {"x0A141E2C.isp.example", "10.20.30.44", true},
        {"pc-30-44", "10.20.30.44", true}, /* the rest is the site's */
        {"pc-30-45", "10.20.30.44", false},
        {"printer-44", "10.20.30.44", false},
        {"mail10", "10.20.30.44", false},
        {"", "10.20.30.44", false},
        {"2001-db8--1f-7.example", "2001:db8::1f:7", true},
        {"h20010db80000000000000000001f0007", "2001:db8::1f:7", true},
        {"pc-00000000001f0007", "2001:db8::1f:7", true},
        {"pc-1f", "2001:db8::1f:7", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct address address = address_of(cases[i].address);

        if (trace_of_address(cases[i].name, &address) != cases[i].is_found) {
            fail_msg("%s in %s", cases[i].address, cases[i].name);
        }
    }
    assert_false(trace_of_address("10", &(struct address){0}));
}

static void a_name_that_spells_a_mac_is_found(void **state)
{
    const struct mac mac = {{0x00, 0x1b, 0x54, 0xaa, 0x00, 0x01}, true};

    (void)state;
    assert_true(trace_of_mac("SEP001B54AA0001", &mac));
    assert_true(trace_of_mac("cam-00-1b-54-aa-00-01.example", &mac));
    assert_true(trace_of_mac("NPIAA0001", &mac)); /* HP's printers: the last three octets */
    assert_false(trace_of_mac("NPIAA0002", &mac));
    assert_false(trace_of_mac("", &mac));
    assert_false(trace_of_mac("000000", &(struct mac){0}));
}

static void a_user_is_found_as_a_word(void **state)
{
    (void)state;
    assert_true(trace_of_user("BOB-LAPTOP", "bob@contoso.com"));
    assert_true(trace_of_user("Mailer/1.0 (Bob)", "CONTOSO\\bob"));
    assert_true(trace_of_user("kabob and bob", "bob"));
    assert_false(trace_of_user("kabobs", "bob"));
    assert_false(trace_of_user("contoso", "bob@contoso.com"));
    assert_false(trace_of_user("it-laptop", "it")); /* too short to tell anything */
    assert_false(trace_of_user("anything", ""));
}

static void segments_of_a_path_that_name_somebody_are_cleared(void **state)
{
    static const struct {
        const char *path;
        const char *user;
        const char *cleared;
    } cases[] = {
        {"/EWS/Exchange.asmx", "bob", "/EWS/Exchange.asmx"},
        {"/users/bob/inbox", "CONTOSO\\Bob", "/users/*/inbox"},
        {"/users/it", "it@contoso.com", "/users/*"},
        {"/owa/ann@contoso.com/", "bob", "/owa/*/"}, /* whosever it is */
        {"/owa/ann%40contoso.com", "", "/owa/*"},
        {"/api/users('bob')/messages", "bob", "/api/*/messages"},
        {"/", "bob", "/"},
        {"", "bob", ""},
        {"bob", "bob", "*"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[256];

        (void)text_copy(path, sizeof(path), cases[i].path);
        trace_clear_path(path, sizeof(path), cases[i].user);
        assert_string_equal(path, cases[i].cleared);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_that_spells_an_address_is_found),
        cmocka_unit_test(a_name_that_spells_a_mac_is_found),
        cmocka_unit_test(a_user_is_found_as_a_word),
        cmocka_unit_test(segments_of_a_path_that_name_somebody_are_cleared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
