#include "dissectors/base/inference.h"

/*
 * What Basic adds to a header: "Authorization: Basic " and the end of the line are 23 bytes, the
 * base64 between them a multiple of 4 (RFC 7617, RFC 4648). NTLM's word is a letter shorter, so
 * that it never adds the same; Negotiate's is four longer, so that its lengths are Basic's: there a
 * second leg follows.
 */
enum { BASIC_FRAME = 23, BASE64_STEP = 4 };

/* A password's length is worth hiding among 32, a token's among 500. */
enum { ROUND_SHORT = 32, ROUND_LONG = 500, LONG = 1000 };

bool basic_explains(int32_t growth, uint32_t least, uint32_t most)
{
    return growth > 0 && (uint32_t)growth >= least && (uint32_t)growth <= most &&
           (growth - BASIC_FRAME) % BASE64_STEP == 0;
}

uint32_t rounded_up(uint32_t len, uint32_t bound)
{
    uint32_t step = len < LONG ? ROUND_SHORT : ROUND_LONG;
    uint32_t less = len % step;
    uint32_t round = less == 0 || len > UINT32_MAX - step ? len : len - less + step;

    return len < bound && round >= bound ? bound - 1 : round;
}

uint32_t rounded_down(uint32_t len, uint32_t bound)
{
    uint32_t round = len - len % (len < LONG ? ROUND_SHORT : ROUND_LONG);

    return len >= bound && round < bound ? bound : round;
}
