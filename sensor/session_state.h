/*
 * session_state: a session from the inside; shared by session.c and waiting.c alone.
 */
#ifndef BASICTAP_SENSOR_SESSION_STATE_H
#define BASICTAP_SENSOR_SESSION_STATE_H

#include "sensor/early.h"
#include "sensor/session.h"

/* What every packet looks at comes first. */
struct session {
    struct flow *flow; /* NULL: it has gone, the session waits for a key */
    struct session *newer;
    struct session *older;
    struct conversation *conversation;
    bool has_bytes[2];
    bool silent[2]; /* by enum side: what the other one answered was waited for in vain */
    bool midstream;
    bool swapped;
    bool over;
    uint8_t asked; /* packets shown to nDPI */
    enum side feeding;
    struct early early;
    struct stream streams[2]; /* by enum side */
    uint32_t isn[2];          /* by flow: low, high */

    struct sessions *shared;
    struct origin origin;
    struct emitter emitter;
    size_t kept;    /* by the conversation; a part of shared->kept */
    size_t waiting; /* for a key; a part of shared->waiting. 0: it does not wait */
    uint64_t waiting_since_ns;
    struct classifier_flow *hint;
};

/* Its conversation ends, it is counted and freed. It is in no list any more and has no flow. */
void session_finish(struct session *session);

/* A session with a flow ends, or goes on waiting without it. */
void session_close(struct sessions *sessions, struct flow *flow);

#endif
