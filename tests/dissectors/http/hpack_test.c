#include "dissectors/http/hpack.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/test.h"

/* What a block said: a line a field. */
struct said {
    char text[8192];
    size_t len;
};

static void say(struct said *said, const char *text, size_t len)
{
    assert_true(said->len + len < sizeof(said->text));
    memcpy(said->text + said->len, text, len);
    said->len += len;
    said->text[said->len] = '\0';
}

static void say_bytes(struct said *said, bool is_known, struct bytes bytes)
{
    if (is_known) {
        say(said, (const char *)bytes.at, bytes.len);
    } else {
        say(said, "?", 1);
    }
}

static void on_field(void *ctx, const struct hpack_field *field)
{
    say_bytes(ctx, field->has_name, field->name);
    say(ctx, ": ", 2);
    say_bytes(ctx, field->has_value, field->value);
    say(ctx, "\n", 1);
}

/* Bytes from hexadecimal digits, in a block of exactly their size. */
static struct bytes from_hex(const char *hex)
{
    struct bytes digits = bytes_of_text(hex);
    struct bytes pair;
    uint8_t *block = malloc(strlen(hex) / 2 + 1);
    size_t len = 0;
    uint64_t value;

    assert_non_null(block);
    while (take_spaces(&digits), take_bytes(&digits, 2, &pair)) {
        assert_true(take_hex(&pair, 0xff, &value));
        block[len++] = (uint8_t)value;
    }
    block = realloc(block, len > 0 ? len : 1);
    assert_non_null(block);
    return bytes_view(block, len);
}

static bool decode(struct hpack *hpack, const char *hex, struct said *said)
{
    struct bytes block = from_hex(hex);
    bool is_block;

    said->len = 0;
    said->text[0] = '\0';
    is_block = hpack_decode(hpack, block, on_field, said);
    free((void *)(uintptr_t)block.at);
    return is_block;
}

static void expect(struct hpack *hpack, const char *hex, const char *fields)
{
    struct said said;

    assert_true(decode(hpack, hex, &said));
    assert_string_equal(said.text, fields);
}

static void expect_none(const char *hex)
{
    struct hpack hpack = {0};
    struct said said;

    assert_false(decode(&hpack, hex, &said));
    hpack_table_clear(&hpack.table);
}

static void the_examples_of_single_fields_are_read(void **state) /* RFC 7541, appendix C.2 */
{
    struct hpack hpack = {0};

    (void)state;
    expect(&hpack, "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
           "custom-key: custom-header\n");
    assert_int_equal(hpack.table.size, 55);
    hpack_table_clear(&hpack.table);
    expect(&hpack, "040c 2f73 616d 706c 652f 7061 7468", ":path: /sample/path\n");
    expect(&hpack, "1008 7061 7373 776f 7264 0673 6563 7265 74", "password: secret\n");
    expect(&hpack, "82", ":method: GET\n");
    assert_int_equal(hpack.table.size, 0);
    hpack_table_clear(&hpack.table);
}

