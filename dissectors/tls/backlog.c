#include "dissectors/tls/backlog.h"

#include <stdlib.h>

static struct backlog_entry *append(struct backlog *backlog, enum side from, size_t len,
                                    const struct moment *at)
{
    struct backlog_entry *entry = malloc(sizeof(*entry) + len);

    if (entry == NULL) {
        return NULL;
    }
    *entry = (struct backlog_entry){.from = from, .at = *at};
    *(backlog->end != NULL ? backlog->end : &backlog->first) = entry;
    backlog->end = &entry->next;
    backlog->size += sizeof(*entry) + len;
    return entry;
}

bool backlog_put(struct backlog *backlog, enum side from, const struct record *record,
                 const struct moment *at)
{
    struct backlog_entry *entry = append(backlog, from, record->body.len, at);
    struct bytes body = record->body;

    if (entry == NULL) {
        return false;
    }
    entry->record = *record;
    entry->record.body = bytes_view(entry->body, body.len);
    return take_into(&body, entry->body, body.len);
}

bool backlog_put_hole(struct backlog *backlog, enum side from, uint64_t lost,
                      const struct moment *at)
{
    struct backlog_entry *entry = append(backlog, from, 0, at);

    if (entry == NULL) {
        return false;
    }
    entry->lost = lost;
    return true;
}

struct backlog_entry *backlog_take(struct backlog *backlog, struct backlog_entry **place)
{
    struct backlog_entry *entry = *place;

    *place = entry->next;
    if (backlog->end == &entry->next) {
        backlog->end = place;
    }
    backlog->size -= sizeof(*entry) + entry->record.body.len;
    return entry;
}

void backlog_clear(struct backlog *backlog)
{
    while (backlog->first != NULL) {
        free(backlog_take(backlog, &backlog->first));
    }
    *backlog = (struct backlog){0};
}
