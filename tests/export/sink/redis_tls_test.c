/* rediss://: whom we believe, and whom a real Redis believes. */
#include "tests/export/sink/redis_bench.h"

struct tls_bench {
    struct bench bench;
    char url[64];
    char files[5][128]; /* ca, other CA, client's certificate and key, one of the other CA */
    char extra[1024];
};
enum { CA, OTHER_CA, CLIENT, CLIENT_KEY, STRANGER };

/* A CA, what it signs, and a CA that nobody knows. */
static const char make_certificates[] =
    "cd '%s' && exec 2>/dev/null && key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes' && "
    "for ca in ca other; do openssl req -x509 $key -keyout $ca.key -out $ca.pem -days 30 "
    "-subj /CN=$ca; done && "
    "sign() { openssl req $key -keyout $1.key -out $1.csr -subj /CN=$1 && "
    "printf 'subjectAltName=%%s' \"$4\" >$1.ext && openssl x509 -req -in $1.csr -CA $2.pem "
    "-CAkey $2.key -CAcreateserial -days $3 -extfile $1.ext -out $1.pem; } && "
    "sign server ca 30 DNS:redis.test,IP:127.0.0.1 && sign old ca -1 DNS:redis.test,IP:127.0.0.1 "
    "&& sign client ca 30 DNS:tap && sign stranger other 30 DNS:tap && "
    "cat stranger.key >>stranger.pem";

static void prepare_files(struct tls_bench *tls)
{
    static const char *const names[] = {"ca.pem", "other.pem", "client.pem", "client.key",
                                        "stranger.pem"};
    char command[2048];

    (void)snprintf(command, sizeof(command), make_certificates, tls->bench.server.folder);
    if (system("command -v openssl >/dev/null") != 0) {
        print_message("the openssl command is not installed\n");
        skip();
    }
    assert_int_equal(system(command), 0);
    for (size_t i = 0; i < 5; i++) {
        (void)snprintf(tls->files[i], sizeof(tls->files[i]), "%s/%s", tls->bench.server.folder,
                       names[i]);
    }
}

/* A server with that certificate, which wants one of its clients. */
static void start_tls(struct tls_bench *tls, const char *certificate)
{
    const char *folder;
    unsigned port;

    prepare(&tls->bench, "");
    prepare_files(tls);
    folder = tls->bench.server.folder;
    port = port_take();
    (void)snprintf(tls->extra, sizeof(tls->extra),
                   "tls-port %u\ntls-ca-cert-file %s/ca.pem\ntls-cert-file %s/%s.pem\n"
                   "tls-key-file %s/%s.key\n",
                   port, folder, folder, certificate, folder, certificate);
    tls->bench.server.extra = tls->extra;
    redis_server_start(&tls->bench.server);
    (void)snprintf(tls->url, sizeof(tls->url), "rediss://127.0.0.1:%u", port);
    tls->bench.options.redis.url = tls->url;
    tls->bench.options.redis.tls = (struct transport_tls){
        .ca_file = tls->files[CA],
        .certificate_file = tls->files[CLIENT],
        .key_file = tls->files[CLIENT_KEY],
    };
}

static void expect_words(struct tls_bench *tls, const char *words)
{
    open_exporter(&tls->bench);
    put_logins(&tls->bench, 0, 3);
    if (!comes_to_be_told(&tls->bench, words)) {
        print_message("told instead: %s\n", tls->bench.told.words);
        fail();
    }
    assert_int_equal(stats_of(&tls->bench).not_sent, 0);
    exporter_close(tls->bench.exporter);
    tls->bench.exporter = NULL;
}

static void certificates_that_fit_carry_findings(void **state)
{
    struct tls_bench tls;

    (void)state;
    start_tls(&tls, "server");
    open_exporter(&tls.bench);
    put_logins(&tls.bench, 0, 2000); /* more than a record of TLS, both ways */
    assert_true(exporter_flush(tls.bench.exporter, 10000));
    expect(&tls.bench, "XLEN basictap:v1:findings", "2000");
    assert_int_equal(tls.bench.told.num, 0);
    exporter_close(tls.bench.exporter);

    tls.bench.options.redis.tls.name = "redis.test";
    open_exporter(&tls.bench);
    put_logins(&tls.bench, 2000, 2001);
    assert_true(exporter_flush(tls.bench.exporter, 10000));
    expect(&tls.bench, "XLEN basictap:v1:findings", "2001");
    assert_int_equal(tls.bench.told.num, 0);
    finish(&tls.bench);
}

