/*
 * Public captures, where they are at hand (../shared/captures): server names as tshark 4.0 has
 * them, in its order; JA4 as FoxIO's own program published it (rust/ja4/src/snapshots of its
 * repository), and for version 2 as nDPI did.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dissectors/context.h"
#include "sensor/source.h"
#include "sensor/worker.h"
#include "tests/support/test.h"

enum { SKIPPED = 77, MAX_HELLOS = 64 };

static const char folder[] = SOURCE_DIR "/../shared/captures";

#define CHROME_111 "q13d0310h3_55b375c5d22e_cd85d2d88918"

struct hello {
    uint64_t frame;
    uint16_t client_port;
    const char *server_name;
};

static const struct capture {
    const char *name;
    const char *ja4; /* of all; NULL: nobody has published it */
    struct hello hellos[MAX_HELLOS];
} captures[] = {
    {"FoxIO-LLC+ja4/pcap__quic-tls-handshake.pcapng", CHROME_111, {{1, 59102, "www.google.com"}}},
    {"FoxIO-LLC+ja4/pcap__quic-with-several-tls-frames.pcapng",
     CHROME_111,
     {{1, 55906, "ogs.google.com"}}},
    {"FoxIO-LLC+ja4/pcap__tls-handshake.pcapng",
     CHROME_111,
     {{3, 59102, "www.google.com"},
      {4, 57816, "accounts.google.com"},
      {11, 55945, "www.googleapis.com"},
      {23, 49333, "update.googleapis.com"},
      {27, 57662, "encrypted-tbn0.gstatic.com"},
      {29, 60486, "history.google.com"},
      {31, 60845, "www.gstatic.com"},
      {35, 55906, "ogs.google.com"},
      {36, 61836, "aa.google.com"},
      {43, 59221, "content-autofill.googleapis.com"},
      {45, 51905, "encrypted-tbn0.gstatic.com"},
      {65, 51782, "safebrowsing.googleapis.com"},
      {66, 61730, "scontent-iad3-2.xx.fbcdn.net"},
      {67, 54980, "static.xx.fbcdn.net"},
      {71, 52166, "www.facebook.com"},
      {73, 59444, "static.xx.fbcdn.net"},
      {101, 60374, "video-iad3-2.xx.fbcdn.net"},
      {103, 55309, "content-autofill.googleapis.com"},
      {105, 50053, "optimizationguide-pa.googleapis.com"},
      {168, 57188, "lh5.googleusercontent.com"}}},
    {"OISF+suricata-verify/tests__ja4-rules__input.pcap",
     CHROME_111,
     {{47, 50280, "cloudflare-quic.com"}}},
    {"FoxIO-LLC+ja4/pcap__chrome-cloudflare-quic-with-secrets.pcapng",
     CHROME_111,
     {{47, 50280, "cloudflare-quic.com"}}},
    /* nDPI has h0, but the one protocol that is offered is "h3", as tshark has it too. */
    {"ntop+nDPI/tests__cfgs__default__pcap__quic-v2.pcapng",
     "q13d0310h3_55b375c5d22e_0a3b52e28cea",
     {{1, 42086, "test"}}},
    {"cisco+mercury/unit_tests__pcaps__geneve.pcap",
     NULL,
     {{41, 57172, "www.amazon.com"},
      {49, 55927, "www.cnn.com"},
      {70, 64835, "securepubads.g.doubleclick.net"},
      {84, 55701, "tpc.googlesyndication.com"},
      {88, 64979, "www.google.com"},
      {104, 52348, "securepubads.g.doubleclick.net"},
      {111, 58160, "registry.api.cnn.io"},
      {172, 56533, "www.google.com"},
      {182, 57899, "tag.bounceexchange.com"},
      {221, 52175, "www.google.com"},
      {248, 64478, "cm.g.doubleclick.net"},
      {301, 62439, "c.go-mpulse.net"},
      {309, 51358, "ad.doubleclick.net"},
      {328, 50234, "dmp.brand-display.com"},
      {330, 53592, "ad.doubleclick.net"},
      {333, 52993, "adservice.google.com"},
      {335, 53634, "ad.doubleclick.net"},
      {337, 57729, "ad.doubleclick.net"},
      {387, 57323, "api.btloader.com"},
      {397, 60616, "www.gstatic.com"},
      {439, 64341, "play.google.com"},
      {441, 60597, "adservice.google.com"}}},
};

struct reader {
    const struct capture *capture;
    size_t num;
};

static void on_event(void *ctx, struct event *event)
{
    struct reader *reader = ctx;
    const struct hello *hello = &reader->capture->hellos[reader->num];

    if (event->kind != EVENT_TLS || event->transport != TRANSPORT_QUIC) {
        return;
    }
    assert_true(reader->num < MAX_HELLOS && hello->server_name != NULL);
    assert_int_equal(event->at.frame, hello->frame);
    assert_int_equal(event->origin->client_port, hello->client_port);
    assert_string_equal(event->hello.server_name, hello->server_name);
    assert_string_equal(event->hello.version, "1.3");
    if (reader->capture->ja4 != NULL) {
        assert_string_equal(event->hello.ja4, reader->capture->ja4);
    }
    reader->num++;
}

static void read_capture(const struct capture *capture)
{
    static const uint8_t seed[HMAP_SEED_SIZE];
    static struct context context;
    struct reader reader = {.capture = capture};
    struct worker_options options = {
        .context = &context, .no_hints = true, .on_event = on_event, .ctx = &reader};
    struct source_options none = {0};
    char path[1024];
    const char *paths[] = {path};
    struct source *source;
    struct worker *worker;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, capture->name);
    assert_true(context_init(&context, 16, seed, NULL));
    worker = worker_new(&options, NULL);
    source = source_open_files(paths, 1, &none, NULL);
    assert_non_null(worker);
    assert_non_null(source);
    while (worker_pump(worker, source) == SOURCE_MORE) {
    }
    worker_end(worker);
    if (reader.num < MAX_HELLOS && capture->hellos[reader.num].server_name != NULL) {
        fail_msg("%s: %s was not said", capture->name, capture->hellos[reader.num].server_name);
    }
    source_close(source);
    worker_free(worker);
    context_clear(&context);
}

static void hellos_are_those_that_others_see(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(captures) / sizeof(captures[0]); i++) {
        read_capture(&captures[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hellos_are_those_that_others_see),
    };

    if (access(folder, R_OK) != 0) {
        print_message("skipped: no captures in %s\n", folder);
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
