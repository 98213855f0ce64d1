#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "tests/sensor/files.h"

static void classic_files_are_read_in_both_byte_orders_and_resolutions(void **state)
{
    static const struct {
        uint32_t magic;
        uint64_t ns;
    } kinds[] = {{0xa1b2c3d4, 1000000007000}, {0xa1b23c4d, 1000000000007}};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct file file = {.big_endian = (i & 1) != 0};
        struct reading reading;

        put_classic_header(&file, kinds[i / 2].magic);
        put_record(&file, 1000, 7, "one");
        put_record(&file, 999, 7, "two");
        write_file("classic.pcap", file.at, file.len);
        read_all(&reading, "classic.pcap");
        assert_int_equal(reading.num, 2);
        assert_string_equal(reading.errors, "");
        assert_int_equal(reading.frames[0].ns, kinds[i / 2].ns);
        assert_string_equal(reading.frames[0].text, "one");
        assert_int_equal(reading.frames[0].number, 1);
        assert_int_equal(reading.frames[0].wire_len, 100);
        assert_int_equal(reading.frames[0].link_type, 113);
        assert_string_equal(reading.frames[0].file, "classic.pcap");
        assert_string_equal(reading.frames[1].text, "two");
        assert_int_equal(reading.frames[1].number, 2);
        assert_int_equal(reading.stats.time_backwards, 1);
        assert_int_equal(reading.stats.frames, 2);
        assert_int_equal(reading.stats.bytes_read, file.len);
        assert_int_equal(reading.stats.bytes_total, file.len);
    }
}

static void the_modified_format_has_a_longer_record_header(void **state)
{
    struct file file = {0};
    struct reading reading;

    (void)state;
    put_classic_header(&file, 0xa1b2cd34);
    for (uint32_t i = 0; i < 2; i++) {
        put_u32(&file, i);
        put_u32(&file, 5);
        put_u32(&file, 3);
        put_u32(&file, 3);
        put(&file, "iiiippt\0one", 11);
    }
    write_file("modified.pcap", file.at, file.len);
    read_all(&reading, "modified.pcap");
    assert_int_equal(reading.num, 2);
    assert_string_equal(reading.errors, "");
    assert_string_equal(reading.frames[1].text, "one");
    assert_int_equal(reading.frames[1].ns, 1000005000);
}

static void put_sections(struct file *file)
{
    size_t start;

    put_section(file, false);
    put_interface(file, 1, "eth0", 0, 0);
    put_interface(file, 113, "any", 9, 0);
    put_enhanced(file, 0, 1000000, "one"); /* microseconds */
    put_enhanced(file, 1, 2000000001, "two");
    start = begin_block(file, 10);
    put_u32(file, 0x544c534b);
    put_u32(file, 5);
    put_padded(file, "KEYS\n");
    end_block(file, start);
    start = begin_block(file, 0xbad); /* a block from the future */
    put_padded(file, "skipped");
    end_block(file, start);

    put_section(file, true);
    put_interface(file, 101, "eth0", 0x80 | 32, 100); /* 2^-32 s, 100 s later */
    put_enhanced(file, 0, UINT64_C(3) << 32 | 0x80000000u, "three");
    start = begin_block(file, 3);
    put_u32(file, 4);
    put_padded(file, "four");
    end_block(file, start);
    start = begin_block(file, 2);
    put_number(file, 0, 2);
    put_number(file, 9, 2);
    put_u32(file, 4);
    put_u32(file, 0);
    put_u32(file, 4);
    put_u32(file, 4);
    put_padded(file, "five");
    end_block(file, start);
}

static void sections_may_differ_in_byte_order_interfaces_and_resolution(void **state)
{
    static const uint64_t times[] = {1000000000, 2000000001, 103500000000, 103500000000,
                                     104000000000};
    static const int links[] = {1, 113, 101, 101, 101};
    static const char *const texts[] = {"one", "two", "three", "four", "five"};
    static const char *const name = "sections.pcapng";
    struct reading reading = {0};
    struct file file = {0};
    struct source *source;

    (void)state;
    put_sections(&file);
    write_file(name, file.at, file.len);
    source = read_files(&reading, &name, 1, NULL, 1);
    assert_string_equal(reading.errors, "");
    assert_int_equal(reading.num, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(reading.frames[i].ns, times[i]);
        assert_int_equal(reading.frames[i].link_type, links[i]);
        assert_string_equal(reading.frames[i].text, texts[i]);
        assert_int_equal(reading.frames[i].number, i + 1);
    }
    assert_int_equal(reading.frames[0].wire_len, 100);
    assert_int_equal(reading.frames[3].wire_len, 4);
    assert_string_equal(reading.frames[0].interface, "eth0");
    assert_string_equal(reading.frames[1].interface, "any");
    assert_ptr_equal(reading.frames[2].interface, reading.frames[0].interface);
    assert_int_equal(reading.secrets_type, 0x544c534b);
    assert_string_equal(reading.secrets, "KEYS\n");
    assert_int_equal(reading.stats.secrets_blocks, 1);
    source_close(source);
}

