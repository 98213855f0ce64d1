/* Whole lines, written by hand from the published formats. */
#include "export/format/formatter.h"

#include <stdlib.h>

#include "tests/export/format/finding_sample.h"
#include "tests/support/test.h"

/* The line, for free(). */
static char *format(enum formatter_kind kind, const struct finding *finding)
{
    struct formatter *formatter = formatter_new(kind);
    struct record_layout *layout;
    struct record *record = finding_record(finding, &layout);
    struct bytes line;
    char *text;

    assert_non_null(formatter);
    assert_non_null(record);
    assert_true(formatter_write(formatter, record, &line));
    text = strndup((const char *)line.at, line.len);
    assert_non_null(text);
    assert_int_equal(strlen(text), line.len);
    record_free(record);
    record_layout_free(layout);
    formatter_free(formatter);
    return text;
}

static void expect(enum formatter_kind kind, const struct finding *finding, const char *expected)
{
    char *text = format(kind, finding);

    assert_string_equal(text, expected);
    free(text);
}

static void expect_part(enum formatter_kind kind, const struct finding *finding, const char *part)
{
    char *text = format(kind, finding);

    if (strstr(text, part) == NULL) {
        fail_msg("%s is not in %s", part, text);
    }
    free(text);
}

static void expect_no_part(enum formatter_kind kind, const struct finding *finding,
                           const char *part)
{
    char *text = format(kind, finding);

    if (strstr(text, part) != NULL) {
        fail_msg("%s is in %s", part, text);
    }
    free(text);
}

static void a_login_is_an_authentication_event_of_ocsf(void **state)
{
    struct finding finding = finding_sample();

    (void)state;
    expect(FORMATTER_OCSF, &finding,
           "{\"class_uid\":3002,\"class_name\":\"Authentication\",\"category_uid\":3,"
           "\"category_name\":\"Identity & Access Management\",\"activity_id\":1,"
           "\"activity_name\":\"Logon\",\"type_uid\":300201,"
           "\"type_name\":\"Authentication: Logon\",\"metadata\":{\"version\":\"1.4.0\","
           "\"uid\":\"0123456789abcdef0123456789abcdef\",\"sequence\":7,"
           "\"log_name\":\"basictap.finding\",\"log_provider\":\"tap-1\",\"product\":{"
           "\"vendor_name\":\"basictap\",\"name\":\"basictap\",\"version\":\"0.1.0\"}},"
           "\"is_remote\":true,\"time\":1795248000250,\"start_time\":1795248000000,"
           "\"end_time\":1795248000250,\"count\":2,\"message\":\"basic-auth\",\"severity_id\":4,"
           "\"severity\":\"High\",\"unmapped\":{\"rule\":{\"level\":\"high\","
           "\"id\":\"basic-in-clear\",\"name\":\"A password in clear\"},"
           "\"basictap\":{\"mechanism\":\"sasl-login\",\"transport\":\"clear\",\"kind\":\"auth\","
           "\"family\":\"basic\",\"certainty\":\"observed\","
           "\"server_reason\":\"basic-disabled\",\"switch\":\"AllowBasicAuthSmtp\","
           "\"client_app_used\":\"Authenticated SMTP\",\"device\":{\"source\":\"mac\"},"
           "\"target\":\"exchange-online\"},\"tls\":{\"established\":false,\"resumed\":false},"
           "\"network\":{\"transport\":\"tcp\",\"protocol\":\"smtp\",\"community_id\":\"1:abc=\"}},"
           "\"status_id\":2,\"status\":\"Failure\",\"status_detail\":\"blocked\","
           "\"status_code\":\"535 5.7.139\",\"service\":{\"name\":\"smtp\"},"
           "\"auth_protocol_id\":11,\"auth_protocol\":\"Basic Authentication\","
           "\"is_cleartext\":true,\"src_endpoint\":{\"ip\":\"10.0.0.7\",\"port\":50123,"
           "\"mac\":\"00-1B-54-AA-00-01\",\"hostname\":\"scanner\",\"vlan_uid\":\"12\","
           "\"uid\":\"mac:00-1B-54-AA-00-01\"},\"dst_endpoint\":{\"ip\":\"52.96.0.1\","
           "\"port\":587,\"hostname\":\"smtp.office365.com\"},"
           "\"user\":{\"name\":\"bob@contoso.com\"}}");
}

