/* Our decoder beside nghttp2's encoder and decoder, over many random header lists. */
#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/http/hpack.h"
#include "tests/support/test.h"

enum {
    MAX_FIELDS = 24,
    MAX_TEXT = 200,
    MAX_BLOCK = 16384,
    NUM_CONNECTIONS = 200,
    NUM_BLOCKS = 60,
};

static uint64_t seed;

static uint32_t pick(uint32_t num)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 33) % num;
}

struct text {
    uint8_t at[MAX_TEXT];
    size_t len;
};

struct list {
    struct text names[MAX_FIELDS];
    struct text values[MAX_FIELDS];
    nghttp2_nv fields[MAX_FIELDS];
    size_t num;
};

static void set(struct text *text, const char *from)
{
    text->len = strlen(from);
    memcpy(text->at, from, text->len);
}

/* Few different ones, so that they come again; all bytes, so that Huffman is used and is not. */
static void pick_text(struct text *text, uint32_t max)
{
    uint32_t kind = pick(4);

    text->len = pick(max);
    for (size_t i = 0; i < text->len; i++) {
        text->at[i] = kind == 0 ? (uint8_t)pick(256) : (uint8_t)("aeiost09/:-ZX&~"[pick(15)]);
    }
}

static void pick_list(struct list *list)
{
    static const char *const names[] = {":method",       ":path",  ":status", "authorization",
                                        "cookie",        "x-one",  "x-two",   "user-agent",
                                        "authorization", "server", "date",    "x-three"};
    static const char *const values[] = {"GET", "POST", "/", "401", "Basic Ym9iOmh1bnRlcjI=", ""};

    list->num = 1 + pick(MAX_FIELDS);
    for (size_t i = 0; i < list->num; i++) {
        nghttp2_nv *field = &list->fields[i];

        set(&list->names[i], names[pick(12)]);
        if (pick(8) == 0) {
            pick_text(&list->names[i], 40);
        }
        set(&list->values[i], values[pick(6)]);
        if (pick(3) == 0) {
            pick_text(&list->values[i], MAX_TEXT);
        }
        *field = (nghttp2_nv){list->names[i].at, list->values[i].at, list->names[i].len,
                              list->values[i].len, NGHTTP2_NV_FLAG_NONE};
        field->flags = pick(6) == 0 ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
    }
}

/* Compares with the list as fields come. */
struct reader {
    const struct list *list;
    size_t num;
    size_t num_unknown;
};

static bool is_text(struct bytes bytes, const struct text *text)
{
    return bytes_equal(bytes, bytes_view(text->at, text->len));
}

static void on_field(void *ctx, const struct hpack_field *field)
{
    struct reader *reader = ctx;
    size_t i = reader->num++;

    assert_true(i < reader->list->num);
    assert_true(!field->has_name || is_text(field->name, &reader->list->names[i]));
    assert_true(!field->has_value || is_text(field->value, &reader->list->values[i]));
    reader->num_unknown += !field->has_name || !field->has_value;
}

static size_t expect_list(struct hpack *hpack, struct bytes block, const struct list *list)
{
    struct reader reader = {.list = list};

    assert_true(hpack_decode(hpack, block, on_field, &reader));
    assert_int_equal(reader.num, list->num);
    return reader.num_unknown;
}

static size_t encode(nghttp2_hd_deflater *deflater, const struct list *list, uint8_t *block)
{
    ssize_t len = nghttp2_hd_deflate_hd(deflater, block, MAX_BLOCK, list->fields, list->num);

    assert_true(len > 0);
    return (size_t)len;
}

