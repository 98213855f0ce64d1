#include "dissectors/auth/line.h"

bool line_is_text(struct bytes in)
{
    uint8_t byte;

    if (in.len == 0 || in.len > PROBE_MAX) {
        return false;
    }
    while (take_u8(&in, &byte)) {
        if (byte != '\t' && byte != '\r' && byte != '\n' && (byte < 0x20 || byte == 0x7f)) {
            return false;
        }
    }
    return true;
}

enum probe line_wait(struct bytes in)
{
    return line_is_text(in) ? PROBE_MAYBE : PROBE_NO;
}

bool line_has_word(struct bytes word, const char *const *words, size_t num_words)
{
    for (size_t i = 0; i < num_words; i++) {
        if (bytes_is_word(word, words[i])) {
            return true;
        }
    }
    return false;
}

bool line_is_tls(struct bytes in)
{
    return bytes_starts(in, BYTES("\x16\x03"));
}

struct verdict line_verdict(struct bytes in, struct bytes rest, enum next next)
{
    return (struct verdict){
        .next = next,
        .used = in.len - rest.len,
        .want = next == NEXT_SAME ? rest.len + 1 : 0,
    };
}
