#include "tests/rules/stage.h"

#include <string.h>

#include "dissectors/base/text.h"
#include "rules/policy.h"
#include "rules/service.h"

struct server {
    const char *address;
    uint16_t port;
    const char *host;   /* Host of the request */
    const char *sni;    /* TLS around it */
    const char *tunnel; /* CONNECT */
    const char *path;
    enum service service;
    const char *line;
};

static void send_request(struct stage *stage, const struct server *server, double seconds)
{
    struct event *event = stage_event(stage, EVENT_AUTH, server->service, seconds);
    static struct tls_event tls;

    memset(&tls, 0, sizeof(tls));
    stage->origin.server = stage_address(server->address);
    stage->origin.server_port = server->port;
    event->auth.mechanism = MECHANISM_HTTP_BASIC;
    event->auth.outcome = OUTCOME_ACCEPTED;
    (void)text_copy(event->auth.host, sizeof(event->auth.host), server->host);
    (void)text_copy(event->auth.path, sizeof(event->auth.path), server->path);
    if (server->sni[0] != '\0') {
        (void)text_copy(tls.server_name, sizeof(tls.server_name), server->sni);
        event->tls = &tls;
    }
    if (server->tunnel[0] != '\0') {
        event->tunnel = TUNNEL_CONNECT;
        event->tunnel_target = server->tunnel;
    }
    stage_say(stage);
}

static void a_server_is_known_by_name_then_range_then_path(void **state)
{
    static const struct server servers[] = {
        {"192.0.2.1", 80, "outlook.office365.com", "", "", "/x", SERVICE_EWS,
         "ews exchange-online AllowBasicAuthWebServices outlook.office365.com host "
         "outlook.office365.com\n"},
        {"192.0.2.1", 80, "Outlook.Office365.COM:443", "", "", "/x", SERVICE_MAPI,
         "mapi exchange-online AllowBasicAuthMapi Outlook.Office365.COM host "
         "Outlook.Office365.COM:443\n"},
        {"192.0.2.1", 443, "", "contoso.mail.protection.outlook.com", "", "", SERVICE_SMTP,
         "smtp exchange-online AllowBasicAuthSmtp contoso.mail.protection.outlook.com host "
         "contoso.mail.protection.outlook.com\n"},
        {"52.96.0.10", 80, "", "", "", "/x", SERVICE_EAS,
         "eas exchange-online AllowBasicAuthActiveSync - range 52.96.0.0/14\n"},
        {"2603:1016::1", 80, "", "", "", "/x", SERVICE_EAS,
         "eas exchange-online AllowBasicAuthActiveSync - range 2603:1016::/36\n"},
        {"192.0.2.1", 587, "smtp-mail.outlook.com", "", "", "", SERVICE_SMTP,
         "smtp exchange-online-consumer - smtp-mail.outlook.com host smtp-mail.outlook.com\n"},
        {"192.0.2.1", 80, "mail.contoso.com", "", "", "/EWS/Exchange.asmx", SERVICE_EWS,
         "ews exchange-onprem BlockLegacyAuthWebServices mail.contoso.com path "
         "/ews/exchange.asmx\n"},
        {"192.0.2.1", 80, "mail.contoso.com", "", "", "/Microsoft-Server-ActiveSync", SERVICE_EAS,
         "eas unknown unknown mail.contoso.com -\n"},
        {"192.0.2.1", 80, "www.contoso.com", "", "", "/", SERVICE_HTTP,
         "http unknown - www.contoso.com -\n"},
        {"192.0.2.1", 80, "imap.gmail.com", "", "", "/", SERVICE_IMAP,
         "imap other - imap.gmail.com host imap.gmail.com\n"},
        /* a proxy inside the range is no Exchange Online */
        {"52.96.0.10", 3128, "", "", "10.9.9.9:443", "/x", SERVICE_EAS,
         "eas unknown unknown 10.9.9.9 -\n"},
        {"10.9.9.9", 3128, "", "", "outlook.office365.com:443", "/x", SERVICE_EAS,
         "eas exchange-online AllowBasicAuthActiveSync outlook.office365.com host "
         "outlook.office365.com:443\n"},
        {"10.9.9.9", 3128, "", "", "52.96.0.10:443", "/x", SERVICE_EAS,
         "eas exchange-online AllowBasicAuthActiveSync 52.96.0.10 host 52.96.0.10:443\n"},
        {"10.9.9.9", 3128, "", "", "[2603:1016::1]:443", "/x", SERVICE_EAS,
         "eas exchange-online AllowBasicAuthActiveSync 2603:1016::1 host "
         "[2603:1016::1]:443\n"},
        {"2001:db8::1", 80, "2001:db8::1", "", "", "/x", SERVICE_EAS,
         "eas unknown unknown 2001:db8::1 -\n"},
        {"192.0.2.1", 80, "2603:1016::1", "", "", "/x", SERVICE_EAS,
         "eas exchange-online AllowBasicAuthActiveSync 2603:1016::1 host 2603:1016::1\n"},
        /* credentials for a proxy: where it leads to does not matter */
        {"10.9.9.9", 3128, "outlook.office365.com", "", "", "", SERVICE_PROXY,
         "proxy other - - proxy\n"},
    };
    struct stage stage;

    (void)state;
    stage_init(&stage);
    stage.fields = "basictap.service,basictap.target,basictap.switch,destination.domain,basictap."
                   "target_reason";
    stage_open(&stage);
    for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
        send_request(&stage, &servers[i], 1);
        stage_expect(&stage, servers[i].line);
    }
    stage_close(&stage);
}