static void expect_requests(const char *first, const char *second, const char *third)
{
    struct hpack hpack = {0};

    expect(&hpack, first, ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\n");
    assert_int_equal(hpack.table.size, 57);
    expect(&hpack, second,
           ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\n"
           "cache-control: no-cache\n");
    assert_int_equal(hpack.table.size, 110);
    expect(&hpack, third,
           ":method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\n"
           "custom-key: custom-value\n");
    assert_int_equal(hpack.table.size, 164);
    hpack_table_clear(&hpack.table);
}

static void the_examples_of_requests_are_read(void **state) /* appendices C.3 and C.4 */
{
    (void)state;
    expect_requests("8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
                    "8286 84be 5808 6e6f 2d63 6163 6865",
                    "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65");
    expect_requests("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", "8286 84be 5886 a8eb 1064 9cbf",
                    "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf");
}

/* In a table of 256, so that entries are evicted. */
static void expect_answers(const char *first, const char *second, const char *third)
{
    struct hpack hpack = {0};

    hpack_table_resize(&hpack.table, 256);
    expect(&hpack, first,
           ":status: 302\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:21 GMT\n"
           "location: https://www.example.com\n");
    assert_int_equal(hpack.table.size, 222);
    expect(&hpack, second,
           ":status: 307\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:21 GMT\n"
           "location: https://www.example.com\n");
    assert_int_equal(hpack.table.size, 222);
    expect(&hpack, third,
           ":status: 200\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:22 GMT\n"
           "location: https://www.example.com\ncontent-encoding: gzip\n"
           "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1\n");
    assert_int_equal(hpack.table.size, 215);
    assert_int_equal(hpack.table.num, 3);
    hpack_table_clear(&hpack.table);
}

static void the_examples_of_answers_are_read(void **state) /* appendices C.5 and C.6 */
{
    (void)state;
    expect_answers("4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133"
                   "2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70"
                   "6c65 2e63 6f6d",
                   "4803 3330 37c1 c0bf",
                   "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d"
                   "54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049"
                   "5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e"
                   "3d31");
    expect_answers("4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6"
                   "2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
                   "4883 640e ffc1 c0bf",
                   "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab"
                   "77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f"
                   "9587 3160 65c0 03ed 4ee5 b106 3d50 07");
}

static void what_is_no_block_is_refused(void **state)
{
    (void)state;
    expect_none("80");                      /* place 0 */
    expect_none("ff");                      /* the integer goes on */
    expect_none("ff ffffffff ffffffff 0f"); /* and on */
    expect_none("ff 8080808080808001");     /* padded without end */
    expect_none("40");                      /* no name */
    expect_none("4001");                    /* a name that is not there */
    expect_none("4001 61");                 /* no value */
    expect_none("4001 61 02 62");           /* a value that is cut */
    expect_none("82 20");                   /* a size update behind a field */
    expect_none("3f e2 1f");       /* an update to 4097, and none larger than 4096 allowed */
    expect_none("04 82 1fff");     /* Huffman: a whole byte of padding */
    expect_none("04 81 18");       /* padding of zeros */
    expect_none("04 84 ffffffff"); /* the end of string within */
    expect_none("04 81 ff");       /* padding and nothing else */
}

static void an_update_may_be_as_large_as_was_ever_allowed(void **state)
{
    struct hpack hpack = {0};

    (void)state;
    hpack_allow(&hpack, 8192);
    hpack_allow(&hpack, 100); /* may not be acknowledged yet */
    expect(&hpack, "3f e1 3f 82", ":method: GET\n");
    assert_int_equal(hpack.table.max_size, 8192);
    expect(&hpack, "20 3f 45 82", ":method: GET\n"); /* the least and the last: section 4.2 */
    assert_int_equal(hpack.table.max_size, 100);
    hpack_table_clear(&hpack.table);
}

static void who_joined_late_knows_what_was_added_since(void **state)
{
    struct hpack hpack = {0};

    (void)state;
    hpack_lose(&hpack);
    expect(&hpack, "82 be bf 4001 61 01 31", ":method: GET\n?: ?\n?: ?\na: 1\n");
    expect(&hpack, "be bf", "a: 1\n?: ?\n");
    expect(&hpack, "4001 62 01 32 be bf c0", "b: 2\nb: 2\na: 1\n?: ?\n");
    hpack_table_clear(&hpack.table);
}

static void an_unknown_name_is_added_with_its_value(void **state)
{
    struct hpack hpack = {0};

    (void)state;
    hpack_lose(&hpack);
    expect(&hpack, "4001 61 01 31", "a: 1\n");
    expect(&hpack, "7f0a 01 33", "?: 3\n"); /* the name is that of place 73 */
    expect(&hpack, "be bf", "?: 3\na: 1\n");
    expect(&hpack, "7e 01 34 be bf c0", "?: 4\n?: 4\n?: 3\na: 1\n");
    hpack_table_clear(&hpack.table);
}

static void a_size_that_is_not_known_evicts_nothing_too_early(void **state)
{
    struct hpack hpack = {0};

    (void)state;
    hpack_lose(&hpack);
    /* A table of 66: two entries of 33, if the unknown name were empty, as it may be. */
    expect(&hpack, "3f 23 7f0a 01 33 4000 01 34 be bf", "?: 3\n: 4\n: 4\n?: 3\n");
    expect(&hpack, "4000 01 35 be bf c0", ": 5\n: 5\n: 4\n?: ?\n");
    hpack_table_clear(&hpack.table);
}

static void an_entry_that_is_too_large_empties_the_table(void **state)
{
    struct hpack hpack = {0};

    (void)state;
    expect(&hpack, "3f 03 4001 61 01 31 be", "a: 1\na: 1\n"); /* a table of 34 */
    expect(&hpack, "4001 62 02 3232", "b: 22\n");
    expect(&hpack, "4001 63 01 33 be bf", "c: 3\nc: 3\n?: ?\n");
    hpack_table_clear(&hpack.table);
}

/* A block of one literal that is added: a name, and a value of len times 'x'. */
static struct bytes long_field(size_t len)
{
    uint8_t *block = malloc(len + 16);
    size_t rest = len - 127;
    size_t at = 0;

    assert_non_null(block);
    block[at++] = 0x40;
    block[at++] = 1;
    block[at++] = 'n';
    block[at++] = 0x7f;
    for (; rest >= 128; rest >>= 7) {
        block[at++] = (uint8_t)(rest | 0x80);
    }
    block[at++] = (uint8_t)rest;
    memset(block + at, 'x', len);
    return bytes_view(block, at + len);
}

static void count(void *ctx, const struct hpack_field *field)
{
    (void)field;
    (*(size_t *)ctx)++;
}

static void a_table_is_kept_up_to_a_bound(void **state)
{
    struct hpack hpack = {0};
    struct bytes block = long_field(20000);
    struct said said;
    size_t num = 0;

    (void)state;
    hpack_allow(&hpack, 1 << 20);
    hpack_table_resize(&hpack.table, 1 << 20);
    for (int i = 0; i < 100; i++) {
        assert_true(hpack_decode(&hpack, block, count, &num));
        assert_true(hpack_table_kept(&hpack.table) <= 4 * HPACK_MAX_TABLE);
    }
    assert_int_equal(num, 100);
    assert_int_equal(hpack.table.num, 3);
    assert_true(hpack.table.capped);
    assert_true(decode(&hpack, "c1", &said)); /* the encoder has it, we do not */
    assert_string_equal(said.text, "?: ?\n");
    free((void *)(uintptr_t)block.at);
    hpack_table_clear(&hpack.table);
}

static void an_entry_that_is_too_long_to_keep_counts(void **state)
{
    struct hpack hpack = {0};
    struct bytes block = long_field(70000);
    size_t num = 0;

    (void)state;
    hpack_lose(&hpack);
    expect(&hpack, "4001 61 01 31", "a: 1\n");
    assert_true(hpack_decode(&hpack, block, count, &num));
    expect(&hpack, "be bf", "?: ?\n?: ?\n");
    expect(&hpack, "4001 62 01 32 be bf", "b: 2\nb: 2\n?: ?\n");
    free((void *)(uintptr_t)block.at);
    hpack_table_clear(&hpack.table);
}

static bool holds(const struct hpack *hpack, const char *secret)
{
    return memmem(hpack->table.text, hpack->table.text_size, secret, strlen(secret)) != NULL;
}

static void what_is_evicted_is_wiped(void **state)
{
    struct hpack hpack = {0};
    struct bytes block = long_field(300);
    size_t num = 0;

    (void)state;
    expect(&hpack, "57 06 7365 6372 6574", "authorization: secret\n");
    assert_true(holds(&hpack, "secret"));
    for (int i = 0; i < 20; i++) { /* grows, moves and evicts */
        assert_true(hpack_decode(&hpack, block, count, &num));
    }
    assert_false(holds(&hpack, "secret"));
    expect(&hpack, "57 06 7365 6372 6574", "authorization: secret\n");
    hpack_lose(&hpack);
    assert_false(holds(&hpack, "secret"));
    free((void *)(uintptr_t)block.at);
    hpack_table_clear(&hpack.table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_single_fields_are_read),
        cmocka_unit_test(the_examples_of_requests_are_read),
        cmocka_unit_test(the_examples_of_answers_are_read),
        cmocka_unit_test(what_is_no_block_is_refused),
        cmocka_unit_test(an_update_may_be_as_large_as_was_ever_allowed),
        cmocka_unit_test(who_joined_late_knows_what_was_added_since),
        cmocka_unit_test(an_unknown_name_is_added_with_its_value),
        cmocka_unit_test(a_size_that_is_not_known_evicts_nothing_too_early),
        cmocka_unit_test(an_entry_that_is_too_large_empties_the_table),
        cmocka_unit_test(a_table_is_kept_up_to_a_bound),
        cmocka_unit_test(an_entry_that_is_too_long_to_keep_counts),
        cmocka_unit_test(what_is_evicted_is_wiped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
