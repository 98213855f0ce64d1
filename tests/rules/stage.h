/* stage: a detector, events as a test says them, and the findings as lines. */
#ifndef BASICTAP_TESTS_RULES_STAGE_H
#define BASICTAP_TESTS_RULES_STAGE_H

#include "rules/detector.h"
#include "tests/support/test.h"

enum { STAGE_TEXT = 4 * 1024 * 1024 };

struct stage {
    struct detector *detector;
    struct detector_options options;
    struct origin origin; /* of the next events */
    struct event event;   /* the next one; stage_say sends it */
    const char *fields;   /* which are printed, comma separated */
    char *lines;          /* one a finding: values, space separated, "-" for what is absent */
    size_t len;
    size_t num_findings;
    uint64_t counted; /* the sum of basictap.count, alerts left out */
};

/* With the project's own rules, a window of a day, and a client 10.1.0.7 on the segment that talks
 * to the mail server 192.0.2.1:143. */
void stage_init(struct stage *stage);
void stage_open(struct stage *stage); /* after changes to options */
void stage_close(struct stage *stage);

struct address stage_address(const char *text);
struct mac stage_mac(const char *text);

/* Starts an event at that many seconds after 2026-11-20 00:00:00 UTC. */
struct event *stage_event(struct stage *stage, enum event_kind kind, enum service service,
                          double seconds);
void stage_say(struct stage *stage);

/* An IMAP LOGIN. */
void stage_login(struct stage *stage, double seconds, const char *user, enum outcome outcome);

/* Flushes; the lines so far must be these. They are forgotten then. */
void stage_expect(struct stage *stage, const char *lines);

#endif
