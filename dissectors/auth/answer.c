#include "dissectors/auth/answer.h"

/* Answers are short; what a hostile server adds is not searched. */
enum { MAX_TEXT = 1024 };

struct phrase {
    const char *words;
    enum outcome outcome;
    enum reason reason;
};

/* The first that is found decides, so that what is said beside a general refusal comes first. */
static const struct phrase phrases[] = {
    /* Exchange Online */
    {"BasicAuthBlocked", OUTCOME_BLOCKED, REASON_BASIC_DISABLED},
    {"basic authentication is disabled", OUTCOME_BLOCKED, REASON_BASIC_DISABLED},
    {"basic authentication is not supported", OUTCOME_BLOCKED, REASON_BASIC_DISABLED},
    {"SmtpClientAuthentication is disabled", OUTCOME_BLOCKED, REASON_SMTP_AUTH_DISABLED},
    {"smtp_auth_disabled", OUTCOME_BLOCKED, REASON_SMTP_AUTH_DISABLED},
    {"security defaults", OUTCOME_BLOCKED, REASON_SECURITY_DEFAULTS},
    {"did not meet the criteria", OUTCOME_UNKNOWN, REASON_UNCLEAR},
    {"TLS 1.0 and 1.1 are not supported", OUTCOME_BLOCKED, REASON_TLS_TOO_OLD},
    {"authenticated but not connected", OUTCOME_ACCEPTED, REASON_MAILBOX_UNAVAILABLE},
    {"AppPasswordRequired", OUTCOME_CHALLENGED, REASON_MFA_REQUIRED},
    /* Google, Yahoo, Apple, Fastmail */
    {"application-specific password", OUTCOME_CHALLENGED, REASON_MFA_REQUIRED},
    {"app-specific password", OUTCOME_CHALLENGED, REASON_MFA_REQUIRED},
    {"app password", OUTCOME_CHALLENGED, REASON_MFA_REQUIRED},
    {"multi-factor", OUTCOME_CHALLENGED, REASON_MFA_REQUIRED},
    {"via your web browser", OUTCOME_BLOCKED, REASON_ACCOUNT_LOCKED},
    {"with your web browser", OUTCOME_BLOCKED, REASON_ACCOUNT_LOCKED},
    {"web login required", OUTCOME_BLOCKED, REASON_ACCOUNT_LOCKED},
    {"not enabled for IMAP", OUTCOME_ACCEPTED, REASON_MAILBOX_UNAVAILABLE},
    {"not enabled for POP", OUTCOME_ACCEPTED, REASON_MAILBOX_UNAVAILABLE},
    /* the account */
    {"account is blocked", OUTCOME_BLOCKED, REASON_ACCOUNT_LOCKED},
    {"account has been blocked", OUTCOME_BLOCKED, REASON_ACCOUNT_LOCKED},
    {"account is locked", OUTCOME_BLOCKED, REASON_ACCOUNT_LOCKED},
    {"account has been locked", OUTCOME_BLOCKED, REASON_ACCOUNT_LOCKED},
    {"account locked", OUTCOME_BLOCKED, REASON_ACCOUNT_LOCKED},
    {"user is locked", OUTCOME_BLOCKED, REASON_ACCOUNT_LOCKED},
    {"account is disabled", OUTCOME_BLOCKED, REASON_ACCOUNT_DISABLED},
    {"account has been disabled", OUTCOME_BLOCKED, REASON_ACCOUNT_DISABLED},
    {"account disabled", OUTCOME_BLOCKED, REASON_ACCOUNT_DISABLED},
    {"account suspended", OUTCOME_BLOCKED, REASON_ACCOUNT_DISABLED},
    {"account has been suspended", OUTCOME_BLOCKED, REASON_ACCOUNT_DISABLED},
    {"user is disabled", OUTCOME_BLOCKED, REASON_ACCOUNT_DISABLED},
    {"user disabled", OUTCOME_BLOCKED, REASON_ACCOUNT_DISABLED},
    {"[EXPIRED]", OUTCOME_REJECTED, REASON_PASSWORD_EXPIRED}, /* RFC 5530 */
    {"password expired", OUTCOME_REJECTED, REASON_PASSWORD_EXPIRED},
    {"password has expired", OUTCOME_REJECTED, REASON_PASSWORD_EXPIRED},
    {"password is expired", OUTCOME_REJECTED, REASON_PASSWORD_EXPIRED},
    {"change your password", OUTCOME_REJECTED, REASON_PASSWORD_EXPIRED},
    {"must change password", OUTCOME_REJECTED, REASON_PASSWORD_EXPIRED},
    /* clear text is refused; whatever was sent has leaked (dovecot, cyrus, courier, postfix) */
    {"[PRIVACYREQUIRED]", OUTCOME_BLOCKED, REASON_TLS_REQUIRED}, /* RFC 5530 */
    {"plaintext authentication disallowed", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"plaintext authentication not allowed", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"plaintext authentication disabled", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"plaintext login", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"cleartext login", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"cleartext authentication", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"only available under a layer", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"login is disabled", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"login disabled", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"LOGINDISABLED", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"issue a STARTTLS", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"use STARTTLS", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"STARTTLS first", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"STARTTLS command first", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"use STLS", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"STLS first", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"encryption required", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"encryption is required", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"requires encryption", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"TLS required", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"TLS is required", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"requires TLS", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"requires SSL", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    {"non-secure (SSL/TLS)", OUTCOME_BLOCKED, REASON_TLS_REQUIRED},
    /* the password was right (RFC 2449, RFC 5530) */
    {"[IN-USE]", OUTCOME_ACCEPTED, REASON_MAILBOX_UNAVAILABLE},
    {"[AUTHORIZATIONFAILED]", OUTCOME_ACCEPTED, REASON_MAILBOX_UNAVAILABLE},
    {"already locked", OUTCOME_ACCEPTED, REASON_MAILBOX_UNAVAILABLE},
    {"unable to lock", OUTCOME_ACCEPTED, REASON_MAILBOX_UNAVAILABLE},
    {"lock busy", OUTCOME_ACCEPTED, REASON_MAILBOX_UNAVAILABLE},
    /* no verdict on the credential */
    {"[LOGIN-DELAY]", OUTCOME_UNKNOWN, REASON_THROTTLED},
    {"[LIMIT]", OUTCOME_UNKNOWN, REASON_THROTTLED},
    {"too many", OUTCOME_UNKNOWN, REASON_THROTTLED},
    {"rate limit", OUTCOME_UNKNOWN, REASON_THROTTLED},
    {"throttled", OUTCOME_UNKNOWN, REASON_THROTTLED},
    {"[UNAVAILABLE]", OUTCOME_UNKNOWN, REASON_SERVER_ERROR},
    {"[SERVERBUG]", OUTCOME_UNKNOWN, REASON_SERVER_ERROR},
    {"[SYS/", OUTCOME_UNKNOWN, REASON_SERVER_ERROR}, /* RFC 3206 */
    {"temporary", OUTCOME_UNKNOWN, REASON_SERVER_ERROR},
    {"temporarily", OUTCOME_UNKNOWN, REASON_SERVER_ERROR},
    {"try again later", OUTCOME_UNKNOWN, REASON_SERVER_ERROR},
    {"internal error", OUTCOME_UNKNOWN, REASON_SERVER_ERROR},
    {"internal server error", OUTCOME_UNKNOWN, REASON_SERVER_ERROR},
    {"server error", OUTCOME_UNKNOWN, REASON_SERVER_ERROR},
    /* Exchange Online's answer to a token on the AUTH line, or one beyond 4 KiB */
    {"input buffer full", OUTCOME_REJECTED, REASON_PROTOCOL_ERROR}, /* dovecot, to a token */
    {"protocol error", OUTCOME_UNKNOWN, REASON_PROTOCOL_ERROR},
    {"not valid in this state", OUTCOME_UNKNOWN, REASON_PROTOCOL_ERROR},
    {"already authenticated", OUTCOME_UNKNOWN, REASON_PROTOCOL_ERROR},
    {"already logged in", OUTCOME_UNKNOWN, REASON_PROTOCOL_ERROR},
    /* the mechanism */
    {"unsupported authentication", OUTCOME_BLOCKED, REASON_MECHANISM_UNSUPPORTED},
    {"unrecognized authentication type", OUTCOME_BLOCKED, REASON_MECHANISM_UNSUPPORTED},
    {"unknown authentication mechanism", OUTCOME_BLOCKED, REASON_MECHANISM_UNSUPPORTED},
    {"invalid authentication mechanism", OUTCOME_BLOCKED, REASON_MECHANISM_UNSUPPORTED},
    {"mechanism not", OUTCOME_BLOCKED, REASON_MECHANISM_UNSUPPORTED},
    {"mechanism is not", OUTCOME_BLOCKED, REASON_MECHANISM_UNSUPPORTED},
    {"no such mechanism", OUTCOME_BLOCKED, REASON_MECHANISM_UNSUPPORTED},
    {"no mechanism available", OUTCOME_BLOCKED, REASON_MECHANISM_UNSUPPORTED},
    {"unknown command", OUTCOME_BLOCKED, REASON_MECHANISM_UNSUPPORTED},
    {"invalid command", OUTCOME_BLOCKED, REASON_MECHANISM_UNSUPPORTED},
    {"unrecognized command", OUTCOME_BLOCKED, REASON_MECHANISM_UNSUPPORTED},
};

/* Any of these in a refusal, and nothing of the above: the credential was wrong. */
static const char *const failures[] = {
    "fail",     "invalid",  "incorrect",    "unsuccessful", "denied",         "rejected",
    "wrong",    "password", "bad login",    "bad user",     "not accepted",   "credentials",
    "mismatch", "unknown",  "no such user", "user unknown", "not authorized", "not recognized",
    "[AUTH]",   "no user",  "no mailbox",   "no such mail", "unable to log",  "never heard",
};

static const char *const login_wishes[] = {
    "not authenticated",      "authentication required", "authentication is required",
    "authenticate first",     "authentication needed",   "must authenticate",
    "not permitted to relay", "relay access denied",     "relaying denied",
    "relay not permitted",    "unable to relay",         "relaying not allowed",
    "relaying not permitted", "requires authentication", "SMTP AUTH is required",
};

/* Which pairs of neighbouring bytes a text has, in either case; a bit may stand for several. Most
 * texts lack one of the pairs that our words are made of, so that they need not be searched. */
struct pairs {
    uint64_t bits[4];
};

static unsigned pair_of(uint8_t first, uint8_t second)
{
    return ((first & 0x1fu) * 11 + (second & 0x1fu)) % 256; /* without the bit of the case */
}

static struct pairs pairs_of(struct bytes text)
{
    struct pairs pairs = {{0}};
    uint8_t before = 0;
    uint8_t byte;

    while (take_u8(&text, &byte)) {
        unsigned pair = pair_of(before, byte);

        pairs.bits[pair / 64] |= UINT64_C(1) << pair % 64;
        before = byte;
    }
    return pairs;
}

static bool has_pair(const struct pairs *pairs, const char *at)
{
    unsigned pair = pair_of((uint8_t)at[0], (uint8_t)at[1]);

    return (pairs->bits[pair / 64] >> pair % 64 & 1) != 0;
}

/* words: ours, of two letters or more. */
static bool has(struct bytes text, const struct pairs *pairs, const char *words)
{
    const char *at = words;

    while (at[1] != '\0' && has_pair(pairs, at)) {
        at++;
    }
    return at[1] == '\0' && bytes_has_nocase(text, bytes_of_text(words));
}

static bool has_any(struct bytes text, const struct pairs *pairs, const char *const *words,
                    size_t num_words)
{
    for (size_t i = 0; i < num_words; i++) {
        if (has(text, pairs, words[i])) {
            return true;
        }
    }
    return false;
}

static bool find_phrase(struct bytes text, const struct pairs *pairs, struct ruling *ruling)
{
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
        if (has(text, pairs, phrases[i].words)) {
            *ruling = (struct ruling){phrases[i].outcome, phrases[i].reason};
            return true;
        }
    }
    return false;
}

