/*
 * der: elements of ASN.1 in DER (X.690), strictly: one whose length does not fit into what is there
 * is none.
 */
#ifndef BASICTAP_DISSECTORS_TLS_DER_H
#define BASICTAP_DISSECTORS_TLS_DER_H

#include "dissectors/base/bytes.h"

enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_OCTETS = 0x04,
    DER_OID = 0x06,
    DER_UTF8 = 0x0c,
    DER_NUMERIC = 0x12,
    DER_PRINTABLE = 0x13,
    DER_T61 = 0x14,
    DER_IA5 = 0x16,
    DER_VISIBLE = 0x1a,
    DER_UNIVERSAL = 0x1c,
    DER_BMP = 0x1e,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_CONTEXT = 0x80,  /* and the number; implicit and primitive */
    DER_EXPLICIT = 0xa0, /* and the number */
};

/* Any element of a tag of one octet. */
bool der_take(struct bytes *in, uint8_t *tag, struct bytes *content);

/* One of this tag. */
bool der_take_of(struct bytes *in, unsigned tag, struct bytes *content);

/* Skips the element if it is of this tag; false: it is damaged. */
bool der_skip_optional(struct bytes *in, unsigned tag);

#endif
