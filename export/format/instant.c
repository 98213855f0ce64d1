#include "export/format/instant.h"

/* A number of so many digits, in a range, and what must follow it. */
static bool take_part(struct bytes *in, size_t digits, uint64_t max, const char *behind,
                      uint64_t *out)
{
    struct bytes part;

    return take_bytes(in, digits, &part) && take_decimal(&part, max, out) && part.len == 0 &&
           take_prefix(in, bytes_of_text(behind));
}

/* The first three digits of a fraction; the rest is skipped. */
static bool take_fraction(struct bytes *in, uint64_t *milliseconds)
{
    uint64_t unit = 100;
    uint8_t digit;

    while (peek_u8(*in, &digit) && digit >= '0' && digit <= '9') {
        *milliseconds += (uint64_t)(digit - '0') * unit;
        unit /= 10;
        (void)take_skip(in, 1);
    }
    return true;
}

/* Days from 1970-01-01, in the Gregorian calendar. Counted from March, so that a leap day is the
 * last of its year: of the years before, four hundreds have 97 leap days, and the months from March
 * have (153 * month + 2) / 5 days before them. */
static uint64_t days_of(uint64_t year, uint64_t month, uint64_t day)
{
    uint64_t march_year = month <= 2 ? year - 1 : year;
    uint64_t march_month = month <= 2 ? month + 9 : month - 3;

    return march_year * 365 + march_year / 4 - march_year / 100 + march_year / 400 +
           (153 * march_month + 2) / 5 + day - 1 - 719468;
}

bool instant_parse(struct bytes text, uint64_t *milliseconds)
{
    uint64_t year;
    uint64_t month;
    uint64_t day;
    uint64_t hour;
    uint64_t minute;
    uint64_t second;
    uint64_t fraction = 0;

    if (!take_part(&text, 4, 9999, "-", &year) || !take_part(&text, 2, 12, "-", &month) ||
        !take_part(&text, 2, 31, "T", &day) || !take_part(&text, 2, 23, ":", &hour) ||
        !take_part(&text, 2, 59, ":", &minute) || !take_part(&text, 2, 60, "", &second) ||
        (take_prefix(&text, BYTES(".")) && !take_fraction(&text, &fraction)) ||
        !bytes_equal(text, BYTES("Z")) || year < 1970 || month == 0 || day == 0) {
        return false;
    }
    *milliseconds =
        (((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000 + fraction;
    return true;
}
