/*
 * makecapture: what the parts of the maker of benchmark captures share.
 *
 * The maker shares no code with the sensor: what measures and checks it must not have its faults.
 * One run makes one capture, so options, random numbers, clock and files are state of the program.
 * Same options and seed, same bytes: every random number is drawn in a statement of its own,
 * because the order in which a compiler evaluates arguments is its own choice.
 */
#ifndef BASICTAP_TESTS_BENCH_MAKECAPTURE_MAKECAPTURE_H
#define BASICTAP_TESTS_BENCH_MAKECAPTURE_MAKECAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The options of the command line; main.c has their words. Shares are between 0 and 1. */
struct options {
    const char *profile;
    const char *out;
    const char *truth;
    const char *keys;
    uint64_t seed;
    uint64_t packets;
    uint64_t flows;
    uint64_t sessions;
    uint64_t bytes;
    uint64_t live;
    double negatives;
    double fail;
    double split;
    double reorder;
    double retrans;
    double drop;
    double v6;
    double pps;
    uint64_t vlan; /* 0: no tag */
    bool wild;
};

/* What was made, for the line at the end. */
struct totals {
    uint64_t packets;
    uint64_t bytes;
    uint64_t flows;
    uint64_t logins;
    uint64_t basic;
    uint64_t sessions; /* that the key log opens */
    uint64_t content;  /* bytes of application data in these */
};

extern struct options options;
extern struct totals totals;

/* random.c */
enum { MAX_RANDOM = 65536 }; /* bytes that may be read where draw_bytes and random_bytes point */

void random_seed(uint64_t seed);
uint64_t draw(void);
uint32_t draw_below(uint32_t limit);
double draw_unit(void);
bool draw_chance(double share); /* draws nothing for a share of 0 */
uint32_t draw_pareto(uint32_t least, uint32_t most);
const uint8_t *draw_bytes(void);
const uint8_t *random_bytes(uint64_t at);
#define DRAW_ONE_OF(array) (array)[draw_below((uint32_t)(sizeof(array) / sizeof(*(array))))]

/* buffer.c: writing in network byte order. What does not fit ends the program: all is ours. */
enum { MAX_BUFFER = 8192 };

struct buffer {
    size_t len; /* the bytes behind it are not initialised */
    uint8_t at[MAX_BUFFER];
};

