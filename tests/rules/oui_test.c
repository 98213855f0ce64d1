#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "rules/oui.h"

static struct mac mac(const char *text)
{
    struct mac parsed;

    assert_true(mac_parse(bytes_of_text(text), &parsed));
    return parsed;
}

static void write_list(char path[32], const char *text)
{
    int file;
    FILE *stream;

    (void)snprintf(path, 32, "/tmp/basictap-oui-XXXXXX");
    file = mkstemp(path);
    assert_true(file >= 0);
    stream = fdopen(file, "w");
    assert_non_null(stream);
    assert_true(fputs(text, stream) >= 0);
    assert_int_equal(fclose(stream), 0);
}

static void a_mac_has_the_name_of_its_block(void **state)
{
    static const char list[] = "OUI/MA-L       Organization\n"
                               "00-22-72   (hex)\t\tAmerican Micro-Fuel Device Corp.\n"
                               "002272     (base 16)\t\tAmerican Micro-Fuel Device Corp.\r\n"
                               "\t\t\t\t2181 Buchanan Loop\n"
                               "00D0EF     (base 16)\t\tIGT\n"
                               "022272     (base 16)\t\tNobody\n"
                               "0022     (base 16)\t\tToo short\n";
    char path[32];
    struct oui *oui;
    struct mac known = mac("00:22:72:01:02:03");
    struct mac other = mac("00:d0:ef:01:02:03");
    struct mac unlisted = mac("00:d0:f0:01:02:03");
    struct mac made_up = mac("02:22:72:01:02:03");

    (void)state;
    write_list(path, list);
    oui = oui_load(path);
    (void)unlink(path);
    assert_non_null(oui);
    assert_string_equal(oui_find(oui, &known), "American Micro-Fuel Device Corp.");
    assert_string_equal(oui_find(oui, &other), "IGT");
    assert_string_equal(oui_find(oui, &unlisted), "");
    assert_string_equal(oui_find(oui, &made_up), "");
    assert_string_equal(oui_find(oui, &(struct mac){.known = false}), "");
    oui_free(oui);
}

/* The list is read in blocks, which end anywhere. */
static void a_long_list_is_read_to_its_end(void **state)
{
    enum { NUM = 5000, LINE = 80 };
    char *list = malloc((size_t)NUM * LINE + 1);
    size_t used = 0;
    char path[32];
    struct oui *oui;

    (void)state;
    assert_non_null(list);
    for (unsigned i = 0; i < NUM; i++) {
        used +=
            (size_t)snprintf(list + used, LINE, "%06X     (base 16)\t\tMaker %u (%.*s)\r\n", i << 2,
                             i, (int)(i % 40), "of many things that are long to tell of");
    }
    write_list(path, list);
    free(list);
    oui = oui_load(path);
    (void)unlink(path);
    assert_non_null(oui);
    for (unsigned i = 0; i < NUM; i++) {
        struct mac wanted = {.known = true, .octets = {0, (uint8_t)(i >> 6), (uint8_t)(i << 2)}};
        char name[80];

        (void)snprintf(name, sizeof(name), "Maker %u (%.*s)", i, (int)(i % 40),
                       "of many things that are long to tell of");
        assert_string_equal(oui_find(oui, &wanted), name);
    }
    oui_free(oui);
}

static void a_block_that_is_listed_again_has_its_last_name(void **state)
{
    char path[32];
    struct mac conrad = mac("00:01:c8:01:02:03");
    struct oui *oui;

    (void)state;
    write_list(path, "0001C8     (base 16)\t\tTHOMAS CONRAD CORP.\n"
                     "0001C8     (base 16)\t\tCONRAD CORP.\n");
    oui = oui_load(path);
    (void)unlink(path);
    assert_non_null(oui);
    assert_string_equal(oui_find(oui, &conrad), "CONRAD CORP.");
    oui_free(oui);
}

static void without_a_list_there_are_no_names(void **state)
{
    char path[32];
    struct mac known = mac("00:22:72:01:02:03");

    (void)state;
    assert_null(oui_load(NULL));
    assert_null(oui_load("/nowhere/oui.txt"));
    write_list(path, "no list at all\n");
    assert_null(oui_load(path));
    (void)unlink(path);
    assert_string_equal(oui_find(NULL, &known), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mac_has_the_name_of_its_block),
        cmocka_unit_test(a_long_list_is_read_to_its_end),
        cmocka_unit_test(a_block_that_is_listed_again_has_its_last_name),
        cmocka_unit_test(without_a_list_there_are_no_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