static void times_keep_inside_their_range(void **state)
{
    static const struct {
        uint8_t resolution;
        int64_t offset;
        uint64_t units;
        uint64_t ns;
    } cases[] = {
        {6, 0, UINT64_MAX, UINT64_MAX},
        {3, 0, 1500, 1500000000},
        {12, 0, 1500000, 1500},
        {127, 0, UINT64_MAX, 0},
        {0x80, 0, 7, 7000000000},
        {0x80 | 10, 0, 1024 + 512, 1500000000},
        {0x80 | 63, 0, UINT64_C(1) << 62, 500000000},
        {0x80 | 127, 0, UINT64_MAX, 0},
        {0x81, 0, UINT64_MAX, UINT64_MAX},
        {9, -2, 5000000000, 3000000000},
        {9, -6, 5000000000, 0},
        {9, INT64_MAX, 1, UINT64_MAX},
        {9, INT64_MIN, 1, 0},
    };
    struct reading reading;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct file file = {0};

        put_section(&file, false);
        put_interface(&file, 1, NULL, cases[i].resolution, cases[i].offset);
        put_enhanced(&file, 0, cases[i].units, "one");
        write_file("times.pcapng", file.at, file.len);
        read_all(&reading, "times.pcapng");
        assert_int_equal(reading.num, 1);
        assert_true(reading.frames[0].ns == cases[i].ns);
        assert_null(reading.frames[0].interface);
    }
}

/* Wherever a file ends, what came before counts, and the end is told unless nothing is lost. */
static void a_cut_file_gives_what_it_has_and_says_where(void **state)
{
    struct file files[2] = {{0}, {0}};
    size_t whole[2][6] = {{0}, {0}};
    struct reading reading;
    size_t first_block;

    (void)state;
    put_classic_header(&files[0], 0xa1b2c3d4);
    put_section(&files[1], true);
    put_interface(&files[1], 1, NULL, 0, 0);
    first_block = files[1].len;
    for (size_t i = 0; i < 3; i++) {
        put_record(&files[0], 1, 1, "abc");
        whole[0][i] = files[0].len;
        put_enhanced(&files[1], 0, 1, "abc");
        whole[1][i] = files[1].len;
    }
    for (size_t kind = 0; kind < 2; kind++) {
        for (size_t len = 1; len < files[kind].len; len++) {
            char words[64];
            size_t num = 0;
            bool clean = kind == 0 ? len == 24 : len == 28 || len == first_block;

            while (whole[kind][num] <= len) {
                clean |= whole[kind][num] == len;
                num++;
            }
            write_file("cut.pcap", files[kind].at, len);
            read_all(&reading, "cut.pcap");
            assert_int_equal(reading.num, num);
            assert_int_equal(reading.stats.damaged_files, clean ? 0 : 1);
            assert_int_equal(strncmp(reading.errors, "cut.pcap: ", clean ? 0 : 10), 0);
            if (len > (kind == 0 ? 24u : 28u) && !clean) {
                (void)snprintf(words, sizeof(words), "cut.pcap: frame %zu: ", num + 1);
                assert_int_equal(strncmp(reading.errors, words, strlen(words)), 0);
                assert_non_null(strstr(reading.errors, "runs past the end of the file"));
            }
        }
    }
}

/* Each byte of a file in turn is wrong: reading ends, and never with more frames than there are
 * blocks. */
static void a_corrupt_byte_anywhere_is_survived(void **state)
{
    struct file file = {0};
    struct reading reading;

    (void)state;
    put_sections(&file);
    for (size_t i = 0; i < file.len; i++) {
        file.at[i] ^= 0xff;
        write_file("corrupt.pcapng", file.at, file.len);
        read_all(&reading, "corrupt.pcapng");
        assert_true(reading.num <= 5);
        assert_true(reading.stats.damaged_files <= 1);
        file.at[i] ^= 0xff;
    }
}

static void damage_is_told_with_file_frame_and_reason(void **state)
{
    struct file file = {0};
    struct reading reading;
    size_t start;

    (void)state;
    put_section(&file, false);
    put_interface(&file, 1, NULL, 0, 0);
    put_enhanced(&file, 0, 1, "one");
    start = file.len;
    put_enhanced(&file, 4, 1, "two");
    write_file("x.pcapng", file.at, file.len);
    read_all(&reading, "x.pcapng");
    assert_string_equal(reading.errors, "x.pcapng: frame 2: packet of interface 4, which its "
                                        "section does not have\n");
    file.at[file.len - 4] ^= 8;
    write_file("x.pcapng", file.at, file.len);
    read_all(&reading, "x.pcapng");
    assert_string_equal(reading.errors,
                        "x.pcapng: frame 2: block of 36 bytes says 44 at its end\n");
    memcpy(file.at + start + 4, "\xfc\xff\xff\x7f", 4);
    write_file("x.pcapng", file.at, file.len);
    read_all(&reading, "x.pcapng");
    assert_string_equal(reading.errors,
                        "x.pcapng: frame 2: block of 2147483644 bytes: no block has that length\n");
}

