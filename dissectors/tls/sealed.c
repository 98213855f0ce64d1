#include <stdlib.h>

#include "dissectors/tls/keystore.h"
#include "dissectors/tls/state.h"

bool sealed_read(struct tls_state *tls, enum side from, const struct record *record,
                 const struct emitter *out)
{
    struct opened opened;
    enum unlock unlock = unlock_record(tls, from, record, &opened);

    if (unlock == UNLOCKED) {
        content_opened(tls, from, &opened, out);
        bytes_wipe(tls->scratch, opened.plain.len);
    } else if (unlock == UNLOCK_REFUSED) {
        tls->over = true;
    } else if (unlock != UNLOCK_WAITS) { /* the right key with a wrong number deciphers too */
        bytes_wipe(tls->scratch, record->body.len);
    }
    if (unlock == UNLOCK_LOST) {
        tls_side_end(tls, from); /* what the other side says is still worth reading */
    }
    return unlock != UNLOCK_WAITS;
}

bool sealed_awaits_early(const struct tls_state *tls)
{
    return tls->early == EARLY_OFFERED && can_open(tls) &&
           keystore_find(tls->context->keystore, tls->params.client_random, SECRET_SERVER_HANDSHAKE)
                   .len > 0;
}

static bool has_hope(const struct tls_state *tls)
{
    return can_open(tls) && tls->params.has_client &&
           (tls->context->wait || sealed_awaits_early(tls));
}

enum tls_reading sealed_without_key(const struct tls_state *tls, enum side from)
{
    return tls->params.has_client &&
                   (tls->params.has_server || tls->sides[from].stage == STAGE_EARLY)
               ? TLS_READING_NO_KEY
               : TLS_READING_MIDWAY;
}

static bool has_room(struct tls_state *tls)
{
    if (tls->backlog.size <= tls->context->max_waiting) {
        return true;
    }
    tls_conclude(tls, TLS_READING_LATE);
    return false;
}

void sealed_wait(struct tls_state *tls, enum side from, const struct record *record,
                 const struct emitter *out)
{
    if (!has_hope(tls)) {
        if (tls->facts->reading == TLS_READING_NONE) {
            tls->facts->reading = sealed_without_key(tls, from);
        }
        tls_side_end(tls, from);
        return;
    }
    if (has_room(tls) && !backlog_put(&tls->backlog, from, record, out->now)) {
        tls_conclude(tls, TLS_READING_LATE);
    }
    if (tls->context->wait) {
        tls_say(tls, out); /* the hellos need not wait */
    }
}

/* Bytes of a side are missing before its next record. */
static void apply_hole(struct tls_state *tls, enum side from, uint64_t lost)
{
    struct tls_side *side = &tls->sides[from];

    handshake_clear(&side->handshake);
    side->uncertain = true;
    side->missing += lost;
}

void sealed_hole(struct tls_state *tls, enum side from, uint64_t lost, const struct moment *at)
{
    if (tls->backlog.first == NULL) {
        apply_hole(tls, from, lost);
    } else if (has_room(tls) && !backlog_put_hole(&tls->backlog, from, lost, at)) {
        tls_conclude(tls, TLS_READING_LATE);
    }
}

/* Only early data is passed by: whether the server takes it stands in records that come after it.
 */
void sealed_drain(struct tls_state *tls, const struct emitter *out)
{
    struct backlog_entry **place = &tls->backlog.first;

    tls->wakes = false;
    while (*place != NULL && !tls->over) {
        struct backlog_entry *entry = *place;
        bool early = entry->from == SIDE_CLIENT && tls->early == EARLY_OFFERED;
        bool done = true;

        tls->wakes = false;
        tls->outlet->date(tls->outlet_ctx, &entry->at);
        if (entry->record.type == 0) {
            apply_hole(tls, entry->from, entry->lost);
        } else if (!tls->sides[entry->from].over) {
            done = !early && sealed_read(tls, entry->from, &entry->record, out);
        }
        tls->outlet->date(tls->outlet_ctx, NULL);
        if (done) {
            free(backlog_take(&tls->backlog, place));
        } else if (early) {
            place = &entry->next;
        } else {
            return;
        }
        place = tls->wakes ? &tls->backlog.first : place;
    }
}
