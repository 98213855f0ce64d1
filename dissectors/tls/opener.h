/*
 * opener: takes the protection off the records of one direction, one after another
 * (RFC 8446, section 5.2; RFC 5246, section 6.2.3; RFC 7366; RFC 2246, section 6.2.3).
 */
#ifndef BASICTAP_DISSECTORS_TLS_OPENER_H
#define BASICTAP_DISSECTORS_TLS_OPENER_H

#include "dissectors/dissector.h"
#include "dissectors/tls/crypto.h"
#include "dissectors/tls/params.h"
#include "dissectors/tls/record.h"

struct opener;

/* TLS 1.3: from a traffic secret. NULL: no memory, or a secret of the wrong size. */
struct opener *opener_new_tls13(struct crypto *crypto, const struct suite *suite,
                                struct bytes secret);

/* TLS 1.0 to 1.2: the key block comes from the master secret and both randoms. NULL: no memory, or
 * a version that the suite is not for. */
struct opener *opener_new(struct crypto *crypto, const struct suite *suite,
                          const struct tls_params *params, const uint8_t master[TLS_MASTER_SIZE],
                          enum side from);
void opener_free(struct opener *opener); /* wipes; NULL is fine */

/*
 * Opens a record with the present sequence number. True: *plain is a view of out (at least
 * RECORD_MAX_BODY octets), padding is off, *type is the type of what it carries (TLS 1.3: the inner
 * one), and the next number is due. False: tag or MAC does not fit (wrong key, wrong number,
 * damage), nothing but out has changed and the same may be tried again with another number.
 * After a hole the first record of TLS 1.0 with CBC may be authentic and yet give an empty view:
 * its beginning is encrypted with what was lost.
 */
bool opener_open(struct opener *opener, const struct record *record, uint8_t *out,
                 struct bytes *plain, uint8_t *type);

/* Passes over a record that cannot be opened: the next number is due, and where records hang
 * together (CBC of TLS 1.0: the last block of one is the IV of the next) the next one may open. */
void opener_skip(struct opener *opener, const struct record *record);

uint64_t opener_sequence(const struct opener *opener);
void opener_set_sequence(struct opener *opener, uint64_t sequence);

/* TLS 1.3, after KeyUpdate: the next traffic secret, from sequence number 0 (RFC 8446,
 * section 7.2). */
bool opener_update(struct opener *opener);

/* By how much a record's body is longer than what it carries, without padding; 0: it varies (CBC).
 */
size_t opener_overhead(const struct opener *opener);

#endif
