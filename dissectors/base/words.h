/*
 * words: the closed vocabularies of what we publish. The order of a list is the order of its enum;
 * the second column is the published word. `x_word` gives the word, `x_parse` the value of a word.
 */
#ifndef BASICTAP_DISSECTORS_BASE_WORDS_H
#define BASICTAP_DISSECTORS_BASE_WORDS_H

#include "dissectors/base/bytes.h"

#define SERVICES(X)                                                                                \
    X(SERVICE_UNKNOWN, "unknown")                                                                  \
    X(SERVICE_EAS, "eas")                                                                          \
    X(SERVICE_EWS, "ews")                                                                          \
    X(SERVICE_MAPI, "mapi")                                                                        \
    X(SERVICE_RPC, "rpc")                                                                          \
    X(SERVICE_OAB, "oab")                                                                          \
    X(SERVICE_AUTODISCOVER, "autodiscover")                                                        \
    X(SERVICE_POWERSHELL, "powershell")                                                            \
    X(SERVICE_REPORTING, "reporting")                                                              \
    X(SERVICE_OUTLOOK_SERVICE, "outlook_service")                                                  \
    X(SERVICE_OWA, "owa")                                                                          \
    X(SERVICE_ECP, "ecp")                                                                          \
    X(SERVICE_MRSPROXY, "mrsproxy")                                                                \
    X(SERVICE_SHAREPOINT, "sharepoint")                                                            \
    X(SERVICE_IMAP, "imap")                                                                        \
    X(SERVICE_POP, "pop")                                                                          \
    X(SERVICE_SMTP, "smtp")                                                                        \
    X(SERVICE_HTTP, "http")                                                                        \
    X(SERVICE_PROXY, "proxy")

#define MECHANISMS(X)                                                                              \
    X(MECHANISM_UNKNOWN, "unknown", FAMILY_UNKNOWN)                                                \
    X(MECHANISM_IMAP_LOGIN, "imap-login", FAMILY_BASIC)                                            \
    X(MECHANISM_SASL_PLAIN, "sasl-plain", FAMILY_BASIC)                                            \
    X(MECHANISM_SASL_LOGIN, "sasl-login", FAMILY_BASIC)                                            \
    X(MECHANISM_SASL_XOAUTH2, "sasl-xoauth2", FAMILY_MODERN)                                       \
    X(MECHANISM_SASL_OAUTHBEARER, "sasl-oauthbearer", FAMILY_MODERN)                               \
    X(MECHANISM_SASL_NTLM, "sasl-ntlm", FAMILY_INTEGRATED)                                         \
    X(MECHANISM_SASL_GSSAPI, "sasl-gssapi", FAMILY_INTEGRATED)                                     \
    X(MECHANISM_SASL_CRAM_MD5, "sasl-cram-md5", FAMILY_CHALLENGE)                                  \
    X(MECHANISM_SASL_DIGEST_MD5, "sasl-digest-md5", FAMILY_CHALLENGE)                              \
    X(MECHANISM_SASL_SCRAM, "sasl-scram", FAMILY_CHALLENGE)                                        \
    X(MECHANISM_SASL_EXTERNAL, "sasl-external", FAMILY_CERTIFICATE)                                \
    X(MECHANISM_POP_USER_PASS, "pop-user-pass", FAMILY_BASIC)                                      \
    X(MECHANISM_POP_APOP, "pop-apop", FAMILY_CHALLENGE)                                            \
    X(MECHANISM_HTTP_BASIC, "http-basic", FAMILY_BASIC)                                            \
    X(MECHANISM_HTTP_BEARER, "http-bearer", FAMILY_MODERN)                                         \
    X(MECHANISM_HTTP_NTLM, "http-ntlm", FAMILY_INTEGRATED)                                         \
    X(MECHANISM_HTTP_NEGOTIATE_KERBEROS, "http-negotiate-kerberos", FAMILY_INTEGRATED)             \
    X(MECHANISM_HTTP_NEGOTIATE_NTLM, "http-negotiate-ntlm", FAMILY_INTEGRATED)                     \
    X(MECHANISM_HTTP_DIGEST, "http-digest", FAMILY_CHALLENGE)                                      \
    X(MECHANISM_RPC_NTLM, "rpc-ntlm", FAMILY_INTEGRATED)                                           \
    X(MECHANISM_RPC_KERBEROS, "rpc-kerberos", FAMILY_INTEGRATED)                                   \
    X(MECHANISM_RPC_NEGOTIATE, "rpc-negotiate", FAMILY_INTEGRATED)                                 \
    X(MECHANISM_WS_SECURITY, "ws-security", FAMILY_UNKNOWN)                                        \
    X(MECHANISM_CLIENT_CERT, "client-cert", FAMILY_CERTIFICATE)                                    \
    X(MECHANISM_NONE, "none", FAMILY_NONE)                                                         \
    X(MECHANISM_SOCKS_USER_PASS, "other", FAMILY_BASIC) /* RFC 1929, given to a proxy itself */    \
    X(MECHANISM_OTHER, "other", FAMILY_UNKNOWN)

