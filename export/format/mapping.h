/*
 * mapping: what our fields are called elsewhere. The one table from which OCSF, CEF and structured
 * data of syslog are made, and the field reference. ECS needs no column: our names are its names.
 *
 * A field may stand in several rows. One that has no path for a class of OCSF is kept there as
 * unmapped.<name>, unless a path is "": then what it says is said by others.
 */
#ifndef BASICTAP_EXPORT_FORMAT_MAPPING_H
#define BASICTAP_EXPORT_FORMAT_MAPPING_H

#include "dissectors/base/bytes.h"

/* What a record becomes in OCSF. */
enum ocsf_class {
    OCSF_AUTHENTICATION, /* an attempt to authenticate */
    OCSF_NETWORK,        /* a TLS session that could not be read */
    OCSF_DETECTION,      /* a correlation's alert */
    OCSF_COMPLIANCE,     /* the summary of a device */
    OCSF_BASE,           /* whatever else */
    NUM_OCSF_CLASSES
};

enum mapping_as {
    AS_IT_IS,
    AS_TEXT,         /* a number, as text */
    AS_MILLISECONDS, /* a time, since 1970 */
    AS_WORD,         /* by its words: a number, and beside x_id the caption as x */
    AS_PROTOCOL,     /* the same, of a mechanism; any that enforces a password is Basic */
    AS_CLEARTEXT,    /* a transport: whether a password was readable on the wire */
    AS_MD5,          /* a fingerprint object */
    AS_WEB,          /* only of HTTP; else unmapped */
    AS_ADDRESS,      /* CEF: IPv6 has keys of its own */
    AS_COLONS,       /* CEF: a MAC address with colons */
};

struct mapping_word {
    const char *word;
    unsigned number;
    const char *caption;
};

struct mapping_words {
    const struct mapping_word *words;
    size_t num;
};

struct mapping {
    const char *field;
    const char *all; /* path in every class; or, for each: */
    const char *paths[NUM_OCSF_CLASSES];
    enum mapping_as ocsf_as;
    const struct mapping_words *words; /* of AS_WORD and AS_PROTOCOL */
    const char *otherwise;             /* what OCSF requires even if the field is absent */
    const char *cef;                   /* key; NULL: not in CEF */
    const char *cef_label;             /* of a key for customs: the text of <key>Label */
    enum mapping_as cef_as;
    size_t cef_max; /* characters that CEF allows; 0: more than we have */
    const char *sd; /* name of the parameter in structured data; NULL: not there */
};

extern const struct mapping mappings[];
extern const size_t num_mappings;

/* What a class has in every event besides its numbers. */
struct mapping_constant {
    const char *path;
    const char *token; /* as it stands in JSON */
    bool in[NUM_OCSF_CLASSES];
};
extern const struct mapping_constant mapping_constants[];
extern const size_t num_mapping_constants;

struct ocsf_numbers {
    unsigned class_uid;
    const char *class_name;
    unsigned category_uid;
    const char *category_name;
    unsigned activity_id;
    const char *activity_name;
};
extern const struct ocsf_numbers ocsf_numbers[NUM_OCSF_CLASSES];

/* The path of a row in a class; NULL: none. */
const char *mapping_path(const struct mapping *mapping, enum ocsf_class class);

/* NULL: it is not among them. */
const struct mapping_word *mapping_find_word(const struct mapping_words *words, struct bytes word);

/* rule.level in CEF (0 to 10) and in syslog (RFC 5424, table 2). */
extern const struct mapping_words mapping_cef_severities;
extern const struct mapping_words mapping_syslog_severities;

#endif
