#include <string.h>

#include "dissectors/base/spares.h"
#include "dissectors/conversation_part.h"
#include "dissectors/tls/follow.h"

/* RFC 7595 registers imap and pop3; SMTP has none. */
static enum service service_of_alpn(const struct tls_event *tls)
{
    struct bytes offered = bytes_of_text(tls->alpn_offered);

    if (bytes_has_nocase(offered, BYTES("imap"))) {
        return SERVICE_IMAP;
    }
    if (bytes_has_nocase(offered, BYTES("pop3"))) {
        return SERVICE_POP;
    }
    return tls_offers_http(tls) ? SERVICE_HTTP : SERVICE_UNKNOWN;
}

/* TLS 1.3 hides what was chosen: then h2 is taken for chosen where it was offered. */
static bool is_http2(const struct tls_event *tls)
{
    const char *shown = tls->next_protocol[0] != '\0' ? tls->next_protocol : tls->alpn_offered;

    return bytes_has_nocase(bytes_of_text(shown), BYTES("h2"));
}

/* A tunnel's target says more than the names in the session: it has a port. */
static struct endpoint find_endpoint(const struct conversation *conversation)
{
    const struct context *context = conversation->context;
    const char *target = conversation->tunnel_target;
    struct endpoint tunnelled = {0};
    struct endpoint endpoint = {0};

    if (context->endpoint == NULL) {
        return endpoint;
    }
    context->endpoint(context->endpoint_ctx, conversation->tls->hello.server_name,
                      target == NULL ? conversation->origin : NULL, &endpoint);
    if (target != NULL) {
        context->endpoint(context->endpoint_ctx, target, NULL, &tunnelled);
        endpoint.service =
            tunnelled.service != SERVICE_UNKNOWN ? tunnelled.service : endpoint.service;
        endpoint.target = endpoint.target != TARGET_UNKNOWN ? endpoint.target : tunnelled.target;
        endpoint.is_wanted = endpoint.is_wanted || tunnelled.is_wanted;
    }
    return endpoint;
}

/* STARTTLS was said in a protocol; else ALPN knows better than the port. */
static enum service find_service(const struct conversation *conversation,
                                 const struct endpoint *endpoint)
{
    enum service named = service_of_alpn(&conversation->tls->hello);

    if (conversation->starter != NULL) {
        return conversation->starter->service;
    }
    if (named != SERVICE_UNKNOWN) {
        return named;
    }
    return shape_is_mail(endpoint->service) || endpoint->service == SERVICE_UNKNOWN
               ? endpoint->service
               : SERVICE_HTTP;
}

struct followed *watch_begin(void *ctx, const struct shape_session *measured)
{
    struct conversation *conversation = ctx;
    struct endpoint endpoint = find_endpoint(conversation);
    struct shape_session session = *measured;

    session.service = find_service(conversation, &endpoint);
    session.target = endpoint.target;
    session.is_starttls = conversation->starter != NULL;
    session.is_http2 = is_http2(&conversation->tls->hello);
    session.offered = session.is_starttls ? conversation->offered : 0;
    if (shape_is_mail(session.service) || (session.service == SERVICE_HTTP && endpoint.is_wanted)) {
        conversation->followed = spares_take(conversation->spares, sizeof(*conversation->followed));
    }
    if (conversation->followed != NULL) {
        conversation->followed->model = conversation->context->shapes;
        shape_begin(&conversation->followed->shape, &session);
    }
    return conversation->followed;
}

/* False: what was read of it does not tell what logins it had. */
static bool compare(const struct conversation *conversation, const struct truth *truth,
                    struct inference *inference)
{
    if (truth->families == 0 && conversation->fate != SESSION_READABLE) {
        return false;
    }
    inference->is_checked = true;
    inference->truth_families = truth->families;
    inference->truth = truth->mechanism;
    inference->truth_outcome = truth->outcome;
    return true;
}

static void tell(struct conversation *conversation, const struct inference *inference,
                 enum outcome outcome)
{
    const struct followed *followed = conversation->followed;
    const struct shape *shape = &followed->shape;
    struct tls_event tls;
    struct event event;

    event_init(&event, EVENT_AUTH, shape->session.service, &conversation->annotating);
    if (shape->at.time.ns != 0) {
        event.at = shape->at;
    }
    if (followed->facts != NULL) {
        facts_tell(followed->facts, &tls);
    }
    event.tls = followed->facts != NULL ? &tls : &conversation->tls->hello;
    event.inference = inference;
    event.auth.mechanism =
        inference->verdict == INFERENCE_NO_LOGIN ? MECHANISM_NONE : MECHANISM_OTHER;
    event.auth.outcome = outcome;
    emitter_emit(&conversation->annotating, &event);
}

void watch_drop(struct conversation *conversation)
{
    struct followed *followed = conversation->followed;

    facts_give(conversation->context->facts, followed->facts);
    spares_give(conversation->spares, followed, sizeof(*followed));
    conversation->followed = NULL;
}

void watch_end(struct conversation *conversation, const struct truth *truth)
{
    struct followed *followed = conversation->followed;
    struct inference inference;
    enum outcome outcome;

    if (followed == NULL) {
        return;
    }
    if (shape_judge(&followed->shape, followed->model, &inference, &outcome) &&
        (truth == NULL || compare(conversation, truth, &inference))) {
        tell(conversation, &inference, outcome);
    }
    watch_drop(conversation);
}