static void a_wrong_name_is_told(void **state)
{
    struct tls_bench tls;

    (void)state;
    start_tls(&tls, "server");
    tls.bench.options.redis.tls.name = "mail.contoso.com";
    expect_words(&tls, "TLS: the server's certificate is not for mail.contoso.com");
    tls.bench.options.redis.tls.name = "127.0.0.2";
    expect_words(&tls, "TLS: the server's certificate is not for 127.0.0.2");
    expect(&tls.bench, "EXISTS basictap:v1:findings", "0");
    finish(&tls.bench);
}

static void an_expired_certificate_is_told_and_waited_for(void **state)
{
    struct tls_bench tls;
    char command[512];

    (void)state;
    start_tls(&tls, "old");
    open_exporter(&tls.bench);
    put_logins(&tls.bench, 0, 3);
    assert_true(comes_to_be_told(&tls.bench, "TLS: the server's certificate expired on 20"));
    (void)snprintf(command, sizeof(command),
                   "CONFIG SET tls-cert-file %s/server.pem tls-key-file %s/server.key",
                   tls.bench.server.folder, tls.bench.server.folder);
    expect(&tls.bench, command, "OK");
    assert_true(exporter_flush(tls.bench.exporter, 10000));
    expect(&tls.bench, "XLEN basictap:v1:findings", "3");
    finish(&tls.bench);
}

static void whom_we_do_not_know_is_told(void **state)
{
    struct tls_bench tls;

    (void)state;
    start_tls(&tls, "server");
    tls.bench.options.redis.tls.ca_file = tls.files[OTHER_CA];
    expect_words(&tls, "TLS: the server's certificate is signed by nobody whom we believe");
    tls.bench.options.redis.tls.ca_file = NULL; /* the system's */
    expect_words(&tls, "TLS: the server's certificate is signed by nobody whom we believe");
    finish(&tls.bench);
}

static void who_does_not_believe_us_is_told(void **state)
{
    struct tls_bench tls;

    (void)state;
    start_tls(&tls, "server");
    tls.bench.options.redis.tls.certificate_file = NULL;
    tls.bench.options.redis.tls.key_file = NULL;
    expect_words(&tls, "TLS: the server wants a client certificate");
    tls.bench.options.redis.tls.certificate_file = tls.files[STRANGER]; /* with its key */
    expect_words(&tls, "TLS: the server does not believe our certificate");
    tls.bench.options.redis.tls.certificate_file = "/nowhere/client.pem";
    expect_words(&tls, "TLS: /nowhere/client.pem: cannot be read");
    tls.bench.options.redis.tls.certificate_file = tls.files[CLIENT];
    tls.bench.options.redis.tls.key_file = tls.files[STRANGER];
    expect_words(&tls, "holds no key of that certificate");
    finish(&tls.bench);
}

static void a_port_without_tls_is_told(void **state)
{
    struct tls_bench tls;

    (void)state;
    start_tls(&tls, "server");
    (void)snprintf(tls.url, sizeof(tls.url), "rediss://127.0.0.1:%u", tls.bench.server.port);
    tls.bench.options.redis.timeout_ms = 500;
    expect_words(&tls, "TLS: no answer for 0.5 s; does the server speak TLS there?");
    finish(&tls.bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_that_fit_carry_findings),
        cmocka_unit_test(a_wrong_name_is_told),
        cmocka_unit_test(an_expired_certificate_is_told_and_waited_for),
        cmocka_unit_test(whom_we_do_not_know_is_told),
        cmocka_unit_test(who_does_not_believe_us_is_told),
        cmocka_unit_test(a_port_without_tls_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
