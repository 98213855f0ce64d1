/*
 * reply: an answer of an SMTP server, all its lines, and what its code and words mean.
 */
#ifndef BASICTAP_DISSECTORS_SMTP_REPLY_H
#define BASICTAP_DISSECTORS_SMTP_REPLY_H

#include "dissectors/auth/answer.h"
#include "dissectors/auth/login.h"

struct smtp_reply {
    unsigned code;     /* 0: the line was no reply */
    struct bytes text; /* behind the first line's code, all lines; views of the input */
    bool is_multiline;
    char label[CODE_SIZE]; /* "535 5.7.139", without the second part where there is none */
};

/* One reply ("250-a", "250-b", "250 c"); false while its last line is missing. */
bool take_reply(struct bytes *in, struct smtp_reply *reply);

/* The next line of a reply's text, without the code that each line repeats. */
bool take_reply_line(struct bytes *text, struct bytes *line);

/* Of the answer that ends an AUTH exchange. */
struct ruling reply_to_auth(const struct smtp_reply *reply);

/* Does it refuse mail for want of a login? Where STARTTLS is what it asks for, it does not. */
bool reply_wants_login(const struct smtp_reply *reply);

#endif
