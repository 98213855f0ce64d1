/*
 * schema: a plain struct described once by a table of fields. JSON keys, rule fields, flat Redis
 * fields, the field reference and test output all come from that table.
 *
 * The kind of a field is derived from its member's type, so a table cannot disagree with its
 * struct.
 */
#ifndef BASICTAP_DISSECTORS_BASE_SCHEMA_H
#define BASICTAP_DISSECTORS_BASE_SCHEMA_H

#include <stddef.h>

#include "dissectors/base/address.h"
#include "dissectors/base/bytes.h"

struct timestamp {
    uint64_t ns; /* since 1970-01-01 UTC, packet time; 0: none */
};

enum field_kind {
    FIELD_TEXT,   /* char[], NUL-terminated UTF-8; "" is absent */
    FIELD_STRING, /* const char *, UTF-8, outlives the struct; NULL and "" are absent */
    FIELD_U64,
    FIELD_U32,
    FIELD_U16,
    FIELD_BOOL,
    FIELD_REAL,     /* double; negative is absent */
    FIELD_TIME,     /* struct timestamp; 0 is absent */
    FIELD_ADDRESS,  /* struct address; version 0 is absent */
    FIELD_MAC,      /* struct mac; not known is absent */
    FIELD_WORD,     /* an enum with a word function; "" is absent */
    FIELD_CONSTANT, /* the same text for every struct */
};

struct field {
    const char *name; /* dotted ECS name: "source.ip" */
    const char *help; /* one clause for the field reference */
    const char *(*word)(unsigned);
    const char *constant;
    size_t offset;
    enum field_kind kind;
    bool zero_absent; /* a number: 0 means that there is none (ports, frames) */
    bool list;        /* text, comma separated: a JSON array */
};

struct schema {
    const char *name;
    const struct field *fields;
    size_t num_fields;
};

// clang-format off
#define FIELD_KIND(type, member)                                                                                       \
    _Generic(((const type *)0)->member,                                                                                \
        const char *: FIELD_TEXT, char *: FIELD_TEXT, const char *const: FIELD_STRING,                                 \
        uint64_t: FIELD_U64, uint32_t: FIELD_U32, uint16_t: FIELD_U16, bool: FIELD_BOOL, double: FIELD_REAL,           \
        struct timestamp: FIELD_TIME, struct address: FIELD_ADDRESS, struct mac: FIELD_MAC)
// clang-format on

/* A member that is an array of char, a number, a time, an address. */
#define FIELD(type, member, field_name, field_help)                                                \
    {                                                                                              \
        .name = (field_name), .help = (field_help), .offset = offsetof(type, member),              \
        .kind = FIELD_KIND(type, member)                                                           \
    }
/* The same, a number whose 0 means that there is none. */
#define FIELD_OPTIONAL(type, member, field_name, field_help)                                       \
    {                                                                                              \
        .name = (field_name), .help = (field_help), .offset = offsetof(type, member),              \
        .kind = FIELD_KIND(type, member), .zero_absent = true                                      \
    }
/* A member of type const char *. */
#define FIELD_POINTER(type, member, field_name, field_help)                                        \
    {                                                                                              \
        .name = (field_name), .help = (field_help), .offset = offsetof(type, member),              \
        .kind = FIELD_STRING                                                                       \
    }
/* An enum, with the function that gives its words. */
#define FIELD_ENUM(type, member, words, field_name, field_help)                                    \
    {                                                                                              \
        .name = (field_name), .help = (field_help), .word = (words),                               \
        .offset = offsetof(type, member), .kind = FIELD_WORD                                       \
    }

/* The same text in every record. */
#define FIELD_CONST(text, field_name, field_help)                                                  \
    {                                                                                              \
        .name = (field_name), .help = (field_help), .constant = (text), .kind = FIELD_CONSTANT     \
    }
/* Text that is a comma-separated list. */
#define FIELD_LIST(type, member, field_name, field_help)                                           \
    {                                                                                              \
        .name = (field_name), .help = (field_help), .offset = offsetof(type, member),              \
        .kind = FIELD_KIND(type, member), .list = true                                             \
    }

enum { FIELD_TEXT_MAX = 64 }; /* room for any value that is not text */

/* The field's value as a number; false when it is absent or not a number. */
bool field_number(const struct field *field, const void *object, double *out);

/*
 * The field's value as text: a view into the object, or of scratch, which must outlive the view.
 * Absent values are empty. Times are RFC 3339 with microseconds and Z, addresses as RFC 5952,
 * booleans true and false.
 */
struct bytes field_text(const struct field *field, const void *object,
                        char scratch[FIELD_TEXT_MAX]);

bool field_is_absent(const struct field *field, const void *object);
bool field_is_numeric(const struct field *field); /* U64, U32, U16, REAL */

const struct field *schema_find(const struct schema *schema,
                                struct bytes name); /* NULL: no such field */

#endif