/* One listens from the start, the other joins later, and loses a block now and then. */
static size_t run_connection(void)
{
    static const size_t sizes[] = {0, 64, 150, 1000, 4096, 16384, 65536};
    nghttp2_hd_deflater *deflater;
    struct hpack whole = {0};
    struct hpack late = {0};
    struct list list;
    uint8_t block[MAX_BLOCK];
    size_t num_unknown = 0;

    assert_int_equal(nghttp2_hd_deflate_new(&deflater, 65536), 0);
    hpack_allow(&whole, 65536);
    assert_int_equal(nghttp2_hd_deflate_change_table_size(deflater, 4096), 0);
    hpack_lose(&late);
    for (int i = 0; i < NUM_BLOCKS; i++) {
        size_t len;

        if (pick(10) == 0) {
            (void)nghttp2_hd_deflate_change_table_size(deflater, sizes[pick(7)]);
        }
        pick_list(&list);
        len = encode(deflater, &list, block);
        assert_int_equal(expect_list(&whole, bytes_view(block, len), &list), 0);
        if (i > 5 && pick(20) != 0) {
            num_unknown += expect_list(&late, bytes_view(block, len), &list);
        } else {
            hpack_lose(&late);
        }
    }
    nghttp2_hd_deflate_del(deflater);
    hpack_table_clear(&whole.table);
    hpack_table_clear(&late.table);
    return num_unknown;
}

static void every_list_is_read_and_none_is_read_wrongly_by_who_joins_late(void **state)
{
    size_t num_unknown = 0;

    (void)state;
    seed = 7541;
    for (int i = 0; i < NUM_CONNECTIONS; i++) {
        num_unknown += run_connection();
    }
    assert_true(num_unknown > 0); /* there was something to be wrong about */
}

/* A list as nghttp2 reads a block; false when it refuses. */
static bool inflate(nghttp2_hd_inflater *inflater, uint8_t *block, size_t len, struct list *list)
{
    list->num = 0;
    for (;;) {
        nghttp2_nv field;
        int flags = 0;
        ssize_t used = nghttp2_hd_inflate_hd2(inflater, &field, &flags, block, len, 1);

        if (used < 0) {
            return false;
        }
        block += used;
        len -= (size_t)used;
        if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
            if (list->num == MAX_FIELDS || field.namelen > MAX_TEXT || field.valuelen > MAX_TEXT) {
                return false;
            }
            memcpy(list->names[list->num].at, field.name, field.namelen);
            list->names[list->num].len = field.namelen;
            memcpy(list->values[list->num].at, field.value, field.valuelen);
            list->values[list->num++].len = field.valuelen;
        }
        if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
            return nghttp2_hd_inflate_end_headers(inflater) == 0;
        }
    }
}

static void damage(uint8_t *block, size_t *len)
{
    block[pick((uint32_t)*len)] ^= (uint8_t)(1u << pick(8));
    if (pick(4) == 0) {
        *len = 1 + pick((uint32_t)*len);
    }
}

static void what_is_damaged_is_read_as_the_library_reads_it(void **state)
{
    size_t num_read = 0;

    (void)state;
    seed = 9113;
    for (int i = 0; i < 20000; i++) {
        nghttp2_hd_deflater *deflater;
        nghttp2_hd_inflater *inflater;
        struct hpack hpack = {0};
        struct list list;
        uint8_t block[MAX_BLOCK];
        size_t len;

        assert_int_equal(nghttp2_hd_deflate_new(&deflater, 4096), 0);
        assert_int_equal(nghttp2_hd_inflate_new(&inflater), 0);
        pick_list(&list);
        len = encode(deflater, &list, block);
        damage(block, &len);
        if (inflate(inflater, block, len, &list)) {
            assert_int_equal(expect_list(&hpack, bytes_view(block, len), &list), 0);
            num_read++;
        }
        nghttp2_hd_deflate_del(deflater);
        nghttp2_hd_inflate_del(inflater);
        hpack_table_clear(&hpack.table);
    }
    assert_true(num_read > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_list_is_read_and_none_is_read_wrongly_by_who_joins_late),
        cmocka_unit_test(what_is_damaged_is_read_as_the_library_reads_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
