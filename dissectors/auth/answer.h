/*
 * answer: what a mail server's words say about a login. Servers reuse one code for many things
 * (`NO`, `-ERR` and `535 5.7.139` most of all), so the text decides where it is known.
 */
#ifndef BASICTAP_DISSECTORS_AUTH_ANSWER_H
#define BASICTAP_DISSECTORS_AUTH_ANSWER_H

#include "dissectors/base/words.h"

struct ruling {
    enum outcome outcome;
    enum reason reason;
};

/* Words that mean one thing whatever the code beside them; false: none is known. */
bool answer_find(struct bytes text, struct ruling *ruling);

/* Of a refusal (`NO`, `-ERR`): what answer_find knows; else wrong-password where the text is empty
 * or speaks of failure or credentials; else unknown and unclear. */
struct ruling answer_refusal(struct bytes text);

/* Both at once: true is answer_find's, and where that is false ruling is answer_refusal's. */
bool answer_find_refusal(struct bytes text, struct ruling *ruling);

/* True when the words ask for a login before mail is taken ("530 5.7.57 Client not authenticated",
 * "relaying denied"). */
bool answer_wants_login(struct bytes text);

#endif
