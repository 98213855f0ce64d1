#include "sensor/waiting.h"

#include <stddef.h>

#include "sensor/session_state.h"

enum { SESSION_COST = 8192 /* memory of a session beside its ciphertext, about */ };

/* Time may run backwards between packets. */
static bool is_too_long(const struct sessions *sessions, const struct session *session,
                        uint64_t now_ns)
{
    return now_ns > session->waiting_since_ns &&
           now_ns - session->waiting_since_ns > sessions->max_wait_ns;
}

static void set_waiting(struct sessions *sessions, struct session *session, size_t waiting)
{
    sessions->waiting += waiting - session->waiting;
    if (session->waiting == 0) {
        session->waiting_since_ns = sessions->now->time.ns;
    }
    session->waiting = waiting;
}

/* Removes the session after `before` (NULL: the first). */
static struct session *unpark(struct sessions *sessions, struct session *before)
{
    struct session *session = before != NULL ? before->newer : sessions->parked;

    *(before != NULL ? &before->newer : &sessions->parked) = session->newer;
    if (sessions->parked_last == session) {
        sessions->parked_last = before;
    }
    return session;
}

static void end_parked(struct sessions *sessions, struct session *before)
{
    struct session *session = unpark(sessions, before);

    set_waiting(sessions, session, 0);
    session_finish(session);
}

/* One that is over on the wire and that nothing is waited for any longer. */
static void give_up_oldest(struct sessions *sessions)
{
    conversation_give_up(sessions->parked->conversation);
    end_parked(sessions, NULL);
}

static void give_up(struct sessions *sessions, struct session *session)
{
    conversation_give_up(session->conversation);
    session->over = true;
    set_waiting(sessions, session, 0);
}

void waiting_update(struct sessions *sessions, struct session *session)
{
    size_t bytes = conversation_waiting(session->conversation);

    if (bytes == 0 && session->waiting == 0) {
        return; /* nearly all */
    }
    set_waiting(sessions, session, bytes > 0 ? bytes + SESSION_COST : 0);
    while (sessions->waiting > sessions->max_waiting && sessions->parked != NULL) {
        give_up_oldest(sessions);
    }
    if (session->waiting > 0 && (sessions->waiting > sessions->max_waiting ||
                                 is_too_long(sessions, session, sessions->now->time.ns))) {
        give_up(sessions, session);
    }
}

void waiting_park(struct sessions *sessions, struct session *session)
{
    session->newer = NULL;
    session->older = NULL;
    *(sessions->parked_last != NULL ? &sessions->parked_last->newer : &sessions->parked) = session;
    sessions->parked_last = session;
}

static void retry_parked(struct sessions *sessions)
{
    struct session *before = NULL;
    struct session *session = sessions->parked;

    while (session != NULL) {
        struct session *next = session->newer;

        if (!conversation_retry(session->conversation) ||
            conversation_waiting(session->conversation) == 0) {
            end_parked(sessions, before);
        } else {
            before = session;
        }
        session = next;
    }
}

static void retry_open(struct sessions *sessions)
{
    struct session *session = sessions->newest;

    while (session != NULL) {
        struct session *next = session->older;

        if (session->waiting > 0) {
            session->over = !conversation_retry(session->conversation);
            waiting_update(sessions, session);
            if (session->over) {
                session_close(sessions, session->flow);
            }
        }
        session = next;
    }
}

void sessions_retry(struct sessions *sessions)
{
    if (sessions->waiting > 0) {
        retry_open(sessions);
        retry_parked(sessions);
    }
}

void sessions_expire(struct sessions *sessions, uint64_t now_ns)
{
    while (sessions->parked != NULL && is_too_long(sessions, sessions->parked, now_ns)) {
        give_up_oldest(sessions);
    }
}

void sessions_end(struct sessions *sessions)
{
    while (sessions->parked != NULL) {
        end_parked(sessions, NULL);
    }
}
