#include "dissectors/dns/dns.h"
#include "tests/support/talk.h"

/* Datagrams by hand from RFC 1035. The question stands at 12 (0x0c), the first answer behind it. */
#define ANSWERS(num)   "\x12\x34\x81\x80\0\x01\0" num "\0\0\0\0"
#define ANNOUNCES(num) "\0\0\x84\0\0\0\0" num "\0\0\0\0"
#define MAIL                                                                                       \
    "\x04Mail\x07"                                                                                 \
    "contoso\x03"                                                                                  \
    "com\0"
#define A        "\0\x01\0\x01"
#define AAAA     "\0\x1c\0\x01"
#define CNAME    "\0\x05\0\x01"
#define TTL300   "\0\0\x01\x2c"
#define ADDRESS4 "\0\x04\xc0\0\x02\x07"
#define ADDRESS6 "\0\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"

#define LINE(frame, address, name)                                                                 \
    "name service=unknown frame=" frame " source=dns address=" address " name=" name               \
    " lifetime=300\n"

static void answers_name_addresses(void **state)
{
    static const struct talk talks[] = {
        {"an address has the name that was asked for, in lower case",
         {S(ANSWERS("\x01") MAIL A "\xc0\x0c" A TTL300 ADDRESS4)},
         LINE("1", "192.0.2.7", "mail.contoso.com")},
        {"each address is told",
         {S(ANSWERS("\x02") MAIL AAAA "\xc0\x0c" AAAA TTL300 ADDRESS6 MAIL A TTL300 ADDRESS4)},
         LINE("1", "2001:db8::7", "mail.contoso.com") LINE("1", "192.0.2.7", "mail.contoso.com")},
        {"an alias leads back to what was asked for",
         {S(ANSWERS("\x03") MAIL A "\xc0\x0c" CNAME TTL300 "\0\x06\x03"
                                   "afd\xc0\x11"
                                   "\x03"
                                   "afd\xc0\x11" CNAME TTL300 "\0\x04\x01x\xc0\x11"
                                   "\x01x\xc0\x11" A TTL300 ADDRESS4)},
         LINE("1", "192.0.2.7", "mail.contoso.com")},
        {"aliases may follow the address",
         {S(ANSWERS("\x02") MAIL A "\x01x\xc0\x11" A TTL300 ADDRESS4 "\xc0\x0c" CNAME TTL300
                                   "\0\x04\x01x\xc0\x11")},
         LINE("1", "192.0.2.7", "mail.contoso.com")},
        {"mDNS announces a host without being asked",
         {S(ANNOUNCES("\x01") "\x05iPhone\0" A TTL300 ADDRESS4),
          S(ANNOUNCES("\x01") "\x06iPhone\x05local\0\0\x01\x80\x01" TTL300 ADDRESS4)},
         LINE("2", "192.0.2.7", "iphone.local")},
        {"an address behind the answers is told if it belongs to what was asked for",
         {S("\x12\x34\x81\x80\0\x01\0\x01\0\x01\0\x02" MAIL AAAA "\xc0\x0c" CNAME TTL300
            "\0\x04\x01x\xc0\x11\xc0\x11\0\x02\0\x01" TTL300
            "\0\x05\x02ns\xc0\x11\x02ns\xc0\x11" A TTL300 ADDRESS4
            "\x01x\xc0\x11" A TTL300 ADDRESS4)},
         LINE("1", "192.0.2.7", "mail.contoso.com")},
        {"mDNS puts the address behind the service that it announces",
         {S("\0\0\x84\0\0\0\0\x01\0\0\0\x01\x04_ipp\x05local\0\0\x0c\0\x01" TTL300
            "\0\x04\x01p\xc0\x0c\x07printer\xc0\x11" A TTL300 ADDRESS4)},
         LINE("1", "192.0.2.7", "printer.local")},
        {"other records are passed over, with names that no host has too",
         {S(ANSWERS("\x02") MAIL A "\x05"
                                   "a b.c\0"
                                   "\0\x10\0\x01" TTL300 "\0\x02\x01z"
                                   "\xc0\x0c" A TTL300 ADDRESS4)},
         LINE("1", "192.0.2.7", "mail.contoso.com")},
    };

    (void)state;
    datagram_run(talks, sizeof(talks) / sizeof(talks[0]), &dns_dissector);
}