static void a_login_is_a_line_of_cef(void **state)
{
    struct finding finding = finding_sample();

    (void)state;
    expect(FORMATTER_CEF, &finding,
           "CEF:0|basictap|basictap|0.1.0|basic-in-clear|A password in clear|8|"
           "rt=1795248000250 start=1795248000000 end=1795248000250 "
           "externalId=0123456789abcdef0123456789abcdef cn1=7 cn1Label=sequence cnt=2 cat=auth "
           "act=basic-auth dvchost=tap-1 outcome=failure reason=blocked flexString2=535 5.7.139 "
           "flexString2Label=serverCode msg=basic-disabled app=smtp cs1=sasl-login "
           "cs1Label=mechanism cs2=basic cs2Label=family cs3=observed cs3Label=certainty "
           "cs4=AllowBasicAuthSmtp cs4Label=switch cs5=Authenticated SMTP cs5Label=clientAppUsed "
           "proto=tcp src=10.0.0.7 spt=50123 smac=00:1B:54:AA:00:01 shost=scanner cn2=12 "
           "cn2Label=vlan flexString1=mac:00-1B-54-AA-00-01 flexString1Label=deviceId "
           "dst=52.96.0.1 dpt=587 dhost=smtp.office365.com destinationServiceName=exchange-online "
           "duser=bob@contoso.com");
}

static void ecs_is_the_record_itself(void **state)
{
    struct finding finding = finding_sample();

    (void)state;
    expect_part(FORMATTER_ECS, &finding, "\"user\":{\"name\":\"bob@contoso.com\"}");
    expect_part(FORMATTER_ECS, &finding, "{\"@timestamp\":\"2026-11-21T08:00:00.250999Z\"");
}

/* What the standard's escaping examples show: an equals sign and a backslash in the extension, a
 * pipe and a backslash in the header. */
static void cef_escapes_what_each_part_needs(void **state)
{
    struct finding finding = finding_sample();

    (void)state;
    (void)strcpy(finding.user, "CONTOSO\\bob=1|2");
    (void)strcpy(finding.rule_name, "a|b\\c=d");
    expect_part(FORMATTER_CEF, &finding, " duser=CONTOSO\\\\bob\\=1|2");
    expect_part(FORMATTER_CEF, &finding, "|a\\|b\\\\c=d|8|");
}

static void nothing_breaks_a_line(void **state)
{
    struct finding finding = finding_sample();

    (void)state;
    (void)strcpy(finding.host_name, "a\nb\x01");
    expect_part(FORMATTER_CEF, &finding, " shost=a");
    for (enum formatter_kind kind = FORMATTER_ECS; kind < NUM_FORMATTERS; kind++) {
        expect_no_part(kind, &finding, "\n");
        expect_no_part(kind, &finding, "\x01");
    }
}

static void ipv6_has_keys_of_its_own_in_cef(void **state)
{
    struct finding finding = finding_sample();

    (void)state;
    finding.client = (struct address){.octets = {0x20, 1, 0xd, 0xb8, [15] = 7}, .version = 6};
    finding.server = (struct address){.octets = {0x20, 1, 0xd, 0xb8, [15] = 8}, .version = 6};
    expect_part(FORMATTER_CEF, &finding, " c6a2=2001:db8::7 c6a2Label=Source IPv6 Address ");
    expect_part(FORMATTER_CEF, &finding, " c6a3=2001:db8::8 c6a3Label=Destination IPv6 Address ");
    expect_no_part(FORMATTER_CEF, &finding, " src=");
}

static void a_key_of_cef_is_no_longer_than_allowed(void **state)
{
    struct finding finding = finding_sample();

    (void)state;
    memset(finding.action, 'x', sizeof(finding.action) - 1);
    memcpy(finding.action + 62, "\xc3\xbc", 2); /* the 63rd character */
    expect_part(FORMATTER_CEF, &finding, "xx\xc3\xbc dvchost=");
}

struct protocol_case {
    enum mechanism mechanism;
    enum family family;
    const char *part;
};

