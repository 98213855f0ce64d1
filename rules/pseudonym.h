/*
 * pseudonym: names of people and devices in findings, replaced before anybody reads them: users,
 * MACs and IP addresses, each in one of three ways. Rules have seen the names by then.
 *
 * hmac: HMAC-SHA-256 with the key of a file, over what is below, printed as "u1:<key id>:<20 hex>":
 * the same name under the same key is the same pseudonym, in every sink and sensor. drop: nothing.
 *
 *   u1  users      the canonical name (see pseudonym_canonical), nothing else
 *   m1  MACs       "mac 00-1B-54-AA-00-01"; a DHCP client id that is no MAC: "client <id>"
 *   a1  addresses  "ip 10.0.0.7", "ip 2001:db8::7" (RFC 5952)
 *   c1  sessions   "session <Community ID>"
 *
 * The key id tells keys apart: the first 8 hex digits of SHA-256 over "basictap key id " and the
 * key.
 *
 * What follows from a name is treated like it:
 * - user.name and user.domain are empty; user.hash has the pseudonym. Segments of url.path that
 *   name somebody become "*"; a program, model or host name that spells the user is left out. In
 *   a finding without the user ("BOB-PC" in a session that could not be read) it stays: nothing
 *   says that it is a name.
 * - source.mac is empty, basictap.device.mac_hash has the pseudonym; device.id is "mac:<pseudonym>"
 *   or "dhcp:<pseudonym>". A host name that spells the MAC is left out, and an IPv6 address that is
 *   made of the MAC (RFC 4291, appendix A) is treated like the MAC. An ActiveSync DeviceId stays.
 * - source.ip likewise, with basictap.device.ip_hash and "ip:<pseudonym>". Addresses of servers
 *   stay: they say which server, not who.
 * - dropped, device.id is "ip:dropped", "mac:dropped", "dhcp:dropped": all such devices are one.
 * - An id that is made of names could be found by trying names. So event.id is keyed ("event <id>",
 *   32 hex digits) when anything is not clear, and dropping needs a key too; and sessions have c1
 *   pseudonyms instead of Community IDs, since addresses are few: everywhere if addresses are not
 *   clear, in basictap.pairs if MACs are not.
 */
#ifndef BASICTAP_RULES_PSEUDONYM_H
#define BASICTAP_RULES_PSEUDONYM_H

#include "dissectors/base/diag.h"
#include "rules/finding.h"

enum { PSEUDONYM_KEY_MIN = 32, PSEUDONYM_KEY_MAX = 4096, KEY_ID_SIZE = 9, CANONICAL_SIZE = 512 };

enum pseudonym_way { PSEUDONYM_CLEAR, PSEUDONYM_HMAC, PSEUDONYM_DROP };

struct pseudonym_options {
    enum pseudonym_way users;
    enum pseudonym_way macs;
    enum pseudonym_way ips;
    struct bytes key; /* copied */
};

struct pseudonyms;
/* NULL and words: a key that is too short or too long, no memory. */
struct pseudonyms *pseudonyms_new(const struct pseudonym_options *options, struct diag *diag);
void pseudonyms_free(struct pseudonyms *pseudonyms); /* wipes the key; NULL is fine */

const char *pseudonyms_key_id(const struct pseudonyms *pseudonyms);

void pseudonyms_apply(struct pseudonyms *pseudonyms, struct finding *finding);

/*
 * What a user is hashed as: ASCII letters in lower case, all others as they were sent, no white
 * space around. "user@domain" and "DOMAIN\user" stay what they are, so that the two are two names;
 * a user without either to whom NTLM gave a domain is "domain\user".
 */
void pseudonym_canonical(const char *user, const char *domain, char name[CANONICAL_SIZE]);

/* "" where there is nothing to name. */
void pseudonym_of_user(struct pseudonyms *pseudonyms, const char *user, const char *domain,
                       char text[PSEUDONYM_SIZE]);
void pseudonym_of_mac(struct pseudonyms *pseudonyms, const struct mac *mac,
                      char text[PSEUDONYM_SIZE]);
void pseudonym_of_address(struct pseudonyms *pseudonyms, const struct address *address,
                          char text[PSEUDONYM_SIZE]);

#endif
