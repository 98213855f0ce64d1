#include "tests/support/test.h"

#include <string.h>

#include "dissectors/base/text.h"
#include "rules/parcel.h"

static void expect_same(const struct finding *finding, const struct finding *expected)
{
    for (size_t i = 0; i < finding_schema.num_fields; i++) {
        const struct field *field = &finding_schema.fields[i];
        char scratch[2][FIELD_TEXT_MAX];

        assert_true(bytes_equal(field_text(field, finding, scratch[0]),
                                field_text(field, expected, scratch[1])));
    }
}

static void a_parcel_gives_back_what_was_packed(void **state)
{
    struct finding finding;
    struct finding back;
    struct parcel *spare = NULL;
    struct parcel *parcel;

    (void)state;
    memset(&finding, 0, sizeof(finding));
    finding.count = 7;
    finding.family = FAMILY_BASIC;
    finding.confidence = 0.97;
    (void)text_copy(finding.evidence, sizeof(finding.evidence), "48 bytes");
    finding.frame = 99;
    finding.interface = "eth0";
    finding.client = (struct address){{10, 1, 2, 3}, 4};
    memset(finding.user, 'u', sizeof(finding.user) - 1); /* full to the brim */
    (void)text_copy(finding.device_id, sizeof(finding.device_id), "ip:10.1.2.3");
    (void)text_copy(finding.community_id, sizeof(finding.community_id), "1:x");
    (void)text_copy(finding.pairs, sizeof(finding.pairs), "1:x@7");
    parcel = parcel_pack(&finding, NULL);
    assert_non_null(parcel);
    parcel_release(parcel, &spare);
    assert_ptr_equal(spare, parcel);
    parcel = parcel_pack(&finding, &spare); /* in the same memory */
    assert_non_null(parcel);
    assert_null(spare);
    memset(&back, 0xaa, sizeof(back));
    parcel_unpack(parcel, &back);
    parcel_release(parcel, NULL);
    expect_same(&back, &finding);
}

static void no_field_of_a_finding_is_left_out(void **state)
{
    struct finding finding;
    struct finding back;
    struct parcel *parcel;

    (void)state;
    memset(&finding, 'x', sizeof(finding));
    for (size_t i = 0; i < finding_schema.num_fields; i++) {
        if (finding_schema.fields[i].kind == FIELD_TEXT) {
            ((char *)&finding)[finding_schema.fields[i].offset + 1] = '\0';
        }
    }
    parcel = parcel_pack(&finding, NULL);
    assert_non_null(parcel);
    memset(&back, 0, sizeof(back));
    parcel_unpack(parcel, &back);
    parcel_release(parcel, NULL);
    for (size_t i = 0; i < finding_schema.num_fields; i++) {
        const struct field *field = &finding_schema.fields[i];

        if (field->kind != FIELD_CONSTANT) {
            assert_int_equal(((const char *)&back)[field->offset], 'x');
        }
    }
}

static void a_cleared_finding_says_nothing(void **state)
{
    struct finding empty = {.count = 0};
    struct finding finding;

    (void)state;
    memset(&finding, 'x', sizeof(finding));
    finding_clear(&finding);
    expect_same(&finding, &empty);
}

static void a_parcel_stays_until_the_last_holder_lets_go(void **state)
{
    struct finding finding;
    struct finding back;
    struct parcel *spare = NULL;
    struct parcel *parcel;

    (void)state;
    memset(&finding, 0, sizeof(finding));
    (void)text_copy(finding.user, sizeof(finding.user), "bob");
    parcel = parcel_pack(&finding, &spare);
    assert_non_null(parcel);
    assert_ptr_equal(parcel_hold(parcel), parcel);
    parcel_release(parcel, &spare);
    assert_null(spare);
    parcel_unpack(parcel, &back);
    assert_string_equal(back.user, "bob");
    parcel_release(parcel, &spare);
    assert_ptr_equal(spare, parcel);
    parcel_release(spare, NULL);
    parcel_release(NULL, &spare);
    assert_null(parcel_hold(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_parcel_gives_back_what_was_packed),
        cmocka_unit_test(no_field_of_a_finding_is_left_out),
        cmocka_unit_test(a_cleared_finding_says_nothing),
        cmocka_unit_test(a_parcel_stays_until_the_last_holder_lets_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
