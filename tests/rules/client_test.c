#include "tests/support/test.h"

#include "rules/client.h"

static void known_programs_have_their_names(void **state)
{
    /* Samples of PROTOCOLS, section 2, and what the lab's clients say. */
    static const struct {
        const char *software;
        const char *hello;
        const char *device_type;
        const char *name;
    } cases[] = {
        {"Apple-iPhone15C4/2401.539000006", "", "iPhone", "Apple Mail iOS"},
        {"Apple-iPad1C1/902.206", "", "", "Apple Mail iPadOS"},
        {"iPhone Mail 21B101", "", "", "Apple Mail iOS"},
        {"Preferences/2027.0.6.101 CFNetwork/1 Darwin/27.0.0", "", "", "iOS account setup"},
        {"Outlook-iOS-Android/1.0", "", "Outlook", "Outlook mobile"},
        {"MSFT-WIN-3/10.0.17134", "", "WindowsMail", "Windows Mail"},
        {"Outlook/16.0 (16.0.7167.6539; C2R; x86)", "", "WindowsOutlook",
         "Outlook for Windows (ActiveSync)"},
        {"Android-Mail/2020.11.29.346182102.Release", "", "Android", "Gmail Android"},
        {"SAMSUNG-SM-G991B/101.13", "", "", "Samsung Email"},
        {"Android-SAMSUNG-SM-G960F/101.9", "", "", "Samsung Email"},
        {"Android/5.0.1-EAS-2.0", "", "", "Android Mail"},
        {"Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)", "", "",
         "Outlook for Windows"},
        {"Microsoft Office/15.0 (Windows NT 6.1; Microsoft Outlook 15.0.4420; Pro)", "", "",
         "Outlook for Windows 2013"},
        {"MSRPC", "", "", "Outlook Anywhere"},
        {"MacOutlook/14.2.0.101115 (Intel Mac OS X 10.6.7)", "", "", "Outlook for Mac"},
        {"Mac OS X/10.15.7 (19H15); ExchangeWebServices/10.0 (238); Mail/13.4", "", "",
         "Apple Mail macOS"},
        {"Mac OS X Mail 16.0 (3696.100.31)", "", "", "Apple Mail macOS"},
        {"ExchangeServicesClient/15.00.0913.015", "", "", "EWS Managed API"},
        {"exchangelib/5.0 (python-requests/2.28)", "", "", "exchangelib"},
        {"Microsoft WinRM Client", "", "", "Windows Remote Management"},
        {"Python WinRM client", "", "", "pywinrm"},
        {"Microsoft BITS/7.8", "", "", "BITS"},
        {"Mozilla/5.0 (X11; rv:38.0) Gecko/20100101 Thunderbird/38.2.0", "", "", "Thunderbird"},
        {"Mozilla/5.0 (Windows NT 10.0) Edge/90", "", "", "Browser"},
        {"curl/7.88.1", "", "", "curl"},
        {"", "hydra", "", "Hydra"},
        {"", "XC-B8C463", "", "Xerox printer"},
        {"", "pc06.corp.contoso.com", "", ""},
        {"", "", "", ""},
    };
    struct diag diag = {{0}};
    struct clients *clients = clients_load(SOURCE_DIR "/rules/clients.yml", &diag);
    uint64_t limits = 0;

    (void)state;
    assert_string_equal(diag.text, "");
    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) { /* again: remembered */
        size_t which = i % (sizeof(cases) / sizeof(cases[0]));
        const struct client_words words = {cases[which].software, cases[which].hello,
                                           cases[which].device_type};

        assert_string_equal(clients_name(clients, &words, &limits), cases[which].name);
    }
    assert_int_equal(limits, 0);
    clients_free(clients);
}

static void an_entry_may_want_words_to_be_absent(void **state)
{
    static const char table[] = "- {name: program, match: {software: x}}\n"
                                "- {name: phone, match: {device_type: y}}\n"
                                "- {name: silent, match: {software: null}}\n"
                                "- {name: last, match: {hello: z}}\n";
    static const struct {
        const struct client_words words;
        const char *name;
    } cases[] = {
        {{"x", "z", ""}, "program"}, {{"", "z", "y"}, "phone"}, {{"", "z", ""}, "silent"},
        {{"", "", ""}, "silent"},    {{"w", "z", ""}, "last"},  {{"w", "", ""}, ""},
    };
    struct diag diag = {{0}};
    struct clients *clients = clients_parse("c.yml", bytes_of_text(table), &diag);
    uint64_t limits = 0;

    (void)state;
    assert_non_null(clients);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(clients_name(clients, &cases[i].words, &limits), cases[i].name);
    }
    clients_free(clients);
}

static void a_bad_table_says_where_and_why(void **state)
{
    static const struct {
        const char *text;
        const char *words;
    } cases[] = {
        {"a: 1\n", "c.yml:1:1: a list is wanted"},
        {"- name: x\n", "c.yml:1:3: an entry is a name and a match"},
        {"- {name: '', match: {hello: x}}\n", "c.yml:1:10: a name has 1 to 95 bytes"},
        {"- {name: x, match: {helo: x}}\n", "c.yml:1:21: unknown field 'helo'"},
        {"[]\n---\n[]\n", "c.yml: one document is wanted"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct diag diag = {{0}};

        assert_null(clients_parse("c.yml", bytes_of_text(cases[i].text), &diag));
        assert_string_equal(diag.text, cases[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_programs_have_their_names),
        cmocka_unit_test(an_entry_may_want_words_to_be_absent),
        cmocka_unit_test(a_bad_table_says_where_and_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
