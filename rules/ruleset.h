/*
 * ruleset: detection rules in the Sigma rule format, over the fields of finding_schema. What is
 * supported stands in rules/README.md; everything else is refused when the files are read.
 */
#ifndef BASICTAP_RULES_RULESET_H
#define BASICTAP_RULES_RULESET_H

#include "dissectors/base/diag.h"
#include "rules/finding.h"

enum { MAX_RULES = 256, MAX_GROUP_BY = 8 };

/* Which rules matched, by index. */
struct rule_hits {
    uint64_t bits[MAX_RULES / 64];
};

bool rule_hits_has(const struct rule_hits *hits, size_t rule);
bool rule_hits_overlap(const struct rule_hits *a, const struct rule_hits *b);
void rule_hits_merge(struct rule_hits *into, const struct rule_hits *more);

enum correlation_type {
    CORRELATION_NONE, /* a rule about single events */
    CORRELATION_EVENT_COUNT,
    CORRELATION_VALUE_COUNT,
    CORRELATION_TEMPORAL,
};

struct correlation_spec {
    enum correlation_type type;
    struct rule_hits rules; /* about which */
    const struct field *group_by[MAX_GROUP_BY];
    size_t num_group_by;
    const struct field *value; /* of CORRELATION_VALUE_COUNT */
    uint64_t timespan_ns;
    uint64_t min; /* hit when min <= count <= max; 0: no lower bound */
    uint64_t max; /* UINT64_MAX: no upper bound */
};

struct rule {
    char id[64];
    char title[128];
    char name[64]; /* how correlations may call it; may be empty */
    enum rule_level level;
    bool silent; /* serves a correlation only, is not reported itself */
    struct correlation_spec correlation;
    struct detection *detection; /* NULL for correlations */
};

struct ruleset;

/* All *.yml of a directory but services.yml and clients.yml, in the order of their names. NULL and
 * words (file, line, column) when one is bad. */
struct ruleset *ruleset_load(const char *directory, struct diag *diag);
/* The same for one text. */
struct ruleset *ruleset_parse(const char *name, struct bytes text, struct diag *diag);
void ruleset_free(struct ruleset *ruleset); /* NULL is fine */

/* A field that rules may look at; NULL: none of that name, or known only after the rules. */
const struct field *rule_field(struct bytes name);

size_t ruleset_num_rules(const struct ruleset *ruleset);
const struct rule *ruleset_rule(const struct ruleset *ruleset, size_t index);

/* Matches all rules about single events; limits counts regular expressions that gave up. */
void ruleset_match(const struct ruleset *ruleset, const struct finding *finding,
                   struct rule_hits *hits, uint64_t *limits);

/* Rules whose hits feed a correlation. */
const struct rule_hits *ruleset_correlated(const struct ruleset *ruleset);

/* Does a rule look at what differs from attempt to attempt (times, client port, frame)? */
bool ruleset_is_volatile(const struct ruleset *ruleset);

/* Fills rule_id, rule_name, rule_level, severity and rules of the finding. */
void ruleset_describe(const struct ruleset *ruleset, const struct rule_hits *hits,
                      struct finding *finding);

#endif
