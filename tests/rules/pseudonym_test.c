#include "rules/pseudonym.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"
#include "tests/rules/stage.h"

/* Expected values: Python's hmac and hashlib over what rules/pseudonym.h says, with this key. */
static const char key[] = "0123456789abcdef0123456789abcdef";
#define KEY_ID  "e16e029a"
#define BOB     "u1:" KEY_ID ":37172c9688eebe1142c0"
#define MAC     "m1:" KEY_ID ":09cf74600475a94d1fd8"
#define ADDRESS "a1:" KEY_ID ":8d4ce19515b643057778"
#define SESSION "c1:" KEY_ID ":c74f85fb373d71422eb0"
#define EUI_64  "a1:" KEY_ID ":9603a46e113949a8d9ca"

static struct pseudonyms *make(enum pseudonym_way users, enum pseudonym_way macs,
                               enum pseudonym_way ips)
{
    const struct pseudonym_options options = {users, macs, ips, bytes_of_text(key)};
    struct diag diag = {{0}};
    struct pseudonyms *pseudonyms = pseudonyms_new(&options, &diag);

    if (pseudonyms == NULL) {
        fail_msg("%s", diag.text);
    }
    return pseudonyms;
}

#define SET(member, text) assert_true(text_copy(member, sizeof(member), text))