static void what_is_no_capture_is_told_and_the_next_file_is_read(void **state)
{
    static const char *const names[] = {"missing.pcap", "zip.pcap", "empty.pcap", "good.pcap"};
    struct reading reading = {0};
    struct file file = {0};

    (void)state;
    put_classic_header(&file, 0xa1b2c3d4);
    put_record(&file, 1, 1, "one");
    write_file("zip.pcap", "PK\3\4 and so on", 15);
    write_file("empty.pcap", "", 0);
    write_file("good.pcap", file.at, file.len);
    source_close(read_files(&reading, names, 4, NULL, 64));
    assert_string_equal(reading.errors, "missing.pcap: No such file or directory\n"
                                        "zip.pcap: not a capture file (first bytes 50 4b 03 04)\n"
                                        "empty.pcap: empty file\n");
    assert_int_equal(reading.num, 1);
    assert_int_equal(reading.frames[0].number, 1);
    assert_string_equal(reading.frames[0].file, "good.pcap");
    assert_int_equal(reading.stats.damaged_files, 3);
}

static size_t pack(struct file *file, bool zstd, uint8_t *out, size_t max)
{
    z_stream stream = {.next_in = file->at, .avail_in = (unsigned)file->len};

    if (zstd) {
        return ZSTD_compress(out, max, file->at, file->len, 3);
    }
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_out = out;
    stream.avail_out = (unsigned)max;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(deflateEnd(&stream), Z_OK);
    return stream.total_out;
}

static void packed_files_are_unpacked_and_their_damage_is_told(void **state)
{
    static uint8_t packed[2 * FILE_SIZE];
    struct reading reading;

    (void)state;
    for (int zstd = 0; zstd < 2; zstd++) {
        struct file file = {0};
        size_t len;

        put_sections(&file);
        len = pack(&file, zstd != 0, packed, FILE_SIZE);
        write_file("packed", packed, len);
        read_all(&reading, "packed");
        assert_int_equal(reading.num, 5);
        assert_string_equal(reading.errors, "");
        assert_int_equal(reading.stats.bytes_read, len);
        for (size_t cut = 5; cut < len; cut += 3) {
            write_file("packed", packed, cut);
            read_all(&reading, "packed");
            assert_int_equal(reading.stats.damaged_files, 1);
        }
        memcpy(packed + len, packed, len); /* members in a row: two sections more */
        write_file("packed", packed, len * 2);
        read_all(&reading, "packed");
        assert_int_equal(reading.num, 10);
        assert_string_equal(reading.errors, "");
        packed[len / 2] ^= 0xff;
        write_file("packed", packed, len);
        read_all(&reading, "packed");
        assert_true(reading.num <= 5);
    }
}

/* Records larger than a window, and more of them than fit into one. */
static void records_across_the_window_are_whole(void **state)
{
    static uint8_t octets[300000];
    const uint32_t sizes[] = {100, 200000, 1500, 262144, 7, 262144};
    struct file header = {0};
    struct reading reading;
    FILE *out = fopen("large.pcap", "wb");

    (void)state;
    assert_non_null(out);
    put_classic_header(&header, 0xa1b2c3d4);
    assert_int_equal(fwrite(header.at, 1, header.len, out), header.len);
    for (size_t i = 0; i < 6; i++) {
        struct file record = {0};

        memset(octets, (int)('a' + i), sizeof(octets));
        put_u32(&record, 1);
        put_u32(&record, 1);
        put_u32(&record, sizes[i]);
        put_u32(&record, sizes[i]);
        assert_int_equal(fwrite(record.at, 1, record.len, out), record.len);
        assert_int_equal(fwrite(octets, 1, sizes[i], out), sizes[i]);
    }
    assert_int_equal(fclose(out), 0);
    read_all(&reading, "large.pcap");
    assert_string_equal(reading.errors, "");
    assert_int_equal(reading.num, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(reading.frames[i].len, sizes[i]);
        assert_int_equal(reading.frames[i].text[0], 'a' + (int)i);
    }
}

