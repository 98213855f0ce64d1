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
        cmocka_unit_test(without_a_list_there_are_no_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
