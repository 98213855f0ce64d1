#include <stdlib.h>

#include "tests/support/talk.h"

/* Header: version, type, first and last fragment, little-endian; len, auth_len, call */
#define PDU(type, len, auth_len) "\x05\0" type "\x03\x10\0\0\0" len auth_len "\x01\0\0\0"
#define BIG(type, len, auth_len) "\x05\0" type "\x03\0\0\0\0" len auth_len "\0\0\0\x01"
/* Fragment sizes, group, one context, its id, one syntax */
#define CONTEXT  "\xd0\x16\xd0\x16\0\0\0\0\x01\0\0\0\0\0\x01\0"
#define EMSMDB   "\x00\xdb\xf1\xa4\x47\xca\x67\x10\xb3\x1f\x00\xdd\x01\x06\x62\xda\0\0\x51\0"
#define NSPI     "\x18\x5a\xcc\xf5\x64\x42\x1a\x10\x8c\x59\x08\x00\x2b\x2f\x84\x26\x38\0\0\0"
#define NSPI_BIG "\xf5\xcc\x5a\x18\x42\x64\x10\x1a\x8c\x59\x08\x00\x2b\x2f\x84\x26\0\0\0\x38"
#define MAPPER   "\x08\x83\xaf\xe1\x1f\x5d\xc9\x11\x91\xa4\x08\x00\x2b\x14\xa0\xfa\x03\0\0\0"
#define NDR      "\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\x00\x2b\x10\x48\x60\x02\0\0\0"

#define NTLM      "\x0a\x02\0\0\0\0\0\0"
#define NEGOTIATE "\x09\x06\0\0\0\0\0\0"
#define KERBEROS  "\x10\x06\0\0\0\0\0\0"
#define TYPE1     "NTLMSSP\0\x01\0\0\0"
#define TYPE2     "NTLMSSP\0\x02\0\0\0"
/* CONTOSO, bob, PC */
#define TYPE3                                                                                      \
    "NTLMSSP\0\x03\0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0\x40\0\0\0\x0e\0\x0e\0\x40\0\0\0\x06\0\x06\0"    \
    "\x4e\0\0\0\x04\0\x04\0\x54\0\0\0\0\0\0\0\x58\0\0\0\x01\x82\0\0C\0O\0N\0T\0O\0S\0O\0b\0o\0"    \
    "b\0P\0C\0"

#define BIND(interface)      PDU("\x0b", "\x5c\0", "\x0c\0") CONTEXT interface NDR NTLM TYPE1
#define BIND_BARE(interface) PDU("\x0b", "\x48\0", "\0\0") CONTEXT interface NDR
#define BIND_ACK             PDU("\x0c", "\x24\0", "\x0c\0") NTLM TYPE2
#define AUTH3                PDU("\x10", "\x74\0", "\x58\0") "    " NTLM TYPE3
#define REQUEST              PDU("\0", "\x1c\0", "\0\0") "\x04\0\0\0\0\0\0\0call"
#define RESPONSE             PDU("\x02", "\x1a\0", "\0\0") "\x02\0\0\0\0\0\0\0ok"
#define FAULT(status)        PDU("\x03", "\x20\0", "\0\0") "\0\0\0\0\0\0\0\0" status "\0\0\0\0"

