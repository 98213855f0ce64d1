/*
 * record: the record layer of SSL 3 and TLS in clear (RFC 8446, section 5.1), and the handshake
 * messages that it carries in any number of pieces (section 4).
 */
#ifndef BASICTAP_DISSECTORS_TLS_RECORD_H
#define BASICTAP_DISSECTORS_TLS_RECORD_H

#include "dissectors/base/bytes.h"

enum {
    RECORD_HEADER = 5,
    RECORD_MAX_BODY = 16384 + 2048, /* TLS 1.2 allows this much expansion (RFC 5246, 6.2.3) */
    HANDSHAKE_MAX = 65536,          /* longest message that is put together again */
};

enum record_type {
    RECORD_CHANGE_CIPHER_SPEC = 20,
    RECORD_ALERT = 21,
    RECORD_HANDSHAKE = 22,
    RECORD_APPLICATION_DATA = 23,
};

enum handshake_type {
    HANDSHAKE_HELLO_REQUEST = 0,
    HANDSHAKE_CLIENT_HELLO = 1,
    HANDSHAKE_SERVER_HELLO = 2,
    HANDSHAKE_NEW_SESSION_TICKET = 4,
    HANDSHAKE_END_OF_EARLY_DATA = 5,
    HANDSHAKE_ENCRYPTED_EXTENSIONS = 8,
    HANDSHAKE_CERTIFICATE = 11,
    HANDSHAKE_CERTIFICATE_REQUEST = 13,
    HANDSHAKE_CLIENT_KEY_EXCHANGE = 16,
    HANDSHAKE_FINISHED = 20,
    HANDSHAKE_KEY_UPDATE = 24,
};

struct record {
    uint8_t type;
    uint16_t version;
    struct bytes body;
};

enum record_result {
    RECORD_WHOLE,
    RECORD_PART, /* a header so far, or its body is not all there; *want says how much is needed */
    RECORD_NONE, /* no record header */
};

/* Takes one record; unless it is whole, nothing is taken. A PART with a whole header sets type and
 * version. */
enum record_result record_take(struct bytes *in, struct record *record, size_t *want);

/* Takes the header of one, whose body may not be there yet; unless it is whole, nothing is taken.
 * The body of what is set is empty. */
enum record_result record_take_header(struct bytes *in, struct record *record, uint16_t *len);

/* Drops bytes until what is left may begin with a record, by its header and by the next one's where
 * that is there, or is shorter than a header. TLS 1.3 protects records of one type only. */
void record_seek(struct bytes *in, bool is_tls13);

/* Among protected records of TLS 1.3: a ChangeCipherSpec for show, or the alert of an end that has
 * no keys yet. What is longer was protected before it was damaged. */
bool record_is_clear13(const struct record *record);

/* A message that lies in several records. Zeroed is empty; whoever has it clears it. */
struct handshake {
    uint8_t *held;
    size_t len;
    size_t size;
};

enum handshake_result {
    HANDSHAKE_WHOLE,
    HANDSHAKE_PART,    /* the record's bytes are kept, the next record goes on */
    HANDSHAKE_REFUSED, /* longer than HANDSHAKE_MAX, or out of memory */
};

/* Takes the next message from what is left of a record; the message is valid until the next call.
 */
enum handshake_result handshake_take(struct handshake *handshake, struct bytes *record,
                                     uint8_t *type, struct bytes *message);
void handshake_clear(struct handshake *handshake);

#endif