void put_u8(struct buffer *buffer, unsigned value);
void put_u16(struct buffer *buffer, unsigned value);
void put_u32(struct buffer *buffer, uint32_t value);
void put_bytes(struct buffer *buffer, const void *data, size_t len);
void put_buffer(struct buffer *buffer, const struct buffer *other);
void put_draws(struct buffer *buffer, size_t num_draws); /* 8 bytes each */
void put_text(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A length that is known later: begin_u16 leaves room, end_u16 fills it with what followed. */
size_t begin_u16(struct buffer *buffer);
void end_u16(struct buffer *buffer, size_t begin);
/* Writes the base64 of data as text; text has 4 bytes for each 3 that are begun, and 1. */
void base64_encode(const void *data, size_t len, char *text);

/* capture.c: the pcap file, and the clock that goes on with every packet */
void capture_open(const char *path);
void capture_put(const uint8_t *frame, size_t len);
uint64_t capture_now(void); /* nanoseconds */
void capture_close(void);

/* flow.c: two ends that say what their messages hold */
enum side { CLIENT, SERVER };
enum { MARK_CREDENTIAL = 1, MARK_REPLY = 2 };

struct message {
    uint32_t at; /* in the flow's text */
    uint32_t len;
    uint32_t split; /* the segment is cut here; 0: nowhere */
    uint8_t from;
    uint8_t marks;
    bool is_random; /* random bytes instead of text */
};

enum tcp_state {
    TCP_SYN,
    TCP_SYN_ACK,
    TCP_ACK,
    TCP_DATA,
    TCP_FIN,
    TCP_FIN_ANSWER,
    TCP_LAST_ACK,
    TCP_DONE,
    TCP_REFUSED_SYN, /* a SYN that meets a RST */
    TCP_RST
};

struct flow {
    const struct message *messages;
    const char *text;
    struct login *login; /* NULL: none */
    uint64_t id;
    uint8_t address[2][16]; /* indexed by side, as are those below */
    uint32_t seq[2];
    uint32_t time_offset[2];
    uint32_t time_sent[2]; /* the last TCP timestamp, for the other side to echo (RFC 7323) */
    uint16_t port[2];
    uint16_t ip_id[2];
    uint32_t num_messages;
    uint32_t next;   /* message */
    uint32_t offset; /* of what is sent of it */
    uint8_t unacked;
    uint8_t closer;
    uint8_t state;
    bool is_v6;
    bool is_udp;
    bool is_held;     /* a segment was overtaken by its successor and is still to come */
    bool is_borrowed; /* text and messages are shared */
    bool is_used;
};

typedef void (*make_fn)(struct flow *flow);

void flow_init(struct flow *flow, unsigned port, bool is_udp);
/* Sends one packet; false when the flow is over. */
bool flow_step(struct flow *flow);
void flow_randomize(struct flow *flow); /* its messages keep their lengths only */
void flow_clear(struct flow *flow);
uint32_t flow_client(const struct flow *flow); /* number of the client that it belongs to */

/* packet.c */
enum { FLAG_FIN = 1, FLAG_SYN = 2, FLAG_RST = 4, FLAG_PSH = 8, FLAG_ACK = 16 };

void packet_send(struct flow *flow, enum side from, unsigned flags, uint32_t seq,
                 const uint8_t *data, uint32_t len);

/* truth.c: what a sensor should say of a login */
struct login {
    const char *service;
    const char *method;
    bool is_basic;
    bool is_accepted;
    bool is_written;
    char user[48];
    char secret[24];
    char device[24];
    uint64_t packet; /* number of the one that completes the credential; 0: not yet */
    double time;
    unsigned num_credentials; /* how often it was sent by now */
};

void truth_open(const char *path);
struct login *truth_begin(struct flow *flow, const char *service, const char *method,
                          bool is_basic);
void truth_note(struct flow *flow, unsigned marks); /* a message with these marks was sent */
void truth_end(struct flow *flow);                  /* writes it if there is no answer */
void truth_drop(struct flow *flow);                 /* there is no login after all */
void truth_close(void);

/* dialogue.c: one is made at a time: begun, said, and given to its flow. A message that is returned
 * is valid until the next is said. */
enum { MAX_MESSAGES = 64 };

void dialogue_begin(void);
uint32_t dialogue_len(void); /* messages so far */
struct message *say(enum side from, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct message *say_buffer(enum side from, const struct buffer *buffer);
void say_more(const void *data, size_t len); /* added to the last message */
struct message *say_then_random(enum side from, const struct buffer *head, uint32_t num_random);
void mark_credential(struct message *message, uint32_t split_at);
void mark_reply(struct message *message);
void dialogue_end(struct flow *flow);

/* names.c */
enum { NUM_WEB_HOSTS = 16, NUM_MAIL_HOSTS = 8 };
extern const char *const web_hosts[NUM_WEB_HOSTS];
extern const char *const mail_hosts[NUM_MAIL_HOSTS];

/* tls.c, certificate.c, quic.c */
enum hello { HELLO_TLS12, HELLO_TLS13, HELLO_QUIC };

size_t begin_record(struct buffer *out, unsigned type, unsigned version);
size_t begin_handshake(struct buffer *out, unsigned type);
void put_change_cipher(struct buffer *out);
void put_certificate_of(struct buffer *out, const char *host);
void put_client_hello(struct buffer *out, const char *host, enum hello kind);
void put_server_hello(struct buffer *out, enum hello kind);
void put_certificate(struct buffer *out, const char *host);
void say_handshake(const char *host);
void say_records(enum side from, uint32_t len); /* opaque application data */
void quic_init(void);
void make_quic(struct flow *flow);

/* keys.c, sealed.c: sessions that a key log opens */
void keys_open(const char *path);
void keys_note(const char *label, const uint8_t client_random[32], const uint8_t secret[32]);
void keys_close(void);
void make_sealed_bulk(struct flow *flow);
void make_sealed_login(struct flow *flow);
void make_random_bulk(struct flow *flow);

/* bulk.c, dns.c */
void make_tls_idle(struct flow *flow);
void make_tls_bulk(struct flow *flow);
void make_tls_mail(struct flow *flow);
void make_http_bulk(struct flow *flow);
void make_imix(struct flow *flow);
void make_dns(struct flow *flow);

/* few.c: flows of a few packets that share their text */
void few_init(void);
void make_few(struct flow *flow);

/* login.c, imap.c, pop.c, smtp.c, http.c, negative.c: sessions with a login */
enum { MAX_WORD = 32, MAX_BASE64 = 400 };

void spell(char word[MAX_WORD], const char *keyword); /* in odd case if the options say so */
void sasl_plain(const struct login *login, char text[MAX_BASE64]);
void say_plain(const struct login *login, const char *before, const char *prompt);
void imap_greet(const char *capabilities);
void imap_answer(const struct login *login, const char *tag);
void make_imap(struct flow *flow);
void pop_answer(const struct login *login);
void make_pop(struct flow *flow);
void smtp_greet(const char *mechanisms);
void smtp_answer(const struct login *login);
void make_smtp(struct flow *flow);
enum http_service {
    HTTP_EAS,
    HTTP_EWS,
    HTTP_AUTODISCOVER,
    HTTP_MAPI,
    HTTP_RPC,
    HTTP_OAB,
    HTTP_OTHER
};
extern const char *const http_services[HTTP_OTHER + 1];
/* With the credential, or without if it is NULL; device is for HTTP_EAS. */
void say_request(const struct login *login, enum http_service service, unsigned number,
                 const char *device, const char *authorization);
struct message *say_200(void);
struct message *say_401(void);
void make_http_basic(struct flow *flow);
void make_negative(struct flow *flow);
void make_mail(struct flow *flow);
void make_mixed_mail(struct flow *flow);

/* profile.c */
bool profile_run(void); /* false: there is none of that name */

#endif
