/*
 * Any dialogue of lengths, judged by the model that is installed. Four bytes say what the session
 * is, then three are a record: who and what, and its length (big-endian). The same records with
 * their bodies cut off differently do not exist here: follow.c sees headers alone.
 */
#include <stdlib.h>
#include <string.h>

#include "dissectors/base/bytes.h"
#include "dissectors/tls/shape.h"
#include "dissectors/tls/shape_model.h"
#include "tests/support/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SERVER = 1, GAP = 2, ALERT = 4 };

static const struct shape_model *installed(void)
{
    static struct shape_model model;
    static bool is_read;
    struct diag diag;

    if (!is_read && !model_load(&model, &diag)) {
        abort();
    }
    is_read = true;
    return &model;
}

static void demand(bool claim)
{
    if (!claim) {
        abort();
    }
}

static void judge(const struct shape *shape, const struct shape_model *model)
{
    struct inference inference;
    enum outcome outcome;

    if (shape_judge(shape, model, &inference, &outcome)) {
        demand(inference.verdict < NUM_INFERENCES && outcome < NUM_OUTCOMES);
        demand(inference.confidence >= 0 && inference.confidence <= 1);
        demand(inference.outcome_confidence >= 0 && inference.outcome_confidence <= 1);
        demand(memchr(inference.evidence, '\0', sizeof(inference.evidence)) != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum service services[] = {SERVICE_IMAP, SERVICE_POP, SERVICE_SMTP, SERVICE_HTTP};
    const struct shape_model *model = installed();
    struct bytes in = bytes_view(data, size);
    struct moment now = {.time = {1}};
    struct shape_session session = {0};
    struct shape shape;
    uint8_t service, flags, overhead, slack, what;
    uint16_t len;

    if (!take_u8(&in, &service) || !take_u8(&in, &flags) || !take_u8(&in, &overhead) ||
        !take_u8(&in, &slack)) {
        return 0;
    }
    session.service = services[service % 4];
    session.target = (enum target)(service / 4 % NUM_TARGETS);
    session.is_tls13 = (flags & 1) != 0;
    session.is_starttls = (flags & 2) != 0;
    session.is_http2 = (flags & 4) != 0;
    session.overhead = overhead;
    session.slack = slack < overhead ? slack : overhead;
    shape_begin(&shape, &session);
    while (take_u8(&in, &what) && take_u16(&in, &len)) {
        enum side from = (what & SERVER) != 0 ? SIDE_SERVER : SIDE_CLIENT;
        uint8_t type = (what & ALERT) != 0 ? 21 : 23;

        if ((what & GAP) != 0) {
            shape_gap(&shape, model, from);
        } else {
            shape_record(&shape, model, from, (struct shape_record){type, len}, &now);
        }
        demand(shape.num <= SHAPE_MAX_MESSAGES);
        judge(&shape, model);
    }
    return 0;
}
