/* By rules/services.yml as it is installed; no detector has learned anything. */
#include "sensor/endpoint.h"

#include "sensor/shapes.h"
#include "tests/support/test.h"

static struct detector *detector;

static void on_finding(void *ctx, const struct finding *finding)
{
    (void)ctx;
    (void)finding;
}

static int set_up(void **state)
{
    const struct detector_options options = {
        .rules_directory = SOURCE_DIR "/rules", .sensor_name = "tap-1", .on_finding = on_finding};
    struct diag diag = {{0}};

    (void)state;
    detector = detector_new(&options, &diag);
    if (detector == NULL) {
        fail_msg("%s", diag.text);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    detector_free(detector);
    return 0;
}

static void expect(const char *name, uint16_t port, enum service service, enum target target,
                   bool is_wanted)
{
    const struct origin origin = {.server_port = port};
    struct endpoint endpoint;

    endpoint_find(detector, name, port != 0 ? &origin : NULL, &endpoint);
    assert_int_equal(endpoint.service, service);
    assert_int_equal(endpoint.target, target);
    assert_int_equal(endpoint.is_wanted, is_wanted);
}

static void mail_is_known_by_its_port(void **state)
{
    (void)state;
    expect("", 993, SERVICE_IMAP, TARGET_UNKNOWN, true);
    expect("outlook.office365.com", 995, SERVICE_POP, TARGET_ONLINE, true);
    expect("mail.example.org", 587, SERVICE_SMTP, TARGET_UNKNOWN, true);
}

static void https_is_wanted_where_it_may_be_exchange(void **state)
{
    (void)state;
    expect("outlook.office365.com", 443, SERVICE_HTTP, TARGET_ONLINE, true);
    expect("Mail.contoso.com", 443, SERVICE_HTTP, TARGET_UNKNOWN, true);
    expect("www.contoso.com", 443, SERVICE_HTTP, TARGET_UNKNOWN, false);
    expect("mail", 443, SERVICE_HTTP, TARGET_UNKNOWN, false); /* a label has more behind it */
    expect("", 443, SERVICE_HTTP, TARGET_UNKNOWN, false);
}

static void a_tunnel_is_known_by_its_target(void **state)
{
    (void)state;
    expect("outlook.office365.com:993", 0, SERVICE_IMAP, TARGET_ONLINE, true);
    expect("www.example.org:443", 0, SERVICE_HTTP, TARGET_UNKNOWN, false);
    expect("[2603:1026::1]:587", 0, SERVICE_SMTP, TARGET_ONLINE, true);
}

static void an_address_tells_what_no_name_does(void **state)
{
    struct origin origin = {.server_port = 443};
    struct endpoint endpoint;

    (void)state;
    assert_true(address_parse(BYTES("52.97.1.2"), &origin.server));
    endpoint_find(detector, "", &origin, &endpoint);
    assert_int_equal(endpoint.target, TARGET_ONLINE);
    assert_true(endpoint.is_wanted);
}

static void expect_refused(const char *text, const char *words)
{
    static struct shape_model model; /* too large for a stack */
    struct diag diag = {{0}};
    struct tree *tree = tree_parse("shapes.yml", bytes_of_text(text), &diag);

    assert_non_null(tree);
    assert_false(shapes_read(tree, &model, &diag));
    assert_string_equal(diag.text, words);
    tree_free(tree);
}

static void a_bad_model_is_refused_with_its_place(void **state)
{
    struct diag diag = {{0}};

    (void)state;
    assert_null(tree_read(SOURCE_DIR "/rules/missing.yml", &diag));
    expect_refused("ftp: {}\n", "shapes.yml:1:1: unknown key 'ftp'");
    expect_refused("- mail\n", "shapes.yml:1:1: a map with 'mail' and 'http' is wanted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mail_is_known_by_its_port),
        cmocka_unit_test(https_is_wanted_where_it_may_be_exchange),
        cmocka_unit_test(a_tunnel_is_known_by_its_target),
        cmocka_unit_test(an_address_tells_what_no_name_does),
        cmocka_unit_test(a_bad_model_is_refused_with_its_place),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
