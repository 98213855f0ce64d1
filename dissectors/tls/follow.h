/*
 * follow: the records of a session by their headers, opened or not. While a handshake is read this
 * goes on beside the reading; when nothing more is read (NEXT_FOLLOW) it is all that is left of the
 * session.
 */
#ifndef BASICTAP_DISSECTORS_TLS_FOLLOW_H
#define BASICTAP_DISSECTORS_TLS_FOLLOW_H

#include "dissectors/dissector.h"
#include "dissectors/tls/facts.h"
#include "dissectors/tls/record.h"
#include "dissectors/tls/shape.h"

/* What is looked at with every record comes first, but for the newest message. Zero what is not
 * set by its owner: model, and shape by shape_begin. */
struct followed {
    const struct shape_model *model;
    struct facts *facts; /* what was read of the session; NULL: it is still in the reading */
    bool searching[2];   /* by enum side: where the next record begins is not known */
    struct shape shape;
};
_Static_assert(sizeof(struct followed) <= 256, "a session under inference holds 256 bytes at most");

/* Is there one, and is anything more to be learned of it? */
bool follow_goes_on(const struct followed *followed);

/* A protected record that is whole. */
void follow_record(struct followed *followed, enum side from, const struct record *record,
                   const struct emitter *out);

/* Bytes of a side are missing. Where its next record begins, `searching` says. */
void follow_hole(struct followed *followed, enum side from);

/* Records of a side of which nothing is read, as far as their headers are there. */
struct verdict follow_side(struct followed *followed, enum side from, struct bytes in,
                           const struct emitter *out);

/* Its state is a struct followed. */
extern const struct dissector follow_dissector;

#endif
