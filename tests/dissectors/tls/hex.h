/* hex: octets as RFCs print them; spaces are skipped. */
#ifndef BASICTAP_TESTS_DISSECTORS_TLS_HEX_H
#define BASICTAP_TESTS_DISSECTORS_TLS_HEX_H

#include "dissectors/base/bytes.h"

#include <assert.h>

enum { HEX_MAX = 1024 };

struct hex {
    uint8_t octets[HEX_MAX];
    size_t len;
};

static inline struct hex hex(const char *text)
{
    struct hex out = {0};
    size_t digits = 0;

    for (; *text != '\0'; text++) {
        const char *all = "0123456789abcdef";
        const char *digit = strchr(all, *text);

        if (*text == ' ') {
            continue;
        }
        assert(digit != NULL && digits < 2 * HEX_MAX);
        out.octets[digits / 2] = (uint8_t)(out.octets[digits / 2] << 4 | (digit - all));
        digits++;
    }
    assert(digits % 2 == 0);
    out.len = digits / 2;
    return out;
}

static inline struct bytes hex_view(const struct hex *hex)
{
    return bytes_view(hex->octets, hex->len);
}

/* The view lives to the end of the enclosing block. */
#define HEX(text) hex_view(&(struct hex[]){hex(text)}[0])

#define assert_hex(actual, text)                                                                   \
    do {                                                                                           \
        struct hex expected_ = hex(text);                                                          \
        assert_memory_equal(actual, expected_.octets, expected_.len);                              \
    } while (0)

#endif
