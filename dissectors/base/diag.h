/* diag: the words of a set-up failure, carried up to whoever can print them. Never traffic, never a
 * secret. */
#ifndef BASICTAP_DISSECTORS_BASE_DIAG_H
#define BASICTAP_DISSECTORS_BASE_DIAG_H

struct diag {
    char text[512]; /* "rules/weak-tls.yml:12:5: unknown field 'tls.verison'"; empty: no failure */
};

/* Formats the words; what does not fit is cut. diag may be NULL. */
void diag_set(struct diag *diag, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
