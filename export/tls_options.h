/* tls_options: with which files a TLS connection is made; see transport.h. */
#ifndef BASICTAP_EXPORT_TLS_OPTIONS_H
#define BASICTAP_EXPORT_TLS_OPTIONS_H

/* Files are PEM, and read anew at every connection: a certificate that was renewed is taken up. */
struct transport_tls {
    const char *ca_file;          /* whose certificates are believed; NULL: the system's */
    const char *certificate_file; /* ours, with its chain; NULL: we show none */
    const char *key_file;         /* of ours, without passphrase; NULL: in certificate_file */
    const char *name;             /* that the server's must bear; NULL: the host's */
};

#endif
