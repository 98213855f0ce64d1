/* The rules that we ship: each fires where it should, and is silent where it should be. */
#include "tests/rules/stage.h"

#include <stdio.h>
#include <string.h>

#include "dissectors/base/text.h"

static const char *const titles[] = {
    "Basic Authentication in clear text",
    "Basic Authentication to Exchange Online",
    "Basic Authentication is refused by policy",
    "NTLM to Exchange Online",
};

struct attempt {
    const char *server;
    enum service service;
    enum mechanism mechanism;
    enum outcome outcome;
    enum transport transport;
    const char *fires; /* last digits of the rules' ids */
};

static void attempt(struct stage *stage, const struct attempt *attempt, double seconds)
{
    struct event *event = stage_event(stage, EVENT_AUTH, attempt->service, seconds);

    stage->origin.server = stage_address(attempt->server);
    event->auth.mechanism = attempt->mechanism;
    event->auth.outcome = attempt->outcome;
    event->transport = attempt->transport;
    event->certainty =
        attempt->transport == TRANSPORT_CLEAR ? CERTAINTY_OBSERVED : CERTAINTY_DECRYPTED;
    stage_say(stage);
}

/* "...4d01,...4d02" -> "01 02" */
static void short_ids(const char *lines, char text[64])
{
    struct bytes rest = bytes_of_text(lines);
    struct bytes id;

    text[0] = '\0';
    while (take_until(&rest, ',', &id) || take_until(&rest, '\n', &id)) {
        if (id.len < 2) {
            continue;
        }
        (void)snprintf(text + strlen(text), 64 - strlen(text), "%s%.2s", text[0] != '\0' ? " " : "",
                       (const char *)bytes_after(id, id.len - 2).at);
    }
}

#define ONLINE "52.96.0.10"
#define OTHER  "192.0.2.1"

