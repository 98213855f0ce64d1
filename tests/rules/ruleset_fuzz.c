/* Rule files, services.yml and clients.yml from hostile bytes; a ruleset that loads is applied. */
#include <string.h>

#include "dissectors/base/text.h"
#include "rules/client.h"
#include "rules/correlation.h"
#include "rules/ruleset.h"
#include "rules/service.h"

static void on_alert(void *ctx, struct finding *alert)
{
    (void)ctx;
    (void)alert;
}

static void correlate(const struct ruleset *ruleset, const struct finding *finding,
                      const struct rule_hits *hits)
{
    static const uint8_t seed[HMAP_SEED_SIZE];

    for (size_t i = 0; i < ruleset_num_rules(ruleset); i++) {
        const struct rule *rule = ruleset_rule(ruleset, i);

        if (rule->correlation.type != CORRELATION_NONE) {
            struct correlation *correlation = correlation_new(rule, 4, seed, on_alert, NULL);

            struct parcel *parcel = NULL;

            if (correlation != NULL) {
                for (size_t times = 0; times < 2 && correlation_expect(correlation, finding, hits);
                     times++) {
                    correlation_observe(correlation, finding, hits, &parcel);
                }
                correlation_advance(correlation, (struct timestamp){UINT64_MAX});
                correlation_flush(correlation);
            }
            parcel_release(parcel, NULL);
            correlation_free(correlation);
        }
    }
}

static void apply(const struct ruleset *ruleset)
{
    struct finding finding = {.service = SERVICE_IMAP,
                              .mechanism = MECHANISM_IMAP_LOGIN,
                              .family = FAMILY_BASIC,
                              .outcome = OUTCOME_REJECTED,
                              .confidence = -1,
                              .client = {{10, 1, 2, 3}, 4},
                              .server_port = 143};
    struct rule_hits hits;
    uint64_t limits = 0;

    finding.start.ns = finding.last.ns = 1;
    (void)text_copy(finding.user, sizeof(finding.user), "bob@contoso.com");
    (void)text_copy(finding.software, sizeof(finding.software), "aaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    ruleset_match(ruleset, &finding, &hits, &limits);
    correlate(ruleset, &finding, &hits);
    ruleset_describe(ruleset, &hits, &finding);
}

static void ask_tables(struct bytes in)
{
    struct diag diag = {{0}};
    struct services *services = services_parse("s", in, &diag);
    struct clients *clients = clients_parse("c", in, &diag);
    struct client_words words = {"curl/7.88.1", "pc1", "iPhone"};
    uint64_t limits = 0;

    if (services != NULL) {
        (void)services_by_host(services, "mail.contoso.com:443");
        (void)services_by_path(services, "/ews/exchange.asmx");
        (void)services_by_banner(services, "* OK ready");
        (void)services_by_port(services, 993);
    }
    if (clients != NULL) {
        (void)clients_name(clients, &words, &limits);
    }
    services_free(services);
    clients_free(clients);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = bytes_view(data, size);
    struct diag diag = {{0}};
    struct ruleset *ruleset = ruleset_parse("fuzz", in, &diag);

    if (ruleset != NULL) {
        apply(ruleset);
    }
    ruleset_free(ruleset);
    ask_tables(in);
    return 0;
}