bool answer_find(struct bytes text, struct ruling *ruling)
{
    struct pairs pairs;

    text = bytes_first(text, MAX_TEXT);
    pairs = pairs_of(text);
    return find_phrase(text, &pairs, ruling);
}

static bool is_failure(struct bytes text, const struct pairs *pairs)
{
    return bytes_trim(text).len == 0 ||
           has_any(text, pairs, failures, sizeof(failures) / sizeof(failures[0]));
}

bool answer_find_refusal(struct bytes text, struct ruling *ruling)
{
    struct pairs pairs;

    text = bytes_first(text, MAX_TEXT);
    pairs = pairs_of(text);
    if (find_phrase(text, &pairs, ruling)) {
        return true;
    }
    *ruling = is_failure(text, &pairs) ? (struct ruling){OUTCOME_REJECTED, REASON_WRONG_PASSWORD}
                                       : (struct ruling){OUTCOME_UNKNOWN, REASON_UNCLEAR};
    return false;
}

struct ruling answer_refusal(struct bytes text)
{
    struct ruling ruling;

    (void)answer_find_refusal(text, &ruling);
    return ruling;
}

bool answer_wants_login(struct bytes text)
{
    struct pairs pairs;

    text = bytes_first(text, MAX_TEXT);
    pairs = pairs_of(text);
    return has_any(text, &pairs, login_wishes, sizeof(login_wishes) / sizeof(login_wishes[0]));
}
