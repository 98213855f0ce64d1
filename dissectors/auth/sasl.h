/*
 * sasl: the client's half of a SASL exchange (RFC 4422), as IMAP, POP and SMTP carry it: base64, a
 * line a message. Reads who logs in; secrets are decoded on the stack and wiped.
 */
#ifndef BASICTAP_DISSECTORS_AUTH_SASL_H
#define BASICTAP_DISSECTORS_AUTH_SASL_H

#include "dissectors/auth/login.h"

/* By its registered name, in any case; a name nobody knows is MECHANISM_OTHER. */
enum mechanism sasl_mechanism(struct bytes name);

/*
 * One line of the client within the exchange (or the initial response of its first line) fills the
 * open login. "*" takes it back. An NTLM message may say a client event (the workstation).
 */
void sasl_on_response(struct login *login, enum service service, struct bytes line,
                      const struct emitter *out);

/* What the server sent after "334 " or "+ ". */
void sasl_on_challenge(struct login *login, struct bytes text);

/* True when nothing of the exchange is to come from the client, so that its next line is a command.
 */
bool sasl_is_done(const struct login *login);

/* Opens the login that a prompt of LOGIN ("Username:", "Password:") belongs to, where its beginning
 * was not seen; false: it is no such prompt. */
bool sasl_open_by_prompt(struct login *login, struct bytes text, const struct emitter *out);

#endif
