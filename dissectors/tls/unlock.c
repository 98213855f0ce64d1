#include <string.h>

#include "dissectors/tls/keystore.h"
#include "dissectors/tls/state.h"

enum {
    MAX_FAILED = 64,      /* records in a row without success before a side is given up */
    MAX_WRONG = 4,        /* likewise, when no record ever opened: the key is another session's */
    MAX_AHEAD = 255,      /* numbers that are tried after a loss */
    MAX_TRIES = 4096,     /* records opened in vain, a side of a session */
    MAX_UPDATES = 64,     /* of a key, after which a lost one is not looked for */
    LEAST_EXPANSION = 16, /* of a record whose cipher's varies */
};

void unlock_restart(struct tls_side *side, enum stage stage)
{
    opener_free(side->opener);
    side->opener = NULL;
    side->stage = stage;
    side->updates = 0;
}

/* ---- keys ---- */

static struct bytes secret_of(const struct tls_state *tls, enum side from, enum stage stage)
{
    enum secret_label label = SECRET_CLIENT_EARLY;

    if (stage == STAGE_HANDSHAKE) {
        label = from == SIDE_CLIENT ? SECRET_CLIENT_HANDSHAKE : SECRET_SERVER_HANDSHAKE;
    } else if (stage == STAGE_APPLICATION) {
        label = from == SIDE_CLIENT ? SECRET_CLIENT_TRAFFIC : SECRET_SERVER_TRAFFIC;
    }
    return keystore_find(tls->context->keystore, tls->params.client_random, label);
}

/* A session that is taken up again has the master secret of the one before. */
static bool recall_master(struct tls_state *tls)
{
    const struct tls_params *params = &tls->params;
    struct bytes id = bytes_view(params->session_id, params->session_id_len);
    struct bytes offered = bytes_view(params->offered_id, params->offered_id_len);

    if (id.len > 0 && bytes_equal(id, offered) &&
        keystore_recall(tls->context->keystore, id, tls->master)) {
        return true;
    }
    return params->offered_ticket &&
           keystore_recall(tls->context->keystore,
                           bytes_view(params->ticket_name, sizeof(params->ticket_name)),
                           tls->master);
}

static bool find_master(struct tls_state *tls)
{
    struct bytes logged;

    if (!tls->has_master) {
        logged = keystore_find(tls->context->keystore, tls->params.client_random, SECRET_MASTER);
        tls->has_master =
            take_into(&logged, tls->master, sizeof(tls->master)) || recall_master(tls);
    }
    return tls->has_master;
}

/* NULL: the key is not there. */
static struct opener *make_opener(struct tls_state *tls, enum side from, enum stage stage)
{
    struct bytes secret;

    if (!is_tls13(tls)) {
        return find_master(tls)
                   ? opener_new(tls->context->crypto, tls->suite, &tls->params, tls->master, from)
                   : NULL;
    }
    secret = secret_of(tls, from, stage);
    return secret.len > 0 ? opener_new_tls13(tls->context->crypto, tls->suite, secret) : NULL;
}

/* Records whose key is missing, or that the server refused, come before those that can be opened:
 * they are passed over by trial. */
static void pass_over(struct tls_side *side, enum stage stage)
{
    unlock_restart(side, stage);
    side->uncertain = true;
    side->passing = true;
}

static bool has_opener(struct tls_state *tls, enum side from)
{
    struct tls_side *side = &tls->sides[from];

    if (side->opener == NULL) {
        side->opener = make_opener(tls, from, side->stage);
    }
    if (side->opener == NULL && side->stage == STAGE_EARLY) {
        pass_over(side, STAGE_HANDSHAKE);
        side->opener = make_opener(tls, from, STAGE_HANDSHAKE);
    }
    if (side->opener == NULL && side->stage == STAGE_HANDSHAKE &&
        secret_of(tls, from, STAGE_APPLICATION).len > 0) {
        pass_over(side, STAGE_APPLICATION);
        side->opener = make_opener(tls, from, STAGE_APPLICATION);
    }
    return side->opener != NULL;
}

/* ---- numbers ---- */

/* How many records the missing bytes can have been, at most. */
static uint64_t most_missing(const struct tls_side *side, const struct opener *opener)
{
    size_t overhead = opener_overhead(opener);
    uint64_t most = side->missing / (RECORD_HEADER + (overhead > 0 ? overhead : LEAST_EXPANSION));

    return most < MAX_AHEAD ? most : MAX_AHEAD;
}

static bool open_ahead(struct tls_state *tls, struct tls_side *side, struct opener *opener,
                       const struct record *record, struct opened *opened)
{
    uint64_t most = side->uncertain ? most_missing(side, opener) : 0;
    uint64_t first = opener_sequence(opener);

    for (opened->ahead = 0; opened->ahead <= most; opened->ahead++) {
        opener_set_sequence(opener, first + opened->ahead);
        if (opener_open(opener, record, tls->scratch, &opened->plain, &opened->type)) {
            return true;
        }
        if (++side->tries >= MAX_TRIES) {
            break;
        }
    }
    opener_set_sequence(opener, first);
    return false;
}

