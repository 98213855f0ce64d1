#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/tree.h"

static void a_tree_knows_what_stands_where(void **state)
{
    struct tree *tree = tree_parse("x.yml", BYTES("a: 1\nlist:\n  - one\n  - 'two'\n"), NULL);
    const struct node *list;

    (void)state;
    assert_non_null(tree);
    assert_int_equal(tree_num_documents(tree), 1);
    list = node_find(tree_document(tree, 0), "list");
    assert_int_equal(list->kind, NODE_LIST);
    assert_int_equal(list->key_line, 2);
    assert_string_equal(list->child->text, "one");
    assert_int_equal(list->child->line, 3);
    assert_int_equal(list->child->column, 5);
    assert_false(list->child->quoted);
    assert_true(list->child->next->quoted);
    assert_null(list->child->next->next);
    assert_null(node_find(tree_document(tree, 0), "b"));
    tree_free(tree);
}

static void null_is_told_from_the_word_null(void **state)
{
    struct tree *tree = tree_parse("x", BYTES("[~, null, 'null', '', nil]"), NULL);
    const bool expected[] = {true, true, false, false, false};
    const struct node *item;
    size_t i = 0;

    (void)state;
    assert_non_null(tree);
    for (item = tree_document(tree, 0)->child; item != NULL; item = item->next) {
        assert_int_equal(node_is_null(item), expected[i++]);
    }
    assert_int_equal(i, 5);
    tree_free(tree);
}

static void what_is_no_yaml_of_ours_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *text;
        const char *words;
    } cases[] = {
        {"a: &x 1\n", "x.yml:1:4: anchors are not supported"},
        {"a: 1\nb: *x\n", "x.yml:2:4: aliases are not supported"},
        {"a: !!str 1\n", "x.yml:1:4: tags are not supported"},
        {"a: 1\na: 2\n", "x.yml:2:1: 'a' is here twice"},
        {"<<: 1\n", "x.yml:1:1: merge keys are not supported"},
        {"[a]: 1\n", "x.yml:1:1: a key must be a word"},
        {"a: \"x\\0y\"\n", "x.yml:1:4: a NUL character"},
        {"a: [1\nb: 2\n", "x.yml:2:2: did not find expected ',' or ']'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct diag diag = {{0}};

        assert_null(tree_parse("x.yml", bytes_of_text(cases[i].text), &diag));
        assert_string_equal(diag.text, cases[i].words);
    }
}

static void a_tower_of_lists_is_refused(void **state)
{
    char text[2 * MAX_TREE_DEPTH + 2];
    struct diag diag = {{0}};

    (void)state;
    memset(text, '[', MAX_TREE_DEPTH + 1);
    text[MAX_TREE_DEPTH + 1] = '\0';
    assert_null(tree_parse("x", bytes_of_text(text), &diag));
    assert_string_equal(diag.text, "x:1:33: nested too deeply");
    memset(text, '[', MAX_TREE_DEPTH);
    memset(text + MAX_TREE_DEPTH, ']', MAX_TREE_DEPTH);
    text[2 * MAX_TREE_DEPTH] = '\0';
    tree_free(tree_parse("x", bytes_of_text(text), &diag));
}

static void too_many_values_and_too_large_files_are_refused(void **state)
{
    enum { SIZE = 1024 * 1024 + 1 };
    char *text = malloc(SIZE + 1);
    struct diag diag = {{0}};

    (void)state;
    assert_non_null(text);
    memset(text, ' ', SIZE);
    assert_null(tree_parse("x", bytes_view(text, SIZE), &diag));
    assert_string_equal(diag.text, "x: larger than 1048576 bytes");
    text[0] = '[';
    for (size_t i = 1; i + 1 < 400000; i += 2) {
        text[i] = 'a';
        text[i + 1] = ',';
    }
    text[399999] = ']';
    assert_null(tree_parse("x", bytes_view(text, 400000), &diag));
    assert_non_null(strstr(diag.text, "too many values"));
    free(text);
}

static void one_file_may_hold_several_documents(void **state)
{
    struct tree *tree = tree_parse("x", BYTES("a: 1\n---\nb: 2\n"), NULL);

    (void)state;
    assert_int_equal(tree_num_documents(tree), 2);
    assert_string_equal(node_find(tree_document(tree, 1), "b")->text, "2");
    tree_free(tree);
    tree = tree_parse("x", BYTES(""), NULL);
    assert_int_equal(tree_num_documents(tree), 0);
    tree_free(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_knows_what_stands_where),
        cmocka_unit_test(null_is_told_from_the_word_null),
        cmocka_unit_test(what_is_no_yaml_of_ours_is_refused_with_its_place),
        cmocka_unit_test(a_tower_of_lists_is_refused),
        cmocka_unit_test(too_many_values_and_too_large_files_are_refused),
        cmocka_unit_test(one_file_may_hold_several_documents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