static void a_name_that_merely_contains_another_is_not_it(void **state)
{
    static const char *const names[] = {"outlook.office365.com.evil.example",
                                        "xoutlook.office365.com", "protection.outlook.com.", ""};
    static const enum target targets[] = {TARGET_UNKNOWN, TARGET_UNKNOWN, TARGET_ONLINE,
                                          TARGET_UNKNOWN};
    struct stage stage;
    struct address address = stage_address("192.0.2.1");

    (void)state;
    stage_init(&stage);
    stage_open(&stage);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(detector_target(stage.detector, names[i], &address), targets[i]);
    }
    stage_close(&stage);
}

static void offer(struct stage *stage, const char *banner, bool headers)
{
    struct event *event = stage_event(stage, EVENT_OFFER, SERVICE_IMAP, 0);

    (void)text_copy(event->offer.banner, sizeof(event->offer.banner), banner);
    event->offer.exchange_headers = headers;
    stage_say(stage);
}

static void a_server_is_what_it_says(void **state)
{
    static const struct {
        const char *banner;
        bool headers;
        const char *line;
    } cases[] = {
        {"* OK The Microsoft Exchange IMAP4 service is ready.", false,
         "exchange-onprem BlockLegacyAuthImap banner\n"},
        {"220 mail Microsoft ESMTP MAIL Service ready", false,
         "exchange-onprem BlockLegacyAuthImap banner\n"},
        {"* OK [CAPABILITY IMAP4rev1] Dovecot ready.", false, "other - banner\n"},
        {"nginx", true, "exchange-onprem BlockLegacyAuthImap exchange headers\n"},
        {"* OK ready", false, "unknown unknown -\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stage stage;

        stage_init(&stage);
        stage.fields = "basictap.target,basictap.switch,basictap.target_reason";
        stage_open(&stage);
        offer(&stage, cases[i].banner, cases[i].headers);
        stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
        stage_expect(&stage, cases[i].line);
        stage_close(&stage);
    }
}

static void basic(struct stage *stage, const char *host, bool is_relayed, enum target server)
{
    struct event *event = stage_event(stage, EVENT_AUTH, SERVICE_HTTP, 1);

    event->is_relayed = is_relayed;
    event->auth.mechanism = MECHANISM_HTTP_BASIC;
    event->auth.outcome = OUTCOME_ACCEPTED;
    event->auth.server = server;
    (void)text_copy(event->auth.host, sizeof(event->auth.host), host);
    stage_say(stage);
}

/* The address of a forward proxy is everybody's; only the answer to a request tells who gave it. */
static void what_a_proxy_passes_on_says_nothing_of_others(void **state)
{
    struct stage stage;
    struct event *event;

    (void)state;
    stage_init(&stage);
    stage.fields = "destination.domain,basictap.target,basictap.target_reason";
    stage_open(&stage);
    event = stage_event(&stage, EVENT_OFFER, SERVICE_HTTP, 0);
    event->is_relayed = true;
    event->offer.exchange_headers = true;
    (void)text_copy(event->offer.banner, sizeof(event->offer.banner), "Microsoft Exchange");
    stage_say(&stage);
    basic(&stage, "mail.contoso.com", true, TARGET_ONPREM);
    basic(&stage, "autodiscover.contoso.com", true, TARGET_ONLINE);
    basic(&stage, "intranet.example", true, TARGET_UNKNOWN);
    basic(&stage, "outlook.office365.com", true, TARGET_ONPREM);
    basic(&stage, "", false, TARGET_UNKNOWN);
    stage_expect(&stage, "mail.contoso.com exchange-onprem exchange headers\n"
                         "autodiscover.contoso.com exchange-online exchange headers\n"
                         "intranet.example unknown -\n"
                         "outlook.office365.com exchange-online host outlook.office365.com\n"
                         "- unknown -\n");
    offer(&stage, "* OK The Microsoft Exchange IMAP4 service is ready.", false);
    basic(&stage, "www.example", true,
          TARGET_UNKNOWN); /* and what it is itself says nothing of them */
    basic(&stage, "www.example", false, TARGET_UNKNOWN);
    stage_expect(&stage, "www.example unknown -\nwww.example exchange-onprem banner\n");
    stage_close(&stage);
}

/* A mail gateway and Exchange often stand behind one address. */
static void a_banner_of_another_outweighs_no_path_of_exchange(void **state)
{
    struct stage stage;
    struct event *event;

    (void)state;
    stage_init(&stage);
    stage.fields = "url.path,basictap.service,basictap.target,basictap.target_reason";
    stage_open(&stage);
    offer(&stage, "220 mx.contoso.com ESMTP Postfix", false);
    for (size_t i = 0; i < 2; i++) {
        event = stage_event(&stage, EVENT_AUTH, SERVICE_HTTP, 1);
        event->auth.mechanism = MECHANISM_HTTP_BASIC;
        (void)text_copy(event->auth.path, sizeof(event->auth.path),
                        i == 0 ? "/EWS/Exchange.asmx" : "/");
        (void)text_copy(event->auth.user, sizeof(event->auth.user), i == 0 ? "bob" : "ann");
        stage_say(&stage);
    }
    stage_expect(&stage, "/EWS/Exchange.asmx ews exchange-onprem path /ews/exchange.asmx\n"
                         "/ http other banner\n");
    stage_close(&stage);
}

static void a_name_from_dns_holds_for_its_lifetime(void **state)
{
    struct stage stage;
    struct event *event;

    (void)state;
    stage_init(&stage);
    stage.fields = "basictap.target,destination.domain";
    stage_open(&stage);
    event = stage_event(&stage, EVENT_NAME, SERVICE_UNKNOWN, 10);
    event->name.source = NAME_DNS;
    event->name.address = stage_address("192.0.2.1");
    event->name.lifetime = 3600;
    (void)text_copy(event->name.name, sizeof(event->name.name), "outlook.office365.com");
    stage_say(&stage);
    stage_login(&stage, 20, "bob", OUTCOME_ACCEPTED);
    stage_login(&stage, 4000, "ann", OUTCOME_ACCEPTED);
    stage_expect(&stage, "exchange-online outlook.office365.com\nunknown -\n");
    stage_close(&stage);
}

static void tls(struct stage *stage, const char *address, uint16_t port, const char *name,
                enum service service)
{
    struct event *event = stage_event(stage, EVENT_TLS, service, 1);

    stage->origin.server = stage_address(address);
    stage->origin.server_port = port;
    (void)text_copy(event->hello.server_name, sizeof(event->hello.server_name), name);
    stage_say(stage);
}

static void tls_is_told_where_it_concerns_mail_alone(void **state)
{
    struct stage stage;

    (void)state;
    stage_init(&stage);
    stage.fields = "basictap.kind,basictap.service,basictap.family,basictap.certainty,"
                   "basictap.target,network.protocol,event.action";
    stage_open(&stage);
    tls(&stage, "192.0.2.1", 443, "www.example.com", SERVICE_UNKNOWN);
    tls(&stage, "192.0.2.1", 443, "www.example.com", SERVICE_HTTP);
    tls(&stage, "192.0.2.1", 443, "", SERVICE_UNKNOWN);
    stage_expect(&stage, "");
    tls(&stage, "192.0.2.1", 993, "", SERVICE_UNKNOWN);
    tls(&stage, "192.0.2.1", 143, "", SERVICE_IMAP);
    tls(&stage, "192.0.2.1", 443, "smtp.office365.com", SERVICE_UNKNOWN);
    tls(&stage, "52.96.0.10", 443, "", SERVICE_UNKNOWN);
    stage_expect(&stage, "tls imap unknown possible unknown tls tls-session\n"
                         "tls imap unknown possible unknown tls tls-session\n"
                         "tls smtp unknown possible exchange-online tls tls-session\n"
                         "tls unknown unknown possible exchange-online tls tls-session\n");
    stage_close(&stage);
}

static void switches_are_those_of_the_schema(void **state)
{
    (void)state;
    assert_string_equal(policy_switch(SERVICE_OAB, TARGET_ONLINE),
                        "AllowBasicAuthOfflineAddressBook");
    assert_string_equal(policy_switch(SERVICE_OAB, TARGET_ONPREM),
                        "BlockLegacyAuthOfflineAddressBook");
    assert_string_equal(policy_switch(SERVICE_SMTP, TARGET_ONPREM), "");
    assert_string_equal(policy_switch(SERVICE_SMTP, TARGET_UNKNOWN), "unknown");
    assert_string_equal(policy_switch(SERVICE_IMAP, TARGET_CONSUMER), "");
    assert_string_equal(policy_switch(SERVICE_PROXY, TARGET_ONLINE), "");
    assert_string_equal(policy_switch(SERVICE_HTTP, TARGET_UNKNOWN), "");
    assert_string_equal(policy_client_app(SERVICE_POP), "POP3");
    assert_string_equal(policy_client_app(SERVICE_OWA), "Other clients");
    assert_string_equal(policy_client_app(SERVICE_PROXY), "");
}

static struct services *parse(const char *text)
{
    struct diag diag = {{0}};
    struct services *services = services_parse("s.yml", bytes_of_text(text), &diag);

    assert_non_null(services);
    return services;
}

static void the_first_range_that_holds_an_address_counts(void **state)
{
    static const struct {
        const char *address;
        const char *why; /* NULL: in no range */
    } cases[] = {
        {"96.0.0.1", "96.0.0.0/3"},
        {"127.255.255.255", "96.0.0.0/3"},
        {"95.255.255.255", NULL},
        {"128.0.0.0", NULL},
        {"10.1.2.3", "10.1.0.0/16"},
        {"10.2.2.3", "10.0.0.0/8"},
        {"11.0.0.1", NULL},
        {"6000::1", NULL}, /* 96 is its first octet too */
        {"2001:db8::1", "2001:db8::/32"},
        {"2001:db9::1", NULL},
    };
    struct services *services = parse(
        "- {target: other, ranges: [96.0.0.0/3, 10.1.0.0/16, 10.0.0.0/8, '2001:db8::/32']}\n");
    struct services *all = parse("- {target: other, ranges: [0.0.0.0/0]}\n");

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct address address = stage_address(cases[i].address);
        const char *why = services_by_address(services, &address).why;

        if (cases[i].why == NULL) {
            assert_null(why);
        } else {
            assert_non_null(why);
            assert_string_equal(why, cases[i].why);
        }
        assert_int_equal(services_by_address(all, &address).target,
                         address.version == 4 ? TARGET_OTHER : TARGET_UNKNOWN);
    }
    services_free(services);
    services_free(all);
}