static void a_pipe_is_read_as_its_bytes_come(void **state)
{
    static const char *const name = "-";
    struct reading reading = {0};
    struct source_options options = {.on_error = on_error, .ctx = &reading};
    struct file file = {0};
    struct diag diag = {0};
    struct source *source;
    int ends[2];
    int saved = dup(STDIN_FILENO);

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    put_classic_header(&file, 0xa1b2c3d4);
    put_record(&file, 1, 1, "one");
    put_record(&file, 2, 1, "two");
    source = source_open_files(&name, 1, &options, &diag);
    assert_non_null(source);
    assert_int_equal(source_pump(source, 64, on_frame, &reading), SOURCE_IDLE);
    for (size_t i = 0; i < file.len; i += 13) { /* of a header, 24, and two records of 19 */
        size_t len = file.len - i < 13 ? file.len - i : 13;
        size_t there = i + len;

        assert_int_equal(write(ends[1], file.at + i, len), len);
        (void)source_pump(source, 64, on_frame, &reading);
        (void)source_pump(source, 64, on_frame, &reading);
        assert_int_equal(reading.num, there >= 62 ? 2 : there >= 43 ? 1 : 0);
    }
    assert_int_equal(close(ends[1]), 0);
    while (source_pump(source, 64, on_frame, &reading) != SOURCE_END) {
    }
    assert_string_equal(reading.errors, "");
    assert_int_equal(reading.num, 2);
    source_close(source);
    assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(close(saved), 0);
    assert_int_equal(close(ends[0]), 0);
}

static void a_filter_leaves_frames_out_but_counts_their_numbers(void **state)
{
    static const char *const name = "filter.pcapng";
    struct reading reading = {0};
    struct file file = {0};

    (void)state;
    put_section(&file, false);
    put_interface(&file, 1, NULL, 0, 0);
    put_interface(&file, 101, NULL, 0, 0);
    put_enhanced(&file, 0, 1, "ddddddssssss\x86\xdd");
    put_enhanced(&file, 0, 1, "ddddddssssss\x08\x06");
    put_enhanced(&file, 1, 1, "\x60 raw IPv6");
    put_enhanced(&file, 1, 1, "\x45 raw IPv4");
    write_file(name, file.at, file.len);
    source_close(read_files(&reading, &name, 1, "ip6", 64));
    assert_int_equal(reading.num, 2);
    assert_int_equal(reading.frames[0].number, 1);
    assert_int_equal(reading.frames[1].number, 3);
    assert_int_equal(reading.stats.frames, 4);
    assert_int_equal(reading.stats.filtered, 2);
}

static void a_filter_that_does_not_compile_is_told(void **state)
{
    static const char *const name = "filter.pcapng";
    struct source_options options = {.filter = "port and and"};
    struct diag diag = {0};

    (void)state;
    assert_null(source_open_files(&name, 1, &options, &diag));
    assert_non_null(strstr(diag.text, "filter 'port and and': "));
}

static void an_interface_that_is_not_there_is_told(void **state)
{
    struct source_options options = {0};
    struct diag diag = {0};

    (void)state;
    assert_null(source_open_live("nosuchinterface", &options, &diag));
    assert_non_null(strstr(diag.text, "nosuchinterface: "));
    source_close(NULL);
}

static int go_to_scratch(void **state)
{
    static char folder[] = "/tmp/source_test.XXXXXX";

    *state = folder;
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int leave_scratch(void **state)
{
    static const char *const names[] = {
        "classic.pcap",   "modified.pcap", "sections.pcapng", "times.pcapng", "cut.pcap",
        "corrupt.pcapng", "x.pcapng",      "zip.pcap",        "empty.pcap",   "good.pcap",
        "packed",         "large.pcap",    "filter.pcapng"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)unlink(names[i]);
    }
    return chdir("/") != 0 || rmdir(*state) != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classic_files_are_read_in_both_byte_orders_and_resolutions),
        cmocka_unit_test(the_modified_format_has_a_longer_record_header),
        cmocka_unit_test(sections_may_differ_in_byte_order_interfaces_and_resolution),
        cmocka_unit_test(times_keep_inside_their_range),
        cmocka_unit_test(a_cut_file_gives_what_it_has_and_says_where),
        cmocka_unit_test(a_corrupt_byte_anywhere_is_survived),
        cmocka_unit_test(damage_is_told_with_file_frame_and_reason),
        cmocka_unit_test(what_is_no_capture_is_told_and_the_next_file_is_read),
        cmocka_unit_test(packed_files_are_unpacked_and_their_damage_is_told),
        cmocka_unit_test(records_across_the_window_are_whole),
        cmocka_unit_test(a_pipe_is_read_as_its_bytes_come),
        cmocka_unit_test(a_filter_leaves_frames_out_but_counts_their_numbers),
        cmocka_unit_test(a_filter_that_does_not_compile_is_told),
        cmocka_unit_test(an_interface_that_is_not_there_is_told),
    };

    return cmocka_run_group_tests(tests, go_to_scratch, leave_scratch);
}
