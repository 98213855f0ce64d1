#include "dissectors/tls/follow.h"

bool follow_goes_on(const struct followed *followed)
{
    return followed != NULL && !followed->shape.is_over;
}

void follow_record(struct followed *followed, enum side from, const struct record *record,
                   const struct emitter *out)
{
    shape_record(&followed->shape, followed->model, from,
                 (struct shape_record){record->type, (uint16_t)record->body.len}, out->now);
}

void follow_hole(struct followed *followed, enum side from)
{
    shape_gap(&followed->shape, followed->model, from);
}

static void lose_place(struct followed *followed, enum side from)
{
    followed->searching[from] = true;
    follow_hole(followed, from);
}

/* Takes headers and passes over bodies. False: the view ends within what is next; *skip is how much
 * of a body lies behind it, *want what a header needs. */
static bool take_next(struct followed *followed, enum side from, struct bytes *in,
                      struct verdict *verdict, const struct emitter *out)
{
    struct record record;
    uint16_t len = 0;

    if (followed->searching[from]) {
        record_seek(in, followed->shape.session.is_tls13);
        followed->searching[from] = in->len < RECORD_HEADER;
    }
    switch (record_take_header(in, &record, &len)) {
    case RECORD_WHOLE:
        break;
    case RECORD_PART:
        verdict->want = RECORD_HEADER;
        return false;
    case RECORD_NONE:
        lose_place(followed, from);
        return take_skip(in, 1);
    }
    shape_record(&followed->shape, followed->model, from, (struct shape_record){record.type, len},
                 out->now);
    verdict->skip = len - bytes_first(*in, len).len;
    return take_skip(in, bytes_first(*in, len).len) && verdict->skip == 0;
}

struct verdict follow_side(struct followed *followed, enum side from, struct bytes in,
                           const struct emitter *out)
{
    struct verdict verdict = {.next = NEXT_SAME};
    struct bytes rest = in;

    while (rest.len > 0 && follow_goes_on(followed) &&
           take_next(followed, from, &rest, &verdict, out)) {
    }
    verdict.used = follow_goes_on(followed) ? in.len - rest.len : in.len;
    return verdict;
}

/* ---- as a dissector ---- */

static struct verdict feed(void *state, enum side from, struct bytes in, const struct emitter *out)
{
    struct verdict verdict = follow_side(state, from, in, out);

    return follow_goes_on(state) ? verdict : (struct verdict){.next = NEXT_ABANDON, .used = in.len};
}

static void gap(void *state, enum side from, uint64_t lost)
{
    (void)lost;
    lose_place(state, from);
}

const struct dissector follow_dissector = {
    .name = "tls",
    .service = SERVICE_UNKNOWN,
    .state_size = sizeof(struct followed),
    .max_pending = RECORD_HEADER + RECORD_MAX_BODY,
    .feed = feed,
    .gap = gap,
};
