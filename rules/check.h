/*
 * check: what the shapes of sessions said, against what keys showed of the same sessions. Counts
 * and nothing else: it makes no finding.
 */
#ifndef BASICTAP_RULES_CHECK_H
#define BASICTAP_RULES_CHECK_H

#include "dissectors/base/event.h"

/* Services that share a model. */
#define CHECK_GROUPS(X)                                                                            \
    X(CHECK_IMAP, "imap")                                                                          \
    X(CHECK_POP, "pop")                                                                            \
    X(CHECK_SMTP, "smtp")                                                                          \
    X(CHECK_HTTP, "http") /* and all that rides on it */

/* What a session held: the family of its logins. */
#define CHECK_TRUTHS(X)                                                                            \
    X(TRUTH_BASIC, "basic")                                                                        \
    X(TRUTH_MODERN, "modern")                                                                      \
    X(TRUTH_INTEGRATED, "integrated")                                                              \
    X(TRUTH_CHALLENGE, "challenge")                                                                \
    X(TRUTH_NONE, "none")                                                                          \
    X(TRUTH_OTHER, "other") /* a certificate, a mechanism that is not known */                     \
    X(TRUTH_SEVERAL, "several")

#define CHECK_RESULTS(X)                                                                           \
    X(CHECK_UNDECIDED, "undecided")                                                                \
    X(CHECK_RIGHT, "right")                                                                        \
    X(CHECK_WRONG, "wrong")

#define CHECK_VALUE(value, word) value,
enum check_group { CHECK_GROUPS(CHECK_VALUE) NUM_CHECK_GROUPS };
enum check_truth { CHECK_TRUTHS(CHECK_VALUE) NUM_CHECK_TRUTHS };
enum check_result { CHECK_RESULTS(CHECK_VALUE) NUM_CHECK_RESULTS };
#undef CHECK_VALUE

/* Bands of confidence. */
enum { NUM_BANDS = 5 };
extern const double band_floors[NUM_BANDS]; /* falling; the last is 0 */
unsigned band_of(double confidence);

struct check_counts {
    uint64_t verdicts[NUM_INFERENCES][NUM_CHECK_TRUTHS];
    uint64_t results[NUM_CHECK_RESULTS];
    uint64_t sure[NUM_CHECK_RESULTS]; /* of them, at a confidence of 0.9 and above */
    uint64_t bands[NUM_BANDS][NUM_CHECK_RESULTS];
    double confidences[NUM_BANDS];        /* sums of those that were decided */
    uint64_t outcomes[NUM_CHECK_RESULTS]; /* whether the login was accepted */
    uint64_t sure_outcomes[NUM_CHECK_RESULTS];
    uint64_t credentials[NUM_CHECK_RESULTS]; /* sessions that held a password or a token */
    uint64_t tokens[NUM_CHECK_RESULTS];      /* HTTP: is there a token in it, or not? */
    uint64_t tokens_as_passwords;            /* at a confidence of 0.9 and above */
};

struct checks {
    struct check_counts groups[NUM_CHECK_GROUPS];
};

const char *check_group_word(unsigned group);
const char *check_truth_word(unsigned truth);
const char *check_result_word(unsigned result);

enum check_group check_group_of(enum service service);
enum check_truth check_truth_of(const struct inference *inference);
enum check_result check_verdict(const struct inference *inference);
enum check_result check_outcome(const struct inference *inference, enum outcome outcome);

/* event->inference->is_checked is true. */
void checks_count(struct checks *checks, const struct event *event);

void check_counts_add(struct check_counts *sum, const struct check_counts *more);

#endif