static void what_gives_no_name_says_nothing(void **state)
{
    static const struct talk talks[] = {
        {"a query", {C("\x12\x34\x01\0\0\x01\0\0\0\0\0\0" MAIL A)}, ""},
        {"an error",
         {S("\x12\x34\x81\x83\0\x01\0\x01\0\0\0\0" MAIL A "\xc0\x0c" A TTL300 ADDRESS4)},
         ""},
        {"an address of another name than was asked for",
         {S(ANSWERS("\x01") MAIL A "\x04"
                                   "evil\0" A TTL300 ADDRESS4)},
         ""},
        {"an address that is too short or too long",
         {S(ANSWERS("\x02") MAIL A "\xc0\x0c" A TTL300 "\0\x03\xc0\0\x02"
                                   "\xc0\x0c" A TTL300 "\0\x05\xc0\0\x02\x07\x01")},
         ""},
        {"a pointer to itself", {S(ANSWERS("\x01") MAIL A "\xc0\x22" A TTL300 ADDRESS4)}, ""},
        {"pointers to each other",
         {S(ANSWERS("\x01") "\x01"
                            "a\xc0\x10\x01"
                            "b\xc0\x0c" A "\xc0\x0c" A TTL300 ADDRESS4)},
         ""},
        {"a pointer into the header's zeros gives no name",
         {S(ANSWERS("\x01") MAIL A "\xc0\x04" A TTL300 ADDRESS4)},
         ""},
        {"aliases in a circle",
         {S(ANSWERS("\x03") MAIL A "\x01x\0" CNAME TTL300 "\0\x03\x01y\0"
                                   "\x01y\0" CNAME TTL300 "\0\x03\x01x\0"
                                   "\x01x\0" A TTL300 ADDRESS4)},
         ""},
        {"an alias longer than its record",
         {S(ANSWERS("\x02") MAIL A "\xc0\x0c" CNAME TTL300 "\0\x02\x01x\0"
                                   "\x01x\0" A TTL300 ADDRESS4)},
         ""},
        {"a name with a letter that no host name has",
         {S(ANSWERS("\x01") "\x03"
                            "a.b\0" A "\xc0\x0c" A TTL300 ADDRESS4)},
         ""},
        {"an answer that is cut",
         {S(ANSWERS("\x01") MAIL A "\xc0\x0c" A TTL300 "\0\x04\xc0\0")},
         ""},
        {"a reserved kind of label", {S(ANSWERS("\x01") MAIL A "\x80\x0c" A TTL300 ADDRESS4)}, ""},
        {"another class", {S(ANSWERS("\x01") MAIL A "\xc0\x0c\0\x01\0\x03" TTL300 ADDRESS4)}, ""},
        {"a header that is cut", {S("\x12\x34\x81\x80\0\x01\0")}, ""},
    };

    (void)state;
    datagram_run(talks, sizeof(talks) / sizeof(talks[0]), &dns_dissector);
}

#define L63                                                                                        \
    "\x3f"                                                                                         \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"
#define L61                                                                                        \
    "\x3d"                                                                                         \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abc"
#define D63 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"
#define D61 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abc"

static void names_have_at_most_253_letters(void **state)
{
    static const struct talk talks[] = {
        {"the longest",
         {S(ANNOUNCES("\x01") L63 L63 L63 L61 "\0" A TTL300 ADDRESS4)},
         LINE("1", "192.0.2.7", D63 "." D63 "." D63 "." D61)},
        {"one more",
         {S(ANNOUNCES("\x01") L63 L63 L63 L61 "\x01"
                                              "a\0" A TTL300 ADDRESS4)},
         ""},
    };

    (void)state;
    datagram_run(talks, sizeof(talks) / sizeof(talks[0]), &dns_dissector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_name_addresses),
        cmocka_unit_test(what_gives_no_name_says_nothing),
        cmocka_unit_test(names_have_at_most_253_letters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