static void mechanisms_are_protocols_of_ocsf(void **state)
{
    static const struct protocol_case cases[] = {
        {MECHANISM_HTTP_BASIC, FAMILY_BASIC,
         "\"auth_protocol_id\":11,\"auth_protocol\":\"Basic Authentication\""},
        {MECHANISM_HTTP_BEARER, FAMILY_MODERN,
         "\"auth_protocol_id\":6,\"auth_protocol\":\"OAUTH 2.0\""},
        {MECHANISM_HTTP_NTLM, FAMILY_INTEGRATED,
         "\"auth_protocol_id\":1,\"auth_protocol\":\"NTLM\""},
        {MECHANISM_SASL_GSSAPI, FAMILY_INTEGRATED,
         "\"auth_protocol_id\":2,\"auth_protocol\":\"Kerberos\""},
        {MECHANISM_HTTP_DIGEST, FAMILY_CHALLENGE,
         "\"auth_protocol_id\":3,\"auth_protocol\":\"Digest\""},
        {MECHANISM_POP_APOP, FAMILY_CHALLENGE,
         "\"auth_protocol_id\":99,\"auth_protocol\":\"pop-apop\""},
        {MECHANISM_OTHER, FAMILY_BASIC,
         "\"auth_protocol_id\":11,\"auth_protocol\":\"Basic Authentication\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct finding finding = finding_sample();

        finding.mechanism = cases[i].mechanism;
        finding.family = cases[i].family;
        expect_part(FORMATTER_OCSF, &finding, cases[i].part);
    }
}

static void only_a_readable_password_is_clear_text(void **state)
{
    struct finding finding = finding_sample();

    (void)state;
    finding.transport = TRANSPORT_STARTTLS;
    expect_part(FORMATTER_OCSF, &finding, "\"is_cleartext\":false");
    finding.transport = TRANSPORT_CLEAR;
    finding.family = FAMILY_INTEGRATED;
    expect_part(FORMATTER_OCSF, &finding, "\"is_cleartext\":false");
    finding.family = FAMILY_UNKNOWN;
    expect_no_part(FORMATTER_OCSF, &finding, "is_cleartext");
}

static void what_ocsf_requires_is_there_without_a_value(void **state)
{
    struct finding finding = finding_sample();

    (void)state;
    finding.user[0] = '\0';
    expect_part(FORMATTER_OCSF, &finding, "\"user\":{\"name\":\"unknown\"}");
    finding.rule_level = LEVEL_NONE;
    expect_part(FORMATTER_OCSF, &finding, "\"severity_id\":1,\"severity\":\"Informational\"");
}

static void a_user_agent_is_one_in_http_alone(void **state)
{
    struct finding finding = finding_sample();

    (void)state;
    (void)strcpy(finding.software, "Outlook");
    expect_part(FORMATTER_OCSF, &finding, "\"user_agent\":{\"original\":\"Outlook\"}");
    expect_no_part(FORMATTER_OCSF, &finding, "http_request");
    finding.network_protocol = "http";
    expect_part(FORMATTER_OCSF, &finding, "\"http_request\":{\"user_agent\":\"Outlook\"}");
    expect_no_part(FORMATTER_OCSF, &finding, "\"original\"");
}

static void a_session_that_was_not_read_is_network_activity(void **state)
{
    struct finding finding = finding_sample();

    (void)state;
    finding.kind = FINDING_TLS;
    (void)strcpy(finding.tls_ja3, "d41d8cd98f00b204e9800998ecf8427e");
    expect_part(FORMATTER_OCSF, &finding, "\"type_uid\":400106");
    expect_part(FORMATTER_OCSF, &finding,
                "\"tls\":{\"version\":\"unknown\",\"ja3_hash\":{\"algorithm_id\":1,"
                "\"algorithm\":\"MD5\",\"value\":\"d41d8cd98f00b204e9800998ecf8427e\"}}");
    expect_part(FORMATTER_OCSF, &finding,
                "\"connection_info\":{\"direction_id\":0,\"direction\":\"Unknown\","
                "\"protocol_name\":\"tcp\",\"community_uid\":\"1:abc=\"}");
}

static void an_alert_is_a_detection_finding(void **state)
{
    struct finding finding = finding_sample();

    (void)state;
    finding.kind = FINDING_ALERT;
    expect_part(FORMATTER_OCSF, &finding, "\"type_uid\":200401");
    expect_part(FORMATTER_OCSF, &finding,
                "\"finding_info\":{\"analytic\":{\"type_id\":1,\"type\":\"Rule\","
                "\"name\":\"A password in clear\",\"uid\":\"basic-in-clear\"},"
                "\"uid\":\"0123456789abcdef0123456789abcdef\",\"title\":\"A password in clear\"}");
    expect_part(FORMATTER_OCSF, &finding,
                "\"evidences\":[{\"connection_info\":{\"direction_id\":0,"
                "\"protocol_name\":\"tcp\",\"community_uid\":\"1:abc=\"},"
                "\"src_endpoint\":{\"ip\":\"10.0.0.7\"");
    expect_part(FORMATTER_OCSF, &finding, "\"resources\":[{\"uid\":\"mac:00-1B-54-AA-00-01\"}]");
}

struct device {
    struct timestamp last;
    char id[40];
    char device_id[64];
    char verdict[16];
    char surprise[16];
};

/* No record of that kind is made yet; the table has a place for it, and for fields that it knows
 * nothing of. */
static void the_summary_of_a_device_is_a_compliance_finding(void **state)
{
    static const struct field fields[] = {
        FIELD(struct device, last, "@timestamp", ""),
        FIELD(struct device, id, "event.id", ""),
        FIELD_CONST("device", "basictap.kind", ""),
        FIELD(struct device, device_id, "device.id", ""),
        FIELD(struct device, verdict, "basictap.verdict", ""),
        FIELD(struct device, surprise, "basictap.new.field", ""),
    };
    static const struct schema schema = {"device", fields, sizeof(fields) / sizeof(fields[0])};
    struct device device = {{UINT64_C(1795248000000000000)}, "1", "ip:10.0.0.7", "mixed", "x"};
    struct record_layout *layout = record_layout_new(&schema, &finding_identity);
    struct record *record = layout != NULL ? record_new(layout, &device) : NULL;
    struct formatter *formatter = formatter_new(FORMATTER_OCSF);
    struct bytes line;
    char *text;

    (void)state;
    assert_non_null(record);
    assert_non_null(formatter);
    assert_true(formatter_write(formatter, record, &line));
    text = strndup((const char *)line.at, line.len);
    assert_non_null(text);
    assert_non_null(strstr(text, "\"type_uid\":200301"));
    assert_non_null(strstr(text, "\"compliance\":{\"control\":\"Basic Authentication is not used\","
                                 "\"standards\":[\"Deprecation of Basic authentication in Exchange "
                                 "Online\"],\"status_id\":3,\"status\":\"Fail\"}"));
    assert_non_null(strstr(text, "\"finding_info\":{\"uid\":\"1\"}"));
    assert_non_null(strstr(text, "\"resources\":[{\"uid\":\"ip:10.0.0.7\"}]"));
    assert_non_null(strstr(text, "\"verdict\":\"mixed\""));
    assert_non_null(strstr(text, "\"new\":{\"field\":\"x\"}"));
    free(text);
    formatter_free(formatter);
    record_free(record);
    record_layout_free(layout);
}

static void a_line_says_its_number(void **state)
{
    struct finding finding = finding_sample();

    (void)state;
    (void)strcpy(finding.user, "\"sequence\":99 cn1=99");
    (void)strcpy(finding.rule_name, "x cn1=99");
    for (enum formatter_kind kind = FORMATTER_ECS; kind < NUM_FORMATTERS; kind++) {
        char *text = format(kind, &finding);
        uint64_t sequence = 0;

        assert_true(formatter_find_sequence(kind, bytes_of_text(text), &sequence));
        assert_int_equal(sequence, 7);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_is_an_authentication_event_of_ocsf),
        cmocka_unit_test(a_login_is_a_line_of_cef),
        cmocka_unit_test(ecs_is_the_record_itself),
        cmocka_unit_test(cef_escapes_what_each_part_needs),
        cmocka_unit_test(nothing_breaks_a_line),
        cmocka_unit_test(ipv6_has_keys_of_its_own_in_cef),
        cmocka_unit_test(a_key_of_cef_is_no_longer_than_allowed),
        cmocka_unit_test(mechanisms_are_protocols_of_ocsf),
        cmocka_unit_test(only_a_readable_password_is_clear_text),
        cmocka_unit_test(what_ocsf_requires_is_there_without_a_value),
        cmocka_unit_test(a_user_agent_is_one_in_http_alone),
        cmocka_unit_test(a_session_that_was_not_read_is_network_activity),
        cmocka_unit_test(an_alert_is_a_detection_finding),
        cmocka_unit_test(the_summary_of_a_device_is_a_compliance_finding),
        cmocka_unit_test(a_line_says_its_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