static void a_name_is_answered_alike_again_and_again(void **state)
{
    static const struct {
        const char *name;
        enum target target;
    } cases[] = {
        {"mail.example", TARGET_OTHER},    {"MAIL.example:443", TARGET_OTHER},
        {"mail.example.", TARGET_OTHER},   {"xmail.example", TARGET_UNKNOWN},
        {"a.b.example.net", TARGET_OTHER}, {"10.9.9.9", TARGET_OTHER},
        {"11.9.9.9", TARGET_UNKNOWN},      {"", TARGET_UNKNOWN},
    };
    struct services *services = parse("- target: other\n  hosts: [mail.example, '*.example.net']\n"
                                      "  ranges: [10.0.0.0/8]\n");

    (void)state;
    for (size_t turn = 0; turn < 3; turn++) {
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            assert_int_equal(services_by_host(services, cases[i].name).target, cases[i].target);
        }
    }
    assert_int_equal(services_by_host(services, NULL).target, TARGET_UNKNOWN);
    services_free(services);
}

static void a_bad_table_says_where_and_why(void **state)
{
    static const struct {
        const char *text;
        const char *words;
    } cases[] = {
        {"a: 1\n", "s.yml:1:1: a list is wanted"},
        {"- hosts: [a]\n", "s.yml:1:3: 'target' or 'service' is missing"},
        {"- {target: moon, hosts: [a]}\n", "s.yml:1:12: unknown target"},
        {"- {target: other, hots: [a]}\n", "s.yml:1:19: unknown key 'hots'"},
        {"- {target: other, hosts: ['a*b']}\n", "s.yml:1:27: a host is a name or *.name"},
        {"- {target: other, hosts: [a, A]}\n", "s.yml:1:30: 'A' is here twice"},
        {"- {target: other, ranges: [10.0.0.0]}\n", "s.yml:1:28: '10.0.0.0' is no address range"},
        {"- {service: imap, ports: [70000]}\n", "s.yml:1:27: '70000' is no port"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct diag diag = {{0}};

        assert_null(services_parse("s.yml", bytes_of_text(cases[i].text), &diag));
        assert_string_equal(diag.text, cases[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_is_known_by_name_then_range_then_path),
        cmocka_unit_test(a_name_that_merely_contains_another_is_not_it),
        cmocka_unit_test(a_server_is_what_it_says),
        cmocka_unit_test(what_a_proxy_passes_on_says_nothing_of_others),
        cmocka_unit_test(a_banner_of_another_outweighs_no_path_of_exchange),
        cmocka_unit_test(a_name_from_dns_holds_for_its_lifetime),
        cmocka_unit_test(tls_is_told_where_it_concerns_mail_alone),
        cmocka_unit_test(switches_are_those_of_the_schema),
        cmocka_unit_test(the_first_range_that_holds_an_address_counts),
        cmocka_unit_test(a_name_is_answered_alike_again_and_again),
        cmocka_unit_test(a_bad_table_says_where_and_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
