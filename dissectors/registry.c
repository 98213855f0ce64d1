#include <string.h>

#include "dissectors/dhcp/dhcp.h"
#include "dissectors/dissector.h"
#include "dissectors/dns/dns.h"
#include "dissectors/http/http.h"
#include "dissectors/http/http2.h"
#include "dissectors/imap/imap.h"
#include "dissectors/pop/pop.h"
#include "dissectors/quic/quic.h"
#include "dissectors/rpc/rpc.h"
#include "dissectors/smtp/smtp.h"
#include "dissectors/socks/socks.h"

/* TLS and HTTP are most of what is asked for, so they come first. SOCKS comes last: its few bytes
 * could be anything. */
const struct dissector *const dissectors[] = {
    &tls_dissector,  &http_dissector,  &http2_dissector,
    &imap_dissector, &pop_dissector,   &smtp_dissector,
    &rpc_dissector,  &socks_dissector, NULL,
};

const struct dissector *const datagram_dissectors[] = {&dns_dissector, &dhcp_dissector,
                                                       &quic_dissector, NULL};

const struct dissector *dissector_find(const char *name)
{
    for (size_t i = 0; dissectors[i] != NULL; i++) {
        if (strcmp(dissectors[i]->name, name) == 0) {
            return dissectors[i];
        }
    }
    return NULL;
}
