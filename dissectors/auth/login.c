#include "dissectors/auth/login.h"

#include "dissectors/base/text.h"

#include <string.h>

void login_clear(struct login *login)
{
    memset(login, 0, offsetof(struct login, user));
    login->user[0] = '\0';
}

void login_open(struct login *login, enum mechanism mechanism, const struct emitter *out)
{
    login_clear(login);
    login->mechanism = mechanism;
    login->answer_due = true;
    login->at = emitter_mark(out);
}

void login_complete(struct login *login, const struct emitter *out)
{
    login->complete = true;
    login->at = emitter_mark(out);
}

void login_gap(struct login *login)
{
    login->gapped = login_is_open(login) && !login->complete;
}

void login_leave(struct login *login)
{
    if (login->complete || login->gapped) {
        return;
    }
    login->gapped = login->answer_due;
    login->cancelled = !login->answer_due;
}

/* What the answer's words mean for this attempt in particular. */
static struct ruling ruling_of(const struct login *login, struct ruling ruling)
{
    bool refused = ruling.outcome == OUTCOME_REJECTED || ruling.outcome == OUTCOME_UNKNOWN;

    if (refused && login->token_refused) {
        return (struct ruling){OUTCOME_REJECTED, REASON_INVALID_TOKEN};
    }
    if (login->cancelled && ruling.outcome != OUTCOME_ACCEPTED) {
        return (struct ruling){OUTCOME_ABANDONED, REASON_NONE};
    }
    if (ruling.reason == REASON_WRONG_PASSWORD && login->num_messages == 0 && !login->gapped &&
        !login->prompted) {
        /* nothing was given that could be wrong: it is the mechanism that is refused */
        return (struct ruling){OUTCOME_BLOCKED, REASON_MECHANISM_UNSUPPORTED};
    }
    if (ruling.reason == REASON_WRONG_PASSWORD &&
        mechanism_family(login->mechanism) == FAMILY_MODERN) {
        ruling.reason = REASON_INVALID_TOKEN;
    }
    return ruling;
}

void login_close(struct login *login, const struct login_answer *answer, const struct emitter *out)
{
    struct event event;
    struct ruling ruling = ruling_of(login, answer->ruling);

    if (!login_is_open(login)) {
        return;
    }
    event_init(&event, EVENT_AUTH, answer->service, out);
    event.at = login->at;
    event.auth.mechanism = login->mechanism;
    event.auth.outcome = ruling.outcome;
    event.auth.reason = ruling.reason;
    event.auth.password_seen = login->password_seen;
    (void)text_copy(event.auth.user, sizeof(event.auth.user), login->user);
    (void)text_copy(event.auth.server_code, sizeof(event.auth.server_code), answer->code);
    if (login->has_domain) {
        (void)text_copy(event.auth.domain, sizeof(event.auth.domain), login->domain);
    } else {
        auth_split_domain(&event.auth);
    }
    if (answer->software != NULL) {
        (void)text_copy(event.auth.software, sizeof(event.auth.software), answer->software);
    }
    if (answer->hello != NULL) {
        (void)text_copy(event.auth.hello, sizeof(event.auth.hello), answer->hello);
    }
    emitter_emit(out, &event);
    login_clear(login);
}

void login_give_up(struct login *login, struct login_answer *answer, const struct emitter *out)
{
    answer->ruling = (struct ruling){OUTCOME_UNKNOWN, REASON_NONE};
    answer->code = "";
    if (login->complete || login->cancelled || login->gapped) {
        login_close(login, answer, out);
    }
    login_clear(login);
}