/* The key of application data after so many updates; NULL: it is not there. */
static struct opener *make_updated(struct tls_state *tls, enum side from, uint32_t updates)
{
    struct opener *opener =
        updates <= MAX_UPDATES ? make_opener(tls, from, STAGE_APPLICATION) : NULL;

    for (uint32_t i = 0; i < updates && opener != NULL; i++) {
        if (!opener_update(opener)) {
            opener_free(opener);
            opener = NULL;
        }
    }
    return opener;
}

/* The last message under a key may be among what was lost: the next key is tried, of the next stage
 * or after one more update. */
static bool open_later_stage(struct tls_state *tls, enum side from, const struct record *record,
                             struct opened *opened)
{
    struct tls_side *side = &tls->sides[from];
    bool is_last = side->stage == STAGE_APPLICATION;
    enum stage first = is_last ? STAGE_APPLICATION : side->stage + 1;
    uint32_t updates = is_last ? side->updates + 1 : 0;

    for (enum stage stage = first; stage <= STAGE_APPLICATION; stage++) {
        struct opener *opener =
            is_last ? make_updated(tls, from, updates) : make_opener(tls, from, stage);

        if (opener != NULL && open_ahead(tls, side, opener, record, opened)) {
            unlock_restart(side, stage);
            side->opener = opener;
            side->updates = updates;
            return true;
        }
        opener_free(opener);
    }
    return false;
}

/* What the lost records carried, if their number tells: exact without padding. */
static uint64_t plain_missing(const struct tls_side *side, uint64_t records)
{
    uint64_t expansion = records * (RECORD_HEADER + opener_overhead(side->opener));

    return opener_overhead(side->opener) > 0 && records > 0 && side->missing >= expansion
               ? side->missing - expansion
               : side->missing;
}

static enum unlock on_failure(struct tls_state *tls, struct tls_side *side,
                              const struct record *record)
{
    uint32_t most = side->has_opened || side->passing ? MAX_FAILED : MAX_WRONG;
    uint64_t number = opener_sequence(side->opener);

    handshake_clear(&side->handshake);
    opener_skip(side->opener, record);
    opener_set_sequence(side->opener, number); /* it may have been none, or several */
    side->uncertain = true;
    if (!side->passing) {
        side->missing += RECORD_HEADER + record->body.len;
    }
    if (++side->failed < most && side->tries < MAX_TRIES) {
        return UNLOCK_FAILED;
    }
    if (tls->facts->reading != TLS_READING_DECRYPTED) {
        tls->facts->reading = side->has_opened ? TLS_READING_GAP : TLS_READING_WRONG_KEY;
    }
    return UNLOCK_LOST;
}

static enum unlock open_record(struct tls_state *tls, enum side from, const struct record *record,
                               struct opened *opened)
{
    struct tls_side *side = &tls->sides[from];
    bool later = false;

    if (!open_ahead(tls, side, side->opener, record, opened)) {
        later = side->uncertain && is_tls13(tls) && open_later_stage(tls, from, record, opened);
        if (!later) {
            return on_failure(tls, side, record);
        }
    }
    opened->lost = later ? side->missing : plain_missing(side, opened->ahead);
    side->uncertain = false;
    side->passing = false;
    side->has_opened = true;
    side->failed = 0;
    side->missing = 0;
    return UNLOCKED;
}

/* ---- what can be read at all ---- */

static bool is_readable(struct tls_state *tls)
{
    if (tls->params.compression != 0) {
        tls->facts->reading = TLS_READING_COMPRESSED;
        return false;
    }
    if (tls->params.version < TLS_VERSION_10 || tls->suite == NULL ||
        tls->suite->tls13 != is_tls13(tls)) {
        tls->facts->reading = TLS_READING_UNSUPPORTED;
        return false;
    }
    return true;
}

enum unlock unlock_record(struct tls_state *tls, enum side from, const struct record *record,
                          struct opened *opened)
{
    struct tls_side *side = &tls->sides[from];

    *opened = (struct opened){0};
    if (tls->params.has_server && !is_readable(tls)) {
        return UNLOCK_REFUSED;
    }
    if (side->opener != NULL) { /* also while a renegotiation has only half its hellos */
        return open_record(tls, from, record, opened);
    }
    if (!can_open(tls) || !tls->params.has_client || !tls->params.has_server) {
        return UNLOCK_WAITS;
    }
    if (side->stage == STAGE_EARLY) {
        if (tls->early == EARLY_OFFERED) {
            return UNLOCK_WAITS; /* until the server has said whether it takes them */
        }
        if (tls->early == EARLY_REFUSED) {
            pass_over(side, STAGE_HANDSHAKE); /* the client says it all again */
        }
    }
    return has_opener(tls, from) ? open_record(tls, from, record, opened) : UNLOCK_WAITS;
}