#define FAMILIES(X)                                                                                \
    X(FAMILY_UNKNOWN, "unknown")                                                                   \
    X(FAMILY_BASIC, "basic")                                                                       \
    X(FAMILY_MODERN, "modern")                                                                     \
    X(FAMILY_INTEGRATED, "integrated")                                                             \
    X(FAMILY_CHALLENGE, "challenge")                                                               \
    X(FAMILY_CERTIFICATE, "certificate")                                                           \
    X(FAMILY_NONE, "none")

#define OUTCOMES(X)                                                                                \
    X(OUTCOME_UNKNOWN, "unknown")                                                                  \
    X(OUTCOME_ACCEPTED, "accepted")                                                                \
    X(OUTCOME_REJECTED, "rejected")     /* wrong password */                                       \
    X(OUTCOME_BLOCKED, "blocked")       /* policy: Basic is off, already broken */                 \
    X(OUTCOME_CHALLENGED, "challenged") /* more is wanted: a first leg, an anonymous 401, MFA */   \
    X(OUTCOME_ABANDONED, "abandoned")

#define REASONS(X)                                                                                 \
    X(REASON_NONE, "")                                                                             \
    X(REASON_WRONG_PASSWORD, "wrong-password")                                                     \
    X(REASON_BASIC_DISABLED, "basic-disabled")                                                     \
    X(REASON_SMTP_AUTH_DISABLED, "smtp-auth-disabled")                                             \
    X(REASON_SECURITY_DEFAULTS, "security-defaults")                                               \
    X(REASON_MFA_REQUIRED, "mfa-required")                                                         \
    X(REASON_ACCOUNT_LOCKED, "account-locked")                                                     \
    X(REASON_ACCOUNT_DISABLED, "account-disabled")                                                 \
    X(REASON_PASSWORD_EXPIRED, "password-expired")                                                 \
    X(REASON_MAILBOX_UNAVAILABLE,                                                                  \
      "mailbox-unavailable") /* the password was right, the mailbox is refused */                  \
    X(REASON_TLS_REQUIRED, "tls-required")                                                         \
    X(REASON_TLS_TOO_OLD, "tls-too-old")                                                           \
    X(REASON_INVALID_TOKEN, "invalid-token")                                                       \
    X(REASON_MECHANISM_UNSUPPORTED, "mechanism-unsupported")                                       \
    X(REASON_NOT_PROVISIONED, "not-provisioned")                                                   \
    X(REASON_DEVICE_BLOCKED, "device-blocked")                                                     \
    X(REASON_REDIRECTED, "redirected")                                                             \
    X(REASON_SERVER_ERROR, "server-error")                                                         \
    X(REASON_THROTTLED, "throttled")                                                               \
    X(REASON_PROTOCOL_ERROR, "protocol-error")                                                     \
    X(REASON_UNCLEAR, "unclear")

#define CERTAINTIES(X)                                                                             \
    X(CERTAINTY_OBSERVED, "observed")                                                              \
    X(CERTAINTY_DECRYPTED, "decrypted")                                                            \
    X(CERTAINTY_INFERRED, "inferred")                                                              \
    X(CERTAINTY_POSSIBLE, "possible")

#define TRANSPORTS(X)                                                                              \
    X(TRANSPORT_CLEAR, "clear")                                                                    \
    X(TRANSPORT_STARTTLS, "starttls")                                                              \
    X(TRANSPORT_TLS, "tls")                                                                        \
    X(TRANSPORT_QUIC, "quic")

#define TUNNELS(X)                                                                                 \
    X(TUNNEL_NONE, "")                                                                             \
    X(TUNNEL_CONNECT, "connect")                                                                   \
    X(TUNNEL_SOCKS, "socks")

