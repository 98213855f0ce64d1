/*
 * rows: what the table counts while findings come: one row for each device and service (and
 * section), one entry for each device, totals. Bounded; what finds no room is counted.
 */
#ifndef BASICTAP_EXPORT_REPORT_ROWS_H
#define BASICTAP_EXPORT_REPORT_ROWS_H

#include "dissectors/base/hmap.h"
#include "dissectors/base/schema.h"
#include "dissectors/base/words.h"

/* In the order of the table. */
enum section {
    SECTION_BASIC,
    SECTION_INFERRED,
    SECTION_INTEGRATED,
    SECTION_CHALLENGE,
    SECTION_MODERN,
    SECTION_OTHER,
    SECTION_NONE,
    SECTION_PROXY,
    SECTION_UNREADABLE,
    NUM_SECTIONS,
};

enum { MAX_VALUES = 4, VALUE_SIZE = 96, MAX_RULES = 64 };

/* Different values of one column, in the order in which they came. */
struct values {
    char *text[MAX_VALUES]; /* on the heap */
    size_t num;
    bool more; /* than fit */
};

/* There are many rows, and most have few and short texts: none takes more memory than it has. */
struct row {
    enum section section;
    uint64_t rank; /* of the device: its IPv4 address as a number; 0: it has another id */
    const struct device *device;
    struct row *next; /* of the same device */
    char service[24];
    char *name;               /* the newest; NULL: none */
    char *client;             /* the newest; NULL: none */
    struct values mechanisms; /* of what is inferred, the verdicts */
    struct values users;
    struct values targets;
    uint64_t outcomes[NUM_OUTCOMES];
    bool certainties[NUM_CERTAINTIES];
    double least_confidence; /* of what is inferred; negative: none is known */
    double most_confidence;
    uint64_t first_ns;
    uint64_t last_ns;
};

struct device {
    const char *id;         /* its key in device_map */
    struct row *rows;       /* few: one for each section and service */
    uint64_t basic;         /* read, and not refused by policy */
    uint64_t basic_refused; /* by policy */
    uint64_t basic_inferred;
    uint64_t inferred;   /* anything that was decided */
    uint64_t read;       /* anything that was read */
    uint64_t unreadable; /* sessions */
};

struct fired_rule {
    char id[64];
    char name[128];
    char level[16];
    uint64_t count;
};

struct totals {
    uint64_t read[NUM_FAMILIES]; /* observed and decrypted */
    uint64_t inferred[NUM_FAMILIES];
    uint64_t undecided;  /* sessions whose shape decides nothing: in no row */
    uint64_t proxy;      /* given to a proxy: in no other number */
    uint64_t unreadable; /* sessions, and what is no more than possible */
    uint64_t first_ns;
    uint64_t last_ns;
};

/* What the table wants of a finding. */
enum wanted {
    WANT_KIND,
    WANT_DEVICE,
    WANT_SERVICE,
    WANT_NAME,
    WANT_CLIENT,
    WANT_USER,
    WANT_USER_HASH,
    WANT_MECHANISM,
    WANT_TARGET,
    WANT_RULE_ID,
    WANT_RULE_NAME,
    WANT_RULE_LEVEL,
    WANT_FAMILY,
    WANT_OUTCOME,
    WANT_CERTAINTY,
    WANT_CONFIDENCE,
    WANT_VERDICT,
    WANT_COUNT,
    WANT_FINDINGS,
    WANT_LAST,
    WANT_FIRST,
    NUM_WANTED,
};

struct rows {
    const struct schema *schema; /* whose fields these are: looked up once for many findings */
    const struct field *fields[NUM_WANTED];
    struct row **rows;
    size_t num_rows;
    size_t max_rows;
    struct device **devices;
    size_t num_devices;
    size_t max_devices;
    struct fired_rule rules[MAX_RULES];
    size_t num_rules;
    struct totals totals;
    uint64_t no_room;        /* findings that are in the totals, but in no row */
    struct hmap *device_map; /* by id; the devices live in it */
};

bool rows_init(struct rows *rows, size_t max_rows, size_t max_devices); /* false: no memory */
void rows_clear(struct rows *rows);

/* Fields are found by name; what a schema has not is empty. */
void rows_add(struct rows *rows, const struct schema *schema, const void *record);

/* Rows by section, device (addresses by value) and service; rules by level, then id. */
void rows_sort(struct rows *rows);

#endif