static const struct talk talks[] = {
    {
        "a login is told with its last leg's identity by the first answer to a call",
        {C(BIND(EMSMDB)), S(BIND_ACK), C(AUTH3 REQUEST), S(RESPONSE)},
        "client service=rpc frame=3 workstation=PC\n"
        "auth service=rpc frame=3 mechanism=rpc-ntlm outcome=accepted user=bob domain=CONTOSO\n",
    },
    {
        "a call that is denied rejects it",
        {C(BIND(NSPI)), S(BIND_ACK), C(AUTH3 REQUEST), S(FAULT("\x05\0\0\0"))},
        "auth service=rpc frame=3 mechanism=rpc-ntlm outcome=rejected user=bob domain=CONTOSO "
        "server_code=\"fault 0x5\"\n",
    },
    {
        "another fault is no verdict",
        {C(BIND(NSPI)), S(BIND_ACK), C(AUTH3 REQUEST), S(FAULT("\x06\xf7\x06\0"))},
        "auth service=rpc frame=3 mechanism=rpc-ntlm outcome=unknown reason=server-error user=bob "
        "domain=CONTOSO server_code=\"fault 0x6f706\"\n",
    },
    {
        "a bind that is refused is rejected",
        {C(BIND(EMSMDB)), S(PDU("\x0d", "\x12\0", "\0\0") "\x08\0")},
        "auth service=rpc frame=1 mechanism=rpc-ntlm outcome=rejected "
        "reason=mechanism-unsupported server_code=\"bind-nak 0x8\"\n",
    },
    {
        "without its later legs it stays challenged",
        {C(BIND(EMSMDB)), S(BIND_ACK)},
        "auth service=rpc frame=1 mechanism=rpc-ntlm outcome=challenged\n",
    },
    {
        "SPNEGO ends with an altered context",
        {C(PDU("\x0b", "\x58\0", "\x08\0") CONTEXT EMSMDB NDR NEGOTIATE "\xa1\x06\x30\x04\xa0\x02"
                                                                        "\x0a\0"),
         S(BIND_ACK), C(PDU("\x0e", "\xa8\0", "\x58\0") CONTEXT EMSMDB NDR NEGOTIATE TYPE3),
         S(PDU("\x0f", "\x10\0", "\0\0"))},
        "auth service=rpc frame=3 mechanism=rpc-negotiate outcome=accepted user=bob "
        "domain=CONTOSO\n",
    },
    {
        "Kerberos has no name in clear",
        {C(PDU("\x0b", "\x52\0", "\x02\0") CONTEXT EMSMDB NDR KERBEROS "\x6e\0"),
         S(PDU("\x0c", "\x1a\0", "\x02\0") KERBEROS "\x6f\0"), C(REQUEST), S(RESPONSE)},
        "auth service=rpc frame=1 mechanism=rpc-kerberos outcome=accepted\n",
    },
    {
        "a bind without a login is anonymous",
        {C(BIND_BARE(NSPI)), S(PDU("\x0c", "\x10\0", "\0\0"))},
        "auth service=rpc frame=1 mechanism=none outcome=accepted\n",
    },
    {
        "most significant bytes may come first",
        {C(BIG("\x0b", "\0\x48",
               "\0\0") "\x16\xd0\x16\xd0\0\0\0\0\x01\0\0\0\0\0\x01\0" NSPI_BIG NDR),
         S(BIG("\x0c", "\0\x10", "\0\0"))},
        "auth service=rpc frame=1 mechanism=none outcome=accepted\n",
    },
    {
        "the interface of Exchange may be the second of a bind",
        {C(PDU("\x0b", "\x74\0", "\0\0") "\xd0\x16\xd0\x16\0\0\0\0\x02\0\0\0\0\0\x01\0" MAPPER NDR
                                         "\x01\0\x01\0" NSPI NDR),
         S(PDU("\x0c", "\x10\0", "\0\0"))},
        "auth service=rpc frame=1 mechanism=none outcome=accepted\n",
    },
    {
        "other interfaces are none of ours",
        {C(BIND(MAPPER)), S(BIND_ACK), C(AUTH3 REQUEST), S(RESPONSE)},
        "",
    },
    {
        "nor is what was joined after its bind",
        {C(REQUEST), S(RESPONSE), C(BIND(EMSMDB))},
        "",
    },
    {
        "a hole ends it",
        {C(BIND(EMSMDB)), LOST(SIDE_SERVER, 36), C(AUTH3), S(RESPONSE)},
        "auth service=rpc frame=1 mechanism=rpc-ntlm outcome=unknown\n",
    },
    {
        "a bind that lies about its contexts is none of ours",
        {C(PDU("\x0b", "\x1c\0", "\0\0") "\xd0\x16\xd0\x16\0\0\0\0\xff\0\0\0"), S(BIND_ACK)},
        "",
    },
    {
        "authentication longer than its PDU is no PDU",
        {C(PDU("\x0b", "\x48\0", "\x49\0") CONTEXT EMSMDB NDR), S(BIND_ACK)},
        "",
    },
};

static void a_login_at_an_interface_of_exchange_is_told(void **state)
{
    (void)state;
    talk_run(talks, sizeof(talks) / sizeof(talks[0]), NULL);
}

/* The answer of a SOCKS 5 proxy begins like a PDU. */
static void what_is_not_rpc_is_not_claimed(void **state)
{
    static const struct talk socks = {
        .pieces = {C("\x05\x01\0"), S("\x05\0"), C("\x05\x01\0\x01\x0a\0\0\x01\0\x50"),
                   S("\x05\0\0\x01\0\0\0\0\0\0")},
    };
    struct session_summary summary;

    (void)state;
    free(talk_events(&socks, NULL, 0, &summary));
    assert_int_not_equal(summary.service, SERVICE_RPC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_at_an_interface_of_exchange_is_told),
        cmocka_unit_test(what_is_not_rpc_is_not_claimed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
