#include "dissectors/dhcp/dhcp.h"
#include "tests/support/talk.h"

/* op, htype, hlen, hops, xid, secs, flags, ciaddr, yiaddr, siaddr, giaddr, chaddr, sname, file,
 * cookie (RFC 2131, figure 1) */
#define NOWHERE "\0\0\0\0"
#define TEN     NOWHERE NOWHERE "\0\0"
#define FORTY   TEN TEN TEN TEN
#define MESSAGE(op, ciaddr, yiaddr)                                                                \
    op "\x01\x06\0\x12\x34\x56\x78\0\0\0\0" ciaddr yiaddr NOWHERE NOWHERE                          \
       "\x3c\x2a\xf4\x10\0\x0a" TEN FORTY FORTY FORTY FORTY TEN TEN TEN "\0\0"                     \
       "\x63\x82\x53\x63"
#define ADDRESS   "\x0a\x14\0\x6e"
#define REQUESTS  MESSAGE("\x01", NOWHERE, NOWHERE) "\x35\x01\x03"
#define RENEWS    MESSAGE("\x01", ADDRESS, NOWHERE) "\x35\x01\x03"
#define INFORMS   MESSAGE("\x01", ADDRESS, NOWHERE) "\x35\x01\x08"
#define ACKS      MESSAGE("\x02", NOWHERE, ADDRESS) "\x35\x01\x05"
#define WANTS     "\x32\x04" ADDRESS
#define HOST      "\x0c\x04PC01"
#define CLIENT_ID "\x3d\x07\x01\x3c\x2a\xf4\x10\0\x0a"
#define VENDOR    "\x3c\x08MSFT 5.0"
#define LEASE     "\x33\x04\0\0\x0e\x10"
#define END       "\xff"

#define LINE "name service=unknown frame=1 source=dhcp address=10.20.0.110 mac=3C-2A-F4-10-00-0A"

static void leases_and_requests_name_clients(void **state)
{
    static const struct talk talks[] = {
        {"an ACK binds address and MAC for a time", {S(ACKS LEASE END)}, LINE " lifetime=3600\n"},
        {"a request says who wants the address",
         {C(REQUESTS WANTS HOST CLIENT_ID VENDOR END)},
         LINE " name=pc01 client_id=013c2af410000a vendor=\"MSFT 5.0\"\n"},
        {"a renewal has its address already", {C(RENEWS HOST END)}, LINE " name=pc01\n"},
        {"so has INFORM, and pads are passed over",
         {C(INFORMS "\0\0\0" HOST END)},
         LINE " name=pc01\n"},
        {"the ACK to INFORM gives no address and confirms the client's",
         {S(MESSAGE("\x02", ADDRESS, NOWHERE) "\x35\x01\x05" END)},
         LINE "\n"},
        {"a full name is better than a short one, wherever it stands",
         {C(RENEWS HOST "\x51\x13\0\0\0PC01.contoso.com" END)},
         LINE " name=pc01.contoso.com\n"},
        {"before it too",
         {C(RENEWS "\x51\x14\0\0\0PC01.contoso.com." HOST END)},
         LINE " name=pc01.contoso.com\n"},
        {"labels as in DNS",
         {C(RENEWS "\x51\x11\x04\0\0\x04PC01\x07"
                   "contoso\0" END)},
         LINE " name=pc01.contoso\n"},
        {"a NUL at the end is not part of the name",
         {C(RENEWS "\x0c\x05PC01\0" END)},
         LINE " name=pc01\n"},
        {"without an address the MAC has a name at least",
         {C(REQUESTS HOST END)},
         "name service=unknown frame=1 source=dhcp mac=3C-2A-F4-10-00-0A name=pc01\n"},
        {"options that are cut leave what stood before",
         {C(RENEWS HOST "\x3c\x20MS")},
         LINE " name=pc01\n"},
        {"control characters are made harmless",
         {C(RENEWS "\x0c\x03"
                   "a\nb" END)},
         LINE " name=a\xef\xbf\xbd"
              "b\n"},
    };

    (void)state;
    datagram_run(talks, sizeof(talks) / sizeof(talks[0]), &dhcp_dissector);
}

static void other_messages_say_nothing(void **state)
{
    static const struct talk talks[] = {
        {"DISCOVER", {C(MESSAGE("\x01", NOWHERE, NOWHERE) "\x35\x01\x01" HOST END)}, ""},
        {"OFFER", {S(MESSAGE("\x02", NOWHERE, ADDRESS) "\x35\x01\x02" LEASE END)}, ""},
        {"NAK", {S(MESSAGE("\x02", NOWHERE, NOWHERE) "\x35\x01\x06" END)}, ""},
        {"an ACK from a client", {C(MESSAGE("\x01", NOWHERE, ADDRESS) "\x35\x01\x05" END)}, ""},
        {"BOOTP without options", {S(MESSAGE("\x02", NOWHERE, ADDRESS))}, ""},
        {"another cookie",
         {S("\x02\x01\x06\0" TEN TEN FORTY FORTY FORTY FORTY FORTY FORTY "\x35\x01\x05")},
         ""},
        {"a header that is cut", {S("\x02\x01\x06\0\x12\x34")}, ""},
    };

    (void)state;
    datagram_run(talks, sizeof(talks) / sizeof(talks[0]), &dhcp_dissector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leases_and_requests_name_clients),
        cmocka_unit_test(other_messages_say_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
