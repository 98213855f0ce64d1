#include "sensor/commands/shapes_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/test.h"

struct folder {
    char path[64];
    struct shapes_input input;
    struct diag diag;
};

static void open_folder(struct folder *folder)
{
    *folder = (struct folder){.path = "/tmp/basictap-shapes-XXXXXX"};
    assert_non_null(mkdtemp(folder->path));
}

static void within(const struct folder *folder, const char *name, char path[256])
{
    (void)snprintf(path, 256, "%s/%s", folder->path, name);
}

static void write_file(const struct folder *folder, const char *name, const char *text)
{
    char path[256];
    FILE *file;

    within(folder, name, path);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void make_folder(const struct folder *folder, const char *name)
{
    char path[256];

    within(folder, name, path);
    assert_int_equal(mkdir(path, 0700), 0);
}

static bool add(struct folder *folder, const char *name, const char *set)
{
    char path[256];

    within(folder, name, path);
    return shapes_input_add(&folder->input, path, set, &folder->diag);
}

/* The inputs, without the folder's own path, each ended by a space. */
static void assert_inputs(const struct folder *folder, const char *expected)
{
    char all[1024] = "";
    size_t skip = strlen(folder->path) + 1;

    for (size_t i = 0; i < folder->input.num; i++) {
        size_t used = strlen(all);

        (void)snprintf(all + used, sizeof(all) - used, "%s ", folder->input.paths[i] + skip);
    }
    assert_string_equal(all, expected);
}

static void close_folder(struct folder *folder)
{
    char command[128];

    shapes_input_clear(&folder->input);
    (void)snprintf(command, sizeof(command), "rm -r %s", folder->path);
    assert_int_equal(system(command), 0);
}

static void a_directory_stands_for_its_captures_by_name(void **state)
{
    struct folder folder;

    (void)state;
    open_folder(&folder);
    write_file(&folder, "b.pcapng", "");
    write_file(&folder, "a.pcap.gz", "");
    write_file(&folder, "c.pcapng.zst", "");
    write_file(&folder, "b.keys", "");
    write_file(&folder, "notes.txt", "");
    assert_true(add(&folder, "", NULL));
    assert_inputs(&folder, "/a.pcap.gz /b.pcapng /c.pcapng.zst ");
    close_folder(&folder);
}

static void a_manifest_goes_before_the_folder(void **state)
{
    struct folder folder;

    (void)state;
    open_folder(&folder);
    make_folder(&folder, "captures");
    write_file(&folder, "stray.pcapng", "");
    write_file(&folder, "manifest.tsv",
               "protocol\tfile\tset\nIMAP\tone.pcapng\tdesign\nIMAP\ttwo.pcapng\ttest\r\n"
               "POP\tthree.pcapng\ttest\nshort\n");
    assert_true(add(&folder, "", "test"));
    assert_inputs(&folder, "/captures/two.pcapng /captures/three.pcapng ");
    shapes_input_clear(&folder.input);
    assert_true(add(&folder, "manifest.tsv", NULL));
    assert_inputs(&folder, "captures/one.pcapng captures/two.pcapng captures/three.pcapng ");
    close_folder(&folder);
}

static void captures_may_lie_beside_their_list(void **state)
{
    struct folder folder;

    (void)state;
    open_folder(&folder);
    write_file(&folder, "edited.tsv", "file\tset\nlost.pcapng\ttest\n");
    assert_true(add(&folder, "edited.tsv", "test"));
    assert_inputs(&folder, "lost.pcapng ");
    close_folder(&folder);
}

static void what_cannot_be_chosen_from_is_told(void **state)
{
    struct folder folder;

    (void)state;
    open_folder(&folder);
    write_file(&folder, "a.pcapng", "");
    assert_false(add(&folder, "absent", NULL));
    assert_non_null(strstr(folder.diag.text, "absent: No such file or directory"));
    assert_false(add(&folder, "a.pcapng", "test"));
    assert_non_null(strstr(folder.diag.text, "--set chooses from lists"));
    write_file(&folder, "odd.tsv", "file\tprotocol\na.pcapng\tIMAP\n");
    assert_false(add(&folder, "odd.tsv", "test"));
    assert_non_null(strstr(folder.diag.text, "no column \"set\""));
    write_file(&folder, "empty.tsv", "");
    assert_false(add(&folder, "empty.tsv", NULL));
    assert_int_equal(folder.input.num, 0);
    assert_true(add(&folder, "a.pcapng", NULL));
    assert_inputs(&folder, "a.pcapng ");
    close_folder(&folder);
}

static void keys_lie_beside_their_capture(void **state)
{
    static const char *const captures[] = {"a.pcapng", "a.pcapng.zst", "a.pcap.gz"};
    struct folder folder;
    char path[SHAPES_PATH_SIZE];
    char capture[256];
    char keys[256];

    (void)state;
    open_folder(&folder);
    within(&folder, "a.keys", keys);
    within(&folder, "a.pcapng", capture);
    assert_false(shapes_input_keys(capture, path));
    write_file(&folder, "a.keys", "");
    for (size_t i = 0; i < sizeof(captures) / sizeof(captures[0]); i++) {
        within(&folder, captures[i], capture);
        assert_true(shapes_input_keys(capture, path));
        assert_string_equal(path, keys);
    }
    close_folder(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_directory_stands_for_its_captures_by_name),
        cmocka_unit_test(a_manifest_goes_before_the_folder),
        cmocka_unit_test(captures_may_lie_beside_their_list),
        cmocka_unit_test(what_cannot_be_chosen_from_is_told),
        cmocka_unit_test(keys_lie_beside_their_capture),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
