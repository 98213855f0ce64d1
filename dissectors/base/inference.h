/*
 * inference: what the lengths of an encrypted session's messages say of the login in it. One for a
 * session, beside an auth event of certainty inferred. Its sentence tells no length of a secret:
 * what may hold one is said in round numbers that still show on which side of its bound it lies.
 */
#ifndef BASICTAP_DISSECTORS_BASE_INFERENCE_H
#define BASICTAP_DISSECTORS_BASE_INFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "dissectors/base/words.h"

enum { EVIDENCE_SIZE = 256 };

/* HTTPS: what one connection shows; it is weighed where its device is known (rules). */
struct http_shape {
    uint32_t first_request;    /* bytes of its header, at most (a body may be among them) */
    uint32_t smallest_request; /* likewise; of those that were told apart */
    uint32_t largest_request;  /* likewise */
    uint32_t token_bound;      /* no request below it carries a token; of the model */
    uint32_t first_answer;     /* bytes; 0: none was seen */
    uint32_t first_body;       /* bytes that came in other records than the header; 0: none */
    int32_t growth;    /* bytes by which a request grew after a short refusal; 0: none did */
    uint16_t requests; /* that were told apart */
    uint16_t alike;    /* of them, as long as the one before */
    bool is_http2;
    bool is_exact;       /* first_request is the very length: one record, no padding of CBC */
    bool excludes_token; /* every request seen whole from the start is below the bound */
    bool carries_token;  /* one is above all that cookies and headers explain */
    bool is_refused;     /* the first answer is as short as a refusal */
    bool is_accepted;    /* an answer is longer than a refusal */
    bool is_challenged;  /* a short refusal came before a request that grew */
};

struct inference {
    enum inference_verdict verdict;
    double confidence; /* of the verdict, 0 to 1: the share of such verdicts that are right */
    double outcome_confidence;    /* of the auth event's outcome; 0: it cannot be told */
    char evidence[EVIDENCE_SIZE]; /* a sentence: which message, how long, against which bound */
    struct http_shape http;       /* zeroed for mail */

    /* what a key showed of the same session, to check the model by; such an event is no finding */
    bool is_checked;
    uint32_t truth_families;    /* 1u << enum family of each login read */
    enum mechanism truth;       /* of the first that was answered, else of the first */
    enum outcome truth_outcome; /* of the last */
};

/* Is a request that grew by so much one to which Basic was added? From least to most, and with the
 * remainder that base64 leaves. */
bool basic_explains(int32_t growth, uint32_t least, uint32_t most);

/* For evidence: what is below the bound and stays so, "at most"; what reaches it, "or more". */
uint32_t rounded_up(uint32_t len, uint32_t bound);
uint32_t rounded_down(uint32_t len, uint32_t bound);

#endif
