#include "export/report/width.h"

#include "dissectors/base/text.h"

struct range {
    uint32_t first;
    uint32_t last;
};

/* Takes one character; what is no UTF-8 counts as U+FFFD. */
static bool take_character(struct bytes *in, struct bytes *character, uint32_t *code)
{
    size_t len = text_character(*in);
    struct bytes rest;
    uint8_t byte = 0;

    if (!take_bytes(in, len == 0 ? 1 : len, character)) {
        return false;
    }
    rest = *character;
    (void)take_u8(&rest, &byte);
    *code = len == 0   ? 0xfffd
            : len == 1 ? byte
            : len == 2 ? byte & 0x1fu
            : len == 3 ? byte & 0x0fu
                       : byte & 0x07u;
    while (take_u8(&rest, &byte)) {
        *code = *code << 6 | (byte & 0x3fu);
    }
    return true;
}

static bool is_in(uint32_t code, const struct range *ranges, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

/* Controls, and characters that show nothing but change what is around them (UAX 9, UAX 44). */
static bool is_hidden(uint32_t code)
{
    static const struct range hidden[] = {{0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},
                                          {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
                                          {0xfeff, 0xfeff}};

    return is_in(code, hidden, sizeof(hidden) / sizeof(hidden[0]));
}

/* The blocks that matter for names, after UAX 11 and the combining marks. */
static size_t width_of(uint32_t code)
{
    static const struct range none[] = {
        {0x300, 0x36f}, {0x1ab0, 0x1aff}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};
    static const struct range two[] = {{0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},
                                       {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
                                       {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f},
                                       {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};

    if (is_hidden(code) || is_in(code, none, sizeof(none) / sizeof(none[0]))) {
        return 0;
    }
    return is_in(code, two, sizeof(two) / sizeof(two[0])) ? 2 : 1;
}

size_t text_width(struct bytes text)
{
    struct bytes character;
    uint32_t code;
    size_t width = 0;

    if (bytes_is_printable(text)) {
        return text.len; /* nearly all there is: a column for each octet */
    }
    while (take_character(&text, &character, &code)) {
        width += width_of(code);
    }
    return width;
}

void print_spaces(FILE *out, size_t num)
{
    static const char spaces[64 + 1] =
        "                                                                ";

    while (num > 0) {
        size_t part = num < sizeof(spaces) - 1 ? num : sizeof(spaces) - 1;

        (void)fwrite(spaces, 1, part, out);
        num -= part;
    }
}

void print_cell(FILE *out, struct bytes text, size_t width)
{
    struct bytes character;
    uint32_t code;
    size_t full = text_width(text);
    bool cut = full > width;
    size_t room = cut && width > 0 ? width - 1 : width;
    size_t used = 0;

    if (!cut && bytes_is_printable(text)) {
        (void)fwrite(text.at, 1, text.len, out);
        print_spaces(out, width - full);
        return;
    }
    while (take_character(&text, &character, &code) && used + width_of(code) <= room) {
        if (!is_hidden(code)) {
            (void)fwrite(character.at, 1, character.len, out);
        }
        used += width_of(code);
    }
    if (cut && width > 0) {
        (void)fputs("\xe2\x80\xa6", out);
        used++;
    }
    print_spaces(out, width - used);
}
