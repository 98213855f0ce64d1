/*
 * The code is canonical: codes of a length are consecutive, in the order of their symbols, and
 * follow the shorter ones. So the lengths alone define it, and decoding compares the next 32 bits
 * with the last code of each length. Most text has lengths 5 to 7: the first comparisons.
 */
#include "dissectors/http/huffman.h"

enum { NUM_SYMBOLS = 256, END_OF_STRING = NUM_SYMBOLS };

/* In the order of their codes; the end of string would follow. */
static const uint8_t symbols[NUM_SYMBOLS] = {
    48,  49,  50,  97,  99,  101, 105, 111, 115, 116,                               /* 5 bits */
    32,  37,  45,  46,  47,  51,  52,  53,  54,  55,  56,  57,  61,  65,  95,  98,  /* 6 */
    100, 102, 103, 104, 108, 109, 110, 112, 114, 117,                               /* 6 */
    58,  66,  67,  68,  69,  70,  71,  72,  73,  74,  75,  76,  77,  78,  79,  80,  /* 7 */
    81,  82,  83,  84,  85,  86,  87,  89,  106, 107, 113, 118, 119, 120, 121, 122, /* 7 */
    38,  42,  44,  59,  88,  90,                                                    /* 8 */
    33,  34,  40,  41,  63,                                                         /* 10 */
    39,  43,  124,                                                                  /* 11 */
    35,  62,                                                                        /* 12 */
    0,   36,  64,  91,  93,  126,                                                   /* 13 */
    94,  125,                                                                       /* 14 */
    60,  96,  123,                                                                  /* 15 */
    92,  195, 208,                                                                  /* 19 */
    128, 130, 131, 162, 184, 194, 224, 226,                                         /* 20 */
    153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230,                /* 21 */
    129, 132, 133, 134, 136, 146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, /* 22 */
    185, 186, 187, 189, 190, 196, 198, 228, 232, 233,                               /* 22 */
    1,   135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157, 158, /* 23 */
    165, 166, 168, 174, 175, 180, 182, 183, 188, 191, 197, 231, 239,                /* 23 */
    9,   142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237,                     /* 24 */
    199, 207, 234, 235,                                                             /* 25 */
    192, 193, 200, 201, 202, 205, 210, 213, 218, 219, 238, 240, 242, 243, 255,      /* 26 */
    203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250, 251, /* 27 */
    252, 253, 254,                                                                  /* 27 */
    2,   3,   4,   5,   6,   7,   8,   11,  12,  14,  15,  16,  17,  18,  19,  20,  /* 28 */
    21,  23,  24,  25,  26,  27,  28,  29,  30,  31,  127, 220, 249,                /* 28 */
    10,  13,  22,                                                                   /* 30 */
};

/* The codes of one length. */
struct codes {
    uint8_t bits;
    uint16_t symbol; /* place of the first one's */
    uint32_t first;  /* shifted to the left end of 32 bits */
    uint32_t last;   /* likewise, and filled with ones */
};

static const struct codes lengths[] = {
    {5, 0, 0x00000000, 0x4fffffff},    {6, 10, 0x50000000, 0xb7ffffff},
    {7, 36, 0xb8000000, 0xf7ffffff},   {8, 68, 0xf8000000, 0xfdffffff},
    {10, 74, 0xfe000000, 0xff3fffff},  {11, 79, 0xff400000, 0xff9fffff},
    {12, 82, 0xffa00000, 0xffbfffff},  {13, 84, 0xffc00000, 0xffefffff},
    {14, 90, 0xfff00000, 0xfff7ffff},  {15, 92, 0xfff80000, 0xfffdffff},
    {19, 95, 0xfffe0000, 0xfffe5fff},  {20, 98, 0xfffe6000, 0xfffedfff},
    {21, 106, 0xfffee000, 0xffff47ff}, {22, 119, 0xffff4800, 0xffffafff},
    {23, 145, 0xffffb000, 0xffffe9ff}, {24, 174, 0xffffea00, 0xfffff5ff},
    {25, 186, 0xfffff600, 0xfffff7ff}, {26, 190, 0xfffff800, 0xfffffbbf},
    {27, 205, 0xfffffbc0, 0xfffffe1f}, {28, 224, 0xfffffe20, 0xffffffef},
    {30, 253, 0xfffffff0, 0xffffffff}, /* the end of string is the last of these */
};

/* Bits that were read and not yet decoded, at the left end; ones behind them. */
struct window {
    uint64_t bits;
    unsigned num;
};

static void refill(struct window *window, struct bytes *in)
{
    uint8_t byte;

    while (window->num <= 56 && take_u8(in, &byte)) {
        window->bits &= ~(UINT64_C(0xff) << (56 - window->num));
        window->bits |= (uint64_t)byte << (56 - window->num);
        window->num += 8;
    }
}

static unsigned find_code(uint32_t ahead, unsigned *bits)
{
    const struct codes *codes = lengths;

    while (ahead > codes->last) { /* no number is beyond the last of all */
        codes++;
    }
    *bits = codes->bits;
    return codes->symbol + ((ahead - codes->first) >> (32 - codes->bits));
}

/* Padding is less than a byte, of ones: the beginning of the end of string. */
static bool is_padding(const struct window *window)
{
    return window->num < 8 && window->bits == UINT64_MAX;
}

bool huffman_decode(struct bytes in, uint8_t *out, size_t max, size_t *len)
{
    struct window window = {.bits = UINT64_MAX};

    for (*len = 0;; (*len)++) {
        unsigned bits;
        unsigned place;

        if (window.num < 32) {
            refill(&window, &in);
        }
        place = find_code((uint32_t)(window.bits >> 32), &bits);
        if (bits > window.num) {
            return is_padding(&window);
        }
        if (place >= END_OF_STRING) {
            return false;
        }
        if (*len < max) {
            out[*len] = symbols[place];
        }
        window.bits = window.bits << bits | ((UINT64_C(1) << bits) - 1);
        window.num -= bits;
    }
}