static void fill(struct finding *finding)
{
    memset(finding, 0, sizeof(*finding));
    finding->kind = FINDING_AUTH;
    finding->client = stage_address("10.0.0.7");
    finding->server = stage_address("192.0.2.1");
    finding->mac = stage_mac("00:1b:54:aa:00:01");
    finding->pairs_left_out = 3;
    SET(finding->id, "00112233445566778899aabbccddeeff");
    SET(finding->device_id, "mac:00-1B-54-AA-00-01");
    SET(finding->host_name, "printer");
    SET(finding->software, "Mailer/2.0");
    SET(finding->path, "/EWS/Exchange.asmx");
    SET(finding->user, "Bob@Contoso.COM");
    SET(finding->domain, "Contoso.COM");
    SET(finding->community_id, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
    SET(finding->pairs, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=@1763800000*3 "
                        "1:LQU9qZlK+B5F3KDmev6m5PMibrg=@1763800007");
}

static void apply(enum pseudonym_way users, enum pseudonym_way macs, enum pseudonym_way ips,
                  struct finding *finding)
{
    struct pseudonyms *pseudonyms = make(users, macs, ips);

    pseudonyms_apply(pseudonyms, finding);
    pseudonyms_free(pseudonyms);
}

static void a_user_has_one_name_however_it_is_written(void **state)
{
    static const struct {
        const char *user;
        const char *domain;
        const char *name;
    } cases[] = {
        {"bob@contoso.com", "contoso.com", "bob@contoso.com"},
        {" BOB@Contoso.com ", "", "bob@contoso.com"},
        {"CONTOSO\\Bob", "CONTOSO", "contoso\\bob"},
        {"Bob", "CONTOSO", "contoso\\bob"}, /* NTLM */
        {" Bob ", " CONTOSO ", "contoso\\bob"},
        {"bob@contoso.com", "CONTOSO", "bob@contoso.com"},
        {"Bob", "", "bob"},
        {"", "CONTOSO", ""},
        {"B\xc3\xb6"
         "b",
         "",
         "b\xc3\xb6"
         "b"},
        {"\xc3\x96"
         "B",
         "",
         "\xc3\x96"
         "b"}, /* letters beyond ASCII stay */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char name[CANONICAL_SIZE];

        pseudonym_canonical(cases[i].user, cases[i].domain, name);
        assert_string_equal(name, cases[i].name);
    }
}

static void pseudonyms_are_what_the_header_says(void **state)
{
    struct finding finding;

    (void)state;
    fill(&finding);
    apply(PSEUDONYM_HMAC, PSEUDONYM_HMAC, PSEUDONYM_HMAC, &finding);
    assert_string_equal(finding.user_hash, BOB);
    assert_string_equal(finding.user, "");
    assert_string_equal(finding.domain, "");
    assert_string_equal(finding.mac_hash, MAC);
    assert_false(finding.mac.known);
    assert_string_equal(finding.device_id, "mac:" MAC);
    assert_string_equal(finding.client_hash, ADDRESS);
    assert_int_equal(finding.client.version, 0);
    assert_string_equal(finding.community_id, SESSION);
    assert_string_equal(finding.pairs, SESSION "@1763800000*3 " SESSION "@1763800007");
    assert_int_equal(finding.pairs_left_out, 3);
    assert_string_equal(finding.id, "0350d31cd499144ee58e55f7d4eaa930");
    assert_int_equal(finding.server.version, 4);
    assert_string_equal(finding.host_name, "printer");
    assert_string_equal(finding.path, "/EWS/Exchange.asmx");
}

static void what_is_dropped_has_no_pseudonym(void **state)
{
    struct finding finding;

    (void)state;
    fill(&finding);
    apply(PSEUDONYM_DROP, PSEUDONYM_DROP, PSEUDONYM_DROP, &finding);
    assert_string_equal(finding.user_hash, "");
    assert_string_equal(finding.user, "");
    assert_string_equal(finding.mac_hash, "");
    assert_false(finding.mac.known);
    assert_string_equal(finding.client_hash, "");
    assert_int_equal(finding.client.version, 0);
    assert_string_equal(finding.device_id, "mac:dropped");
    assert_string_equal(finding.community_id, SESSION); /* or addresses could be tried */
    assert_string_equal(finding.id, "0350d31cd499144ee58e55f7d4eaa930");
}

static void each_kind_of_name_is_set_apart(void **state)
{
    struct finding finding;

    (void)state;
    fill(&finding);
    apply(PSEUDONYM_HMAC, PSEUDONYM_CLEAR, PSEUDONYM_CLEAR, &finding);
    assert_string_equal(finding.user_hash, BOB);
    assert_true(finding.mac.known);
    assert_int_equal(finding.client.version, 4);
    assert_string_equal(finding.device_id, "mac:00-1B-54-AA-00-01");
    assert_string_equal(finding.community_id, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
    assert_string_not_equal(finding.id, "00112233445566778899aabbccddeeff");
    fill(&finding);
    apply(PSEUDONYM_CLEAR, PSEUDONYM_CLEAR, PSEUDONYM_DROP, &finding);
    assert_string_equal(finding.user, "Bob@Contoso.COM");
    assert_true(finding.mac.known);
    assert_int_equal(finding.client.version, 0);
    assert_string_equal(finding.device_id, "mac:00-1B-54-AA-00-01");
    fill(&finding);
    apply(PSEUDONYM_CLEAR, PSEUDONYM_HMAC, PSEUDONYM_CLEAR, &finding);
    assert_string_equal(finding.device_id, "mac:" MAC);
    assert_int_equal(finding.client.version, 4);
    assert_string_equal(finding.community_id, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
}

static void a_device_is_named_by_what_it_rests_on(void **state)
{
    static const struct {
        const char *id;
        enum pseudonym_way macs;
        enum pseudonym_way ips;
        const char *shown;
    } cases[] = {
        {"ip:10.0.0.7", PSEUDONYM_HMAC, PSEUDONYM_CLEAR, "ip:10.0.0.7"},
        {"ip:10.0.0.7", PSEUDONYM_CLEAR, PSEUDONYM_HMAC, "ip:" ADDRESS},
        {"ip:10.0.0.7", PSEUDONYM_CLEAR, PSEUDONYM_DROP, "ip:dropped"},
        {"dhcp:00-1B-54-AA-00-01", PSEUDONYM_HMAC, PSEUDONYM_CLEAR, "dhcp:" MAC},
        {"dhcp:66-6F-6F", PSEUDONYM_HMAC, PSEUDONYM_CLEAR,
         "dhcp:m1:" KEY_ID ":327bcd5661c3af6e666f"},
        {"dhcp:66-6F-6F", PSEUDONYM_DROP, PSEUDONYM_CLEAR, "dhcp:dropped"},
        {"dhcp:66-6F-6F", PSEUDONYM_CLEAR, PSEUDONYM_HMAC, "dhcp:66-6F-6F"},
        {"eas:ApplDLXG0001", PSEUDONYM_DROP, PSEUDONYM_DROP, "eas:ApplDLXG0001"},
        {"", PSEUDONYM_DROP, PSEUDONYM_DROP, ""}, /* an alert that is not of one device */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct finding finding;

        fill(&finding);
        SET(finding.device_id, cases[i].id);
        apply(PSEUDONYM_CLEAR, cases[i].macs, cases[i].ips, &finding);
        assert_string_equal(finding.device_id, cases[i].shown);
    }
}

static void an_address_that_is_made_of_the_mac_is_hidden_with_it(void **state)
{
    struct finding finding;

    (void)state;
    fill(&finding);
    finding.client = stage_address("2001:db8::21b:54ff:feaa:1");
    SET(finding.device_id, "ip:2001:db8::21b:54ff:feaa:1");
    SET(finding.host_name, "cam-aa0001");
    apply(PSEUDONYM_CLEAR, PSEUDONYM_HMAC, PSEUDONYM_CLEAR, &finding);
    assert_int_equal(finding.client.version, 0);
    assert_string_equal(finding.client_hash, EUI_64);
    assert_string_equal(finding.device_id, "ip:" EUI_64);
    assert_string_equal(finding.host_name, "");
    assert_string_equal(finding.community_id, SESSION);
    fill(&finding);
    finding.client = stage_address("2001:db8::7");
    apply(PSEUDONYM_CLEAR, PSEUDONYM_HMAC, PSEUDONYM_CLEAR, &finding);
    assert_int_equal(finding.client.version, 6);
}

static void texts_that_give_a_name_away_are_left_out(void **state)
{
    struct finding finding;

    (void)state;
    fill(&finding);
    SET(finding.software, "Mailer (bob)");
    SET(finding.model, "bob");
    SET(finding.host_name, "BOB-PC");
    SET(finding.path, "/users/bob@contoso.com/inbox");
    apply(PSEUDONYM_DROP, PSEUDONYM_CLEAR, PSEUDONYM_CLEAR, &finding);
    assert_string_equal(finding.software, "");
    assert_string_equal(finding.model, "");
    assert_string_equal(finding.host_name, "");
    assert_string_equal(finding.path, "/users/*/inbox");
    fill(&finding);
    SET(finding.host_name, "ip-10-0-0-7");
    apply(PSEUDONYM_CLEAR, PSEUDONYM_CLEAR, PSEUDONYM_HMAC, &finding);
    assert_string_equal(finding.host_name, "");
    fill(&finding);
    finding.mac = (struct mac){0}; /* not on the segment; its lease is known */
    SET(finding.device_id, "dhcp:00-1B-54-AA-00-01");
    SET(finding.host_name, "SEP001B54AA0001");
    apply(PSEUDONYM_CLEAR, PSEUDONYM_HMAC, PSEUDONYM_CLEAR, &finding);
    assert_string_equal(finding.host_name, "");
}

static void nothing_is_changed_where_all_is_clear(void **state)
{
    struct finding finding;
    struct finding before;

    (void)state;
    fill(&finding);
    before = finding;
    apply(PSEUDONYM_CLEAR, PSEUDONYM_CLEAR, PSEUDONYM_CLEAR, &finding);
    assert_memory_equal(&finding, &before, sizeof(finding));
}

static void a_full_list_of_pairs_keeps_its_pairs(void **state)
{
    struct finding finding;
    size_t num = 0;

    (void)state;
    fill(&finding);
    finding.pairs[0] = '\0';
    for (int i = 0; i < MAX_PAIRS; i++) {
        (void)text_append(finding.pairs, PAIRS_SIZE, i > 0 ? " " : "");
        (void)text_append(finding.pairs, PAIRS_SIZE, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
        (void)text_append(finding.pairs, PAIRS_SIZE, "@18446744073*4294967295");
    }
    apply(PSEUDONYM_CLEAR, PSEUDONYM_CLEAR, PSEUDONYM_HMAC, &finding);
    for (const char *at = finding.pairs;
         (at = strstr(at, SESSION "@18446744073*4294967295")) != NULL; at++) {
        num++;
    }
    assert_int_equal(num, MAX_PAIRS);
}

static void a_short_key_is_none(void **state)
{
    struct pseudonym_options options = {.users = PSEUDONYM_HMAC, .key = BYTES("too short")};
    struct diag diag = {{0}};

    (void)state;
    assert_null(pseudonyms_new(&options, &diag));
    assert_string_equal(diag.text, "a key of pseudonyms has 32 to 4096 bytes, not 9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_has_one_name_however_it_is_written),
        cmocka_unit_test(pseudonyms_are_what_the_header_says),
        cmocka_unit_test(what_is_dropped_has_no_pseudonym),
        cmocka_unit_test(each_kind_of_name_is_set_apart),
        cmocka_unit_test(a_device_is_named_by_what_it_rests_on),
        cmocka_unit_test(an_address_that_is_made_of_the_mac_is_hidden_with_it),
        cmocka_unit_test(texts_that_give_a_name_away_are_left_out),
        cmocka_unit_test(nothing_is_changed_where_all_is_clear),
        cmocka_unit_test(a_full_list_of_pairs_keeps_its_pairs),
        cmocka_unit_test(a_short_key_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
