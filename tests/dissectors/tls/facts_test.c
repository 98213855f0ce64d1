#include "dissectors/tls/facts.h"

#include <stdio.h>
#include <string.h>

#include "dissectors/base/text.h"
#include "tests/support/test.h"

static const uint8_t seed[HMAP_SEED_SIZE] = {1};

static struct tls_event hello(const char *server_name)
{
    struct tls_event tls = {
        .resumption = TLS_RESUMPTION_TICKET,
        .reading = TLS_READING_NO_KEY,
        .client_hello = true,
        .server_hello = true,
        .cipher = 0x1301,
        .cipher_name = "TLS_AES_128_GCM_SHA256",
        .version = "1.3",
        .version_offered = "1.3",
        .ja3 = "0123456789abcdef0123456789abcdef",
        .ja4 = "t13d1516h2_8daaf6152771_b0da82dd1658",
        .alpn_offered = "h2,http/1.1",
        .certificate_names = "mail.contoso.com,autodiscover.contoso.com",
    };

    (void)text_copy(tls.server_name, sizeof(tls.server_name), server_name);
    return tls;
}

static void facts_are_told_as_they_were_taken(void **state)
{
    struct facts_table *table = facts_table_new(seed);
    struct tls_event said = hello("mail.contoso.com");
    struct tls_event told;
    struct facts *facts;

    (void)state;
    memset(said.server_name, 'n', sizeof(said.server_name) - 1); /* as long as one can be */
    facts = facts_take(table, &said);
    memset(&told, 0xee, sizeof(told));
    facts_tell(facts, &told);
    assert_memory_equal(&told, &said, sizeof(told));
    facts_give(table, facts);
    facts_table_free(table);
}

static void what_is_behind_the_end_of_a_text_is_no_fact(void **state)
{
    struct facts_table *table = facts_table_new(seed);
    struct tls_event said = hello("mail.contoso.com");
    struct tls_event littered = said;
    struct facts *facts = facts_take(table, &said);
    struct facts *same;

    (void)state;
    memset(littered.server_name + strlen(littered.server_name) + 1, 'x', 20);
    same = facts_take(table, &littered);
    assert_ptr_equal(same, facts);
    facts_give(table, facts);
    facts_give(table, same);
    facts_table_free(table);
}

static void who_says_the_same_shares_it_and_the_last_one_drops_it(void **state)
{
    struct facts_table *table = facts_table_new(seed);
    struct tls_event one = hello("mail.contoso.com");
    struct tls_event two = hello("mail.fabrikam.com");
    struct facts *first = facts_take(table, &one);
    struct facts *second = facts_take(table, &two);
    struct facts *third = facts_take(table, &one);
    struct tls_event told;

    (void)state;
    assert_ptr_equal(third, first);
    assert_ptr_not_equal(second, first);
    assert_int_equal(facts_count(table), 2);
    facts_give(table, first);
    assert_int_equal(facts_count(table), 2);
    facts_tell(third, &told);
    assert_string_equal(told.server_name, "mail.contoso.com");
    facts_give(table, third);
    facts_give(table, second);
    facts_give(table, NULL);
    assert_int_equal(facts_count(table), 0);
    facts_table_free(table);
}

static void a_full_table_refuses_what_is_new_and_keeps_what_is_held(void **state)
{
    struct facts_table *table = facts_table_new(seed);
    struct tls_event tls = hello("");
    struct tls_event told;
    struct facts *first = NULL;
    struct facts *facts;

    (void)state;
    for (unsigned i = 0; i < FACTS_MAX; i++) {
        (void)snprintf(tls.server_name, sizeof(tls.server_name), "%u.contoso.com", i);
        facts = facts_take(table, &tls);
        assert_non_null(facts);
        first = i == 0 ? facts : first;
    }
    tls = hello("one.more.contoso.com");
    assert_null(facts_take(table, &tls));
    assert_int_equal(facts_refused(table), 1);
    tls = hello("7.contoso.com");
    assert_non_null(facts_take(table, &tls)); /* it is there */
    facts_tell(first, &told);
    assert_string_equal(told.server_name, "0.contoso.com");
    facts_give(table, first);
    tls = hello("one.more.contoso.com");
    assert_non_null(facts_take(table, &tls));
    facts_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_are_told_as_they_were_taken),
        cmocka_unit_test(what_is_behind_the_end_of_a_text_is_no_fact),
        cmocka_unit_test(who_says_the_same_shares_it_and_the_last_one_drops_it),
        cmocka_unit_test(a_full_table_refuses_what_is_new_and_keeps_what_is_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
