/*
 * The field reference: export/FIELDS.md is what the schema and the mapping say. To make it anew:
 *
 *     build/dev/tests/export/export_fields_test export/FIELDS.md
 */
#include "export/format/fields.h"

#include <stdlib.h>
#include <string.h>

#include "export/format/mapping.h"
#include "rules/finding.h"
#include "tests/support/test.h"

static const char reference[] = SOURCE_DIR "/export/FIELDS.md";

static void the_reference_is_up_to_date(void **state)
{
    char *expected = NULL;
    size_t len = 0;
    FILE *memory = open_memstream(&expected, &len);
    FILE *file = fopen(reference, "re");
    char *text;

    (void)state;
    assert_non_null(memory);
    assert_non_null(file);
    assert_true(fields_write(memory, &finding_schema));
    assert_int_equal(fclose(memory), 0);
    text = calloc(1, len + 2);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, len + 1, file), len);
    assert_string_equal(text, expected);
    (void)fclose(file);
    free(text);
    free(expected);
}

/* JSON holds no name twice, and none both as a value and as an object. */
static void paths_of_a_class_can_be_nested(void **state)
{
    (void)state;
    for (enum ocsf_class class = OCSF_AUTHENTICATION; class < NUM_OCSF_CLASSES; class ++) {
        for (size_t i = 0; i < num_mappings; i++) {
            for (size_t j = 0; j < num_mappings; j++) {
                const char *a = mapping_path(&mappings[i], class);
                const char *b = mapping_path(&mappings[j], class);

                if (i == j || a == NULL || b == NULL || a[0] == '\0' ||
                    strncmp(a, b, strlen(a)) != 0) {
                    continue;
                }
                if (b[strlen(a)] == '\0' || b[strlen(a)] == '.') {
                    fail_msg("%s and %s", a, b);
                }
            }
        }
    }
}

/* RFC 5424, section 6.3.3: a name is at most 32 characters of printable ASCII but '=', ']', '"'. */
static void names_of_parameters_are_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < num_mappings; i++) {
        const char *name = mappings[i].sd;

        assert_true(name == NULL || (strlen(name) <= 32 && strpbrk(name, "=]\" ") == NULL));
    }
}

/* Custom keys mean nothing without their labels, and no key stands twice. */
static void keys_of_cef_stand_once_and_custom_ones_have_labels(void **state)
{
    (void)state;
    for (size_t i = 0; i < num_mappings; i++) {
        const char *key = mappings[i].cef;

        if (key == NULL) {
            continue;
        }
        assert_int_equal(mappings[i].cef_label != NULL,
                         strncmp(key, "cs", 2) == 0 || strncmp(key, "flexString", 10) == 0 ||
                             strncmp(key, "cfp", 3) == 0 ||
                             (strncmp(key, "cn", 2) == 0 && strcmp(key, "cnt") != 0));
        for (size_t j = 0; j < i; j++) {
            assert_true(mappings[j].cef == NULL || strcmp(mappings[j].cef, key) != 0);
        }
    }
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_is_up_to_date),
        cmocka_unit_test(paths_of_a_class_can_be_nested),
        cmocka_unit_test(names_of_parameters_are_names),
        cmocka_unit_test(keys_of_cef_stand_once_and_custom_ones_have_labels),
    };

    if (argc > 1) {
        FILE *file = fopen(argv[1], "we");

        return file != NULL && fields_write(file, &finding_schema) && fclose(file) == 0 ? 0 : 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