static void single_events_fire_their_rules(void **state)
{
    static const struct attempt attempts[] = {
        {ONLINE, SERVICE_IMAP, MECHANISM_IMAP_LOGIN, OUTCOME_ACCEPTED, TRANSPORT_CLEAR, "01 02"},
        {ONLINE, SERVICE_IMAP, MECHANISM_IMAP_LOGIN, OUTCOME_ACCEPTED, TRANSPORT_TLS, "02"},
        {ONLINE, SERVICE_IMAP, MECHANISM_IMAP_LOGIN, OUTCOME_BLOCKED, TRANSPORT_TLS, "03"},
        {ONLINE, SERVICE_IMAP, MECHANISM_IMAP_LOGIN, OUTCOME_BLOCKED, TRANSPORT_CLEAR, "03 01"},
        {OTHER, SERVICE_IMAP, MECHANISM_IMAP_LOGIN, OUTCOME_ACCEPTED, TRANSPORT_CLEAR, "01"},
        {OTHER, SERVICE_IMAP, MECHANISM_IMAP_LOGIN, OUTCOME_ACCEPTED, TRANSPORT_TLS, ""},
        {ONLINE, SERVICE_IMAP, MECHANISM_SASL_XOAUTH2, OUTCOME_ACCEPTED, TRANSPORT_CLEAR, ""},
        {ONLINE, SERVICE_SMTP, MECHANISM_NONE, OUTCOME_ACCEPTED, TRANSPORT_CLEAR, ""},
        {ONLINE, SERVICE_EWS, MECHANISM_HTTP_NTLM, OUTCOME_CHALLENGED, TRANSPORT_CLEAR, "04"},
        {OTHER, SERVICE_EWS, MECHANISM_HTTP_NTLM, OUTCOME_CHALLENGED, TRANSPORT_CLEAR, ""},
        {ONLINE, SERVICE_EWS, MECHANISM_HTTP_NEGOTIATE_KERBEROS, OUTCOME_ACCEPTED, TRANSPORT_CLEAR,
         ""},
        /* what goes to a proxy is nobody's mailbox */
        {ONLINE, SERVICE_PROXY, MECHANISM_HTTP_BASIC, OUTCOME_ACCEPTED, TRANSPORT_CLEAR, ""},
        {ONLINE, SERVICE_PROXY, MECHANISM_HTTP_NTLM, OUTCOME_ACCEPTED, TRANSPORT_CLEAR, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        struct stage stage;
        char ids[64];

        stage_init(&stage);
        stage.fields = "basictap.rules";
        stage_open(&stage);
        attempt(&stage, &attempts[i], 1);
        detector_flush(stage.detector);
        short_ids(strcmp(stage.lines, "-\n") == 0 ? "" : stage.lines, ids);
        if (strcmp(ids, attempts[i].fires) != 0) {
            fail_msg("attempt %zu fires %s, not %s", i, ids, attempts[i].fires);
        }
        stage_close(&stage);
    }
}

static void levels_and_names_are_those_of_the_files(void **state)
{
    struct stage stage;
    char line[128];

    (void)state;
    stage_init(&stage);
    stage.fields = "event.kind,rule.level,event.severity,rule.name";
    stage_open(&stage);
    attempt(&stage,
            &(struct attempt){ONLINE, SERVICE_POP, MECHANISM_POP_USER_PASS, OUTCOME_ACCEPTED,
                              TRANSPORT_TLS, ""},
            1);
    (void)snprintf(line, sizeof(line), "alert high 73 %s\n", titles[1]);
    stage_expect(&stage, line);
    attempt(&stage,
            &(struct attempt){ONLINE, SERVICE_POP, MECHANISM_POP_USER_PASS, OUTCOME_BLOCKED,
                              TRANSPORT_TLS, ""},
            2);
    (void)snprintf(line, sizeof(line), "event medium 47 %s\n", titles[2]);
    stage_expect(&stage, line);
    attempt(&stage,
            &(struct attempt){ONLINE, SERVICE_EWS, MECHANISM_HTTP_NTLM, OUTCOME_CHALLENGED,
                              TRANSPORT_TLS, ""},
            3);
    (void)snprintf(line, sizeof(line), "event medium 47 %s\n", titles[3]);
    stage_expect(&stage, line);
    stage_close(&stage);
}

struct session {
    enum service service;
    bool is_agreed;
    const char *version;
    const char *offered;
    const char *fires;
};

static void old_tls_is_a_finding_of_its_own(void **state)
{
    static const struct session sessions[] = {
        {SERVICE_IMAP, true, "1.0", "1.0", "10"},
        {SERVICE_IMAP, true, "1.1", "1.3", "10"}, /* the server cannot do better */
        {SERVICE_SMTP, true, "ssl3", "ssl3", "10"},
        {SERVICE_POP, false, "1.1", "1.1", "10"}, /* refused, or its answer was not seen */
        {SERVICE_IMAP, true, "1.2", "1.2", ""},
        {SERVICE_IMAP, true, "1.3", "1.3", ""},
        {SERVICE_IMAP, true, "", "", ""},
        {SERVICE_PROXY, true, "1.0", "1.0", ""},
    };
    struct stage stage;

    (void)state;
    for (size_t i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++) {
        const struct session *session = &sessions[i];
        struct event *event;
        char ids[64];

        stage_init(&stage);
        stage.fields = "basictap.rules";
        stage_open(&stage);
        event = stage_event(&stage, EVENT_TLS, session->service, 1);
        event->hello.server_hello = session->is_agreed;
        (void)text_copy(event->hello.version, sizeof(event->hello.version), session->version);
        (void)text_copy(event->hello.version_offered, sizeof(event->hello.version_offered),
                        session->offered);
        stage_say(&stage);
        detector_flush(stage.detector);
        assert_int_equal(stage.num_findings, 1);
        short_ids(strcmp(stage.lines, "-\n") == 0 ? "" : stage.lines, ids);
        if (strcmp(ids, session->fires) != 0) {
            fail_msg("session %zu fires %s, not %s", i, ids, session->fires);
        }
        stage_close(&stage);
    }
}

static void a_spray_is_told_once_with_its_source(void **state)
{
    struct stage stage;
    char user[32];

    (void)state;
    stage_init(&stage);
    stage.fields = "basictap.kind,event.action,source.ip,device.id,user.name,basictap.count,"
                   "event.kind,basictap.family";
    stage_open(&stage);
    for (unsigned i = 0; i < 40; i++) {
        (void)snprintf(user, sizeof(user), "user%u", i % 20);
        stage_login(&stage, i, user, OUTCOME_REJECTED);
    }
    assert_int_equal(stage.num_findings, 1);
    assert_string_equal(stage.lines, "alert Password spray 10.1.0.7 mac:00-21-5C-00-00-07 - 5 "
                                     "alert unknown\n");
    detector_flush(stage.detector);
    assert_int_equal(stage.num_findings, 21);
    assert_int_equal(stage.counted, 40);
    stage_close(&stage);
}

static void one_user_who_mistypes_is_no_spray(void **state)
{
    struct stage stage;

    (void)state;
    stage_init(&stage);
    stage.fields = "basictap.kind,basictap.count";
    stage_open(&stage);
    for (unsigned i = 0; i < 50; i++) {
        stage_login(&stage, i, "bob", OUTCOME_REJECTED);
    }
    stage_expect(&stage, "auth 50\n");
    stage_close(&stage);
}

static void a_device_with_both_is_told(void **state)
{
    static const struct attempt basic = {ONLINE,           SERVICE_IMAP,  MECHANISM_IMAP_LOGIN,
                                         OUTCOME_ACCEPTED, TRANSPORT_TLS, ""};
    static const struct attempt modern = {ONLINE,           SERVICE_EWS,   MECHANISM_HTTP_BEARER,
                                          OUTCOME_ACCEPTED, TRANSPORT_TLS, ""};
    struct stage stage;

    (void)state;
    stage_init(&stage);
    stage.fields = "basictap.kind,device.id,rule.level";
    stage_open(&stage);
    attempt(&stage, &modern, 1);
    stage.origin.client = stage_address("10.1.0.8");
    stage.origin.client_mac = stage_mac("00:21:5c:00:00:08");
    attempt(&stage, &basic, 2); /* another device */
    assert_int_equal(stage.num_findings, 0);
    attempt(&stage, &modern, 3);
    assert_string_equal(stage.lines, "alert mac:00-21-5C-00-00-08 low\n");
    attempt(&stage, &modern, 4);
    assert_int_equal(stage.num_findings, 1);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_events_fire_their_rules),
        cmocka_unit_test(levels_and_names_are_those_of_the_files),
        cmocka_unit_test(old_tls_is_a_finding_of_its_own),
        cmocka_unit_test(a_spray_is_told_once_with_its_source),
        cmocka_unit_test(one_user_who_mistypes_is_no_spray),
        cmocka_unit_test(a_device_with_both_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
