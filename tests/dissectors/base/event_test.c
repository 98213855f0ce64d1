#include "dissectors/base/event.h"

#include <string.h>

#include "dissectors/base/text.h"
#include "tests/support/test.h"

static void expect_domain(const char *user, const char *domain)
{
    struct auth_event auth = {0};

    assert_true(text_copy(auth.user, sizeof(auth.user), user));
    auth_split_domain(&auth);
    assert_string_equal(auth.domain, domain);
    assert_string_equal(auth.user, user);
}

static void a_domain_is_found_in_the_user_which_stays(void **state)
{
    (void)state;
    expect_domain("CONTOSO\\bob", "CONTOSO");
    expect_domain("contoso.com/bob", "contoso.com");
    expect_domain("bob@contoso.com", "contoso.com");
    expect_domain("CONTOSO\\bob@x", "CONTOSO");
    expect_domain("bob", "");
    expect_domain("", "");
    expect_domain("\\bob", "");
}

static void an_offer_lists_each_mechanism_once(void **state)
{
    struct offer_event offer = {0};

    (void)state;
    offer_add(&offer, MECHANISM_SASL_PLAIN);
    offer_add(&offer, MECHANISM_SASL_LOGIN);
    offer_add(&offer, MECHANISM_SASL_PLAIN);
    assert_string_equal(offer.mechanisms, "sasl-plain sasl-login");
}

static void an_offer_never_overflows(void **state)
{
    struct offer_event offer = {0};
    struct bytes rest;
    struct bytes word;
    size_t num = 0;

    (void)state;
    for (unsigned i = 0; i < NUM_MECHANISMS; i++) {
        offer_add(&offer, (enum mechanism)i);
    }
    assert_true(strlen(offer.mechanisms) < sizeof(offer.mechanisms));
    for (rest = bytes_of_text(offer.mechanisms); take_spaces(&rest), take_word(&rest, &word);) {
        bool whole = false;

        for (unsigned i = 0; i < NUM_MECHANISMS; i++) {
            whole = whole || bytes_equal(word, bytes_of_text(mechanism_word(i)));
        }
        assert_true(whole); /* no word is cut */
        num++;
    }
    assert_true(num > 10);
}

struct heard {
    struct event event;
    unsigned times;
};

static void hear(void *ctx, struct event *event)
{
    struct heard *heard = ctx;

    heard->event = *event;
    heard->times++;
}

static void an_event_is_dated_by_its_mark(void **state)
{
    struct moment now = {{1000}, 7, "mail.pcapng"};
    struct heard heard = {0};
    struct emitter emitter = {hear, &heard, &now};
    struct moment mark = emitter_mark(&emitter);
    struct event event;

    (void)state;
    now.frame = 9;
    memset(&event, 0xff, sizeof(event));
    event_init(&event, EVENT_AUTH, SERVICE_IMAP, &emitter);
    assert_int_equal(event.at.frame, 9);
    assert_string_equal(event.auth.user, "");
    assert_null(event.tunnel_target);
    event.at = mark;
    emitter_emit(&emitter, &event);
    assert_int_equal(heard.times, 1);
    assert_int_equal(heard.event.at.frame, 7);
    assert_int_equal(heard.event.service, SERVICE_IMAP);
}

static void every_kind_has_a_schema_of_its_name(void **state)
{
    static const char *const names[] = {"auth", "offer", "client", "tls", "name"};

    (void)state;
    for (unsigned i = 0; i < NUM_EVENT_KINDS; i++) {
        const struct schema *schema = event_schema((enum event_kind)i);

        assert_string_equal(event_word(i), names[i]);
        assert_string_equal(schema->name, names[i]);
        assert_non_null(schema_find(schema, BYTES("event")));
        for (size_t k = 0; k < schema->num_fields; k++) { /* no name twice, each with its help */
            const struct field *field = &schema->fields[k];

            assert_ptr_equal(schema_find(schema, bytes_of_text(field->name)), field);
            assert_true(field->help[0] != '\0');
        }
    }
    assert_string_equal(event_word(NUM_EVENT_KINDS), "unknown");
}

/* SCHEMA, section 3: a password, a token or the length of one has no place in an event. */
static void no_event_has_a_place_for_a_secret(void **state)
{
    static const char *const secrets[] = {"pass", "token", "secret", "cookie", "hash", "length"};

    (void)state;
    for (unsigned i = 0; i < NUM_EVENT_KINDS; i++) {
        const struct schema *schema = event_schema((enum event_kind)i);

        for (size_t k = 0; k < schema->num_fields; k++) {
            const struct field *field = &schema->fields[k];

            for (size_t n = 0; n < sizeof(secrets) / sizeof(secrets[0]); n++) {
                assert_true(strstr(field->name, secrets[n]) == NULL ||
                            field->kind == FIELD_BOOL); /* password_seen */
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_domain_is_found_in_the_user_which_stays),
        cmocka_unit_test(an_offer_lists_each_mechanism_once),
        cmocka_unit_test(an_offer_never_overflows),
        cmocka_unit_test(an_event_is_dated_by_its_mark),
        cmocka_unit_test(every_kind_has_a_schema_of_its_name),
        cmocka_unit_test(no_event_has_a_place_for_a_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