/* What could be read of a TLS session, and why no more. */
#define TLS_READINGS(X)                                                                            \
    X(TLS_READING_NONE, "")                   /* no TLS, or not yet known */                       \
    X(TLS_READING_DECRYPTED, "decrypted")     /* application data was opened */                    \
    X(TLS_READING_NO_KEY, "no-key")           /* no key was given for it */                        \
    X(TLS_READING_LATE, "late")               /* what waited for a key was given up */             \
    X(TLS_READING_WRONG_KEY, "wrong-key")     /* the key that was given does not open it */        \
    X(TLS_READING_UNSUPPORTED, "unsupported") /* a cipher or version that is not read */           \
    X(TLS_READING_COMPRESSED, "compressed")   /* records are compressed, which is refused */       \
    X(TLS_READING_GAP, "gap")       /* bytes are missing, and no record was found after */         \
    X(TLS_READING_MIDWAY, "midway") /* the handshake was not seen */

/* How a TLS session takes up an earlier one. */
#define TLS_RESUMPTIONS(X)                                                                         \
    X(TLS_RESUMPTION_NONE, "")                                                                     \
    X(TLS_RESUMPTION_SESSION_ID, "session-id")                                                     \
    X(TLS_RESUMPTION_TICKET, "ticket")                                                             \
    X(TLS_RESUMPTION_PSK, "psk")

/* What the shape of an encrypted session says of the login in it. */
#define INFERENCES(X)                                                                              \
    X(INFERENCE_UNDECIDED, "undecided")                                                            \
    X(INFERENCE_PASSWORD, "password")                                                              \
    X(INFERENCE_TOKEN, "token")                                                                    \
    X(INFERENCE_TOKEN_OR_TICKET, "token-or-ticket") /* on-premises, where Kerberos is as long */   \
    X(INFERENCE_CHALLENGE_RESPONSE, "challenge-response")                                          \
    X(INFERENCE_BASIC_LIKELY, "basic-likely") /* HTTP: no token, and signs of a password */        \
    X(INFERENCE_NO_LOGIN, "none")

#define TARGETS(X)                                                                                 \
    X(TARGET_UNKNOWN, "unknown")                                                                   \
    X(TARGET_ONLINE, "exchange-online")                                                            \
    X(TARGET_CONSUMER, "exchange-online-consumer")                                                 \
    X(TARGET_ONPREM, "exchange-onprem")                                                            \
    X(TARGET_OTHER, "other")

#define WORD_VALUE(value, word)              value,
#define MECHANISM_VALUE(value, word, family) value,
enum service { SERVICES(WORD_VALUE) NUM_SERVICES };
enum mechanism { MECHANISMS(MECHANISM_VALUE) NUM_MECHANISMS };
enum family { FAMILIES(WORD_VALUE) NUM_FAMILIES };
enum outcome { OUTCOMES(WORD_VALUE) NUM_OUTCOMES };
enum reason { REASONS(WORD_VALUE) NUM_REASONS };
enum certainty { CERTAINTIES(WORD_VALUE) NUM_CERTAINTIES };
enum transport { TRANSPORTS(WORD_VALUE) NUM_TRANSPORTS };
enum tunnel { TUNNELS(WORD_VALUE) NUM_TUNNELS };
enum tls_reading { TLS_READINGS(WORD_VALUE) NUM_TLS_READINGS };
enum tls_resumption { TLS_RESUMPTIONS(WORD_VALUE) NUM_TLS_RESUMPTIONS };
enum inference_verdict { INFERENCES(WORD_VALUE) NUM_INFERENCES };
enum target { TARGETS(WORD_VALUE) NUM_TARGETS };
#undef MECHANISM_VALUE
#undef WORD_VALUE

/* The word of a value; an out-of-range value gives "unknown". */
const char *service_word(unsigned value);
const char *mechanism_word(unsigned value);
const char *family_word(unsigned value);
const char *outcome_word(unsigned value);
const char *reason_word(unsigned value);
const char *certainty_word(unsigned value);
const char *transport_word(unsigned value);
const char *tunnel_word(unsigned value);
const char *tls_reading_word(unsigned value);
const char *tls_resumption_word(unsigned value);
const char *inference_word(unsigned value);
const char *target_word(unsigned value);

bool service_parse(struct bytes word, enum service *service);
bool target_parse(struct bytes word, enum target *target);

enum family mechanism_family(enum mechanism mechanism);

#endif
