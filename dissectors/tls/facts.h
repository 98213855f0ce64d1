/*
 * facts: what is known of TLS sessions of which nothing more will be known, packed, for as long as
 * they are followed. Sessions of one program with one server mostly say the same, and share it.
 */
#ifndef BASICTAP_DISSECTORS_TLS_FACTS_H
#define BASICTAP_DISSECTORS_TLS_FACTS_H

#include "dissectors/base/event.h"
#include "dissectors/base/hmap.h"

enum { FACTS_MAX = 65536 /* that differ and are held at the same time */ };

struct facts;
struct facts_table;

struct facts_table *facts_table_new(const uint8_t seed[HMAP_SEED_SIZE]); /* NULL: out of memory */
void facts_table_free(struct facts_table *table);                        /* NULL is fine */

/* Holds what the event says. NULL: out of memory, or FACTS_MAX are held. */
struct facts *facts_take(struct facts_table *table, const struct tls_event *tls);
void facts_give(struct facts_table *table, struct facts *facts); /* NULL is fine */

/* As it was taken. */
void facts_tell(const struct facts *facts, struct tls_event *tls);

size_t facts_count(const struct facts_table *table);     /* that differ */
uint64_t facts_refused(const struct facts_table *table); /* the times that none could be taken */

#endif
