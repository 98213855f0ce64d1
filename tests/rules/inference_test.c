/* What one connection leaves open, others of the same device may say. */
#include "rules/inference.h"

#include <string.h>

#include "dissectors/base/text.h"
#include "tests/rules/stage.h"

static const uint8_t seed[HMAP_SEED_SIZE];

struct scene {
    struct inferences *inferences;
    struct identity device;
    struct origin origin;
    struct tls_event tls;
    struct inference inference; /* of the next connection */
    struct inference weighed;
    enum outcome outcome;
};

static void scene_open(struct scene *scene)
{
    struct diag diag = {""};
    struct tree *tree = tree_read(SOURCE_DIR "/rules/shapes.yml", &diag);

    memset(scene, 0, sizeof(*scene));
    scene->inferences = inferences_new(tree, seed, &diag);
    tree_free(tree);
    assert_string_equal(diag.text, "");
    assert_non_null(scene->inferences);
    scene->device = (struct identity){.key = {DEVICE_IP, 7}, .key_len = 2};
    scene->origin.server = stage_address("192.0.2.1");
    (void)text_copy(scene->tls.ja4, sizeof(scene->tls.ja4), "t13d1516h2_8daaf6152771_b0da82dd1658");
    (void)text_copy(scene->tls.server_name, sizeof(scene->tls.server_name), "mail.contoso.com");
}

static void scene_close(struct scene *scene)
{
    inferences_free(scene->inferences);
}

/* A connection of one HTTP/1 request, undecided by itself. */
static void one_request(struct scene *scene, uint32_t len, uint32_t answer)
{
    scene->inference = (struct inference){.verdict = INFERENCE_UNDECIDED, .evidence = "alone"};
    scene->inference.http = (struct http_shape){
        .first_request = len,
        .smallest_request = len,
        .largest_request = len,
        .token_bound = 880,
        .first_answer = answer,
        .requests = 1,
        .is_exact = true,
        .excludes_token = len<880, .is_refused = answer> 0 && answer <= 2200,
        .is_accepted = answer > 2200,
    };
}

static bool weigh(struct scene *scene, double seconds)
{
    struct event event = {
        .kind = EVENT_AUTH,
        .service = SERVICE_HTTP,
        .at.time.ns = (uint64_t)((1e6 + seconds) * 1e9),
        .origin = &scene->origin,
        .tls = &scene->tls,
        .inference = &scene->inference,
    };

    return inferences_weigh(scene->inferences, &event, &scene->device, &scene->weighed,
                            &scene->outcome);
}

static void fetch_token(struct scene *scene, const char *host, double seconds)
{
    struct event event = {
        .kind = EVENT_TLS,
        .at.time.ns = (uint64_t)((1e6 + seconds) * 1e9),
        .origin = &scene->origin,
        .hello = scene->tls,
    };

    assert_true(inferences_wants(scene->inferences, host));
    inferences_learn(scene->inferences, &event, &scene->device);
}

/* --- a retry on a connection of its own --- */

static void a_retry_that_grew_by_what_basic_takes_is_basic_likely(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene);
    one_request(&scene, 191, 318);
    assert_false(weigh(&scene, 0));
    one_request(&scene, 246, 3282); /* 55 = 23 + 32 */
    assert_true(weigh(&scene, 1));
    assert_int_equal(scene.weighed.verdict, INFERENCE_BASIC_LIKELY);
    assert_true(scene.weighed.confidence > 0.85);
    assert_int_equal(scene.outcome, OUTCOME_ACCEPTED);
    assert_int_equal(scene.weighed.http.growth, 55);
    assert_non_null(strstr(scene.weighed.evidence, "191"));
    assert_non_null(strstr(scene.weighed.evidence, "at most 64 more"));
    scene_close(&scene);
}

static void a_retry_that_is_refused_alike_was_rejected(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene);
    one_request(&scene, 191, 318);
    assert_false(weigh(&scene, 0));
    one_request(&scene, 246, 318);
    assert_true(weigh(&scene, 1));
    assert_int_equal(scene.weighed.verdict, INFERENCE_BASIC_LIKELY);
    assert_true(scene.weighed.confidence < 0.85);
    assert_int_equal(scene.outcome, OUTCOME_REJECTED);
    scene_close(&scene);
}

static void what_is_no_such_retry_stays_undecided(void **state)
{
    static const struct {
        uint32_t before;
        uint32_t len;
        uint32_t answer;
        double later;
    } cases[] = {
        {191, 245, 3282, 1},  /* 54: base64 never */
        {191, 191, 3282, 1},  /* did not grow */
        {191, 210, 3282, 1},  /* 19 */
        {191, 494, 3282, 1},  /* 303: longer than names and passwords are */
        {246, 191, 3282, 1},  /* shrank */
        {191, 246, 3282, 61}, /* too late */
        {191, 246, 0, 1},     /* no answer */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene scene;

        scene_open(&scene);
        one_request(&scene, cases[i].before, 318);
        assert_false(weigh(&scene, 0));
        one_request(&scene, cases[i].len, cases[i].answer);
        assert_false(weigh(&scene, cases[i].later));
        scene_close(&scene);
    }
}

static void another_program_server_or_device_is_no_retry(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene);
    one_request(&scene, 191, 318);
    assert_false(weigh(&scene, 0));
    one_request(&scene, 246, 3282);
    scene.tls.ja4[0] = 'q';
    assert_false(weigh(&scene, 1));
    scene.tls.ja4[0] = 't';
    scene.tls.server_name[0] = 'n';
    assert_false(weigh(&scene, 1));
    scene.tls.server_name[0] = 'm';
    scene.device.key[1] = 8;
    assert_false(weigh(&scene, 1));
    scene.device.key[1] = 7;
    assert_true(weigh(&scene, 1));
    scene_close(&scene);
}

static void lengths_that_cannot_be_compared_are_not(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene);
    one_request(&scene, 191, 318);
    assert_false(weigh(&scene, 0));
    one_request(&scene, 246, 3282);
    scene.inference.http.is_exact = false;
    assert_false(weigh(&scene, 1));
    scene.inference.http.is_exact = true;
    scene.inference.http.is_http2 = true;
    assert_false(weigh(&scene, 1));
    scene.inference.http.is_http2 = false;
    scene.inference.http.first_body = 402;
    assert_false(weigh(&scene, 1));
    scene_close(&scene);
}

/* --- tokens that were fetched --- */

static void a_fetched_token_explains_what_is_large(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene);
    one_request(&scene, 1500, 3282);
    assert_false(weigh(&scene, 0)); /* a body, perhaps */
    fetch_token(&scene, "login.microsoftonline.com", 1);
    assert_true(weigh(&scene, 2));
    assert_int_equal(scene.weighed.verdict, INFERENCE_TOKEN);
    assert_true(scene.weighed.confidence < 0.9);
    assert_true(scene.weighed.http.carries_token);
    scene.inference.verdict = INFERENCE_TOKEN_OR_TICKET; /* by itself already */
    scene.inference.confidence = 0.8;
    assert_true(weigh(&scene, 3));
    assert_true(scene.weighed.confidence < 0.9);
    scene.inference.confidence = 0.89;
    assert_true(weigh(&scene, 3));
    assert_int_equal(scene.weighed.verdict, INFERENCE_TOKEN);
    assert_true(scene.weighed.confidence > 0.88);
    assert_false(weigh(&scene, 2 * 86400)); /* long ago */
    scene_close(&scene);
}

static void a_fetched_token_says_nothing_of_small_requests_or_other_programs(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene);
    fetch_token(&scene, "sts.contoso.com", 0);
    one_request(&scene, 400, 3282);
    assert_false(weigh(&scene, 1));
    one_request(&scene, 1500, 3282);
    scene.tls.ja4[0] = 'q';
    assert_false(weigh(&scene, 2));
    scene_close(&scene);
}

static void names_of_those_who_give_tokens_are_known(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene);
    assert_true(inferences_wants(scene.inferences, "Login.MicrosoftOnline.com"));
    assert_true(inferences_wants(scene.inferences, "adfs.contoso.com"));
    assert_false(inferences_wants(scene.inferences, "login.microsoftonline.com.evil.example"));
    assert_false(inferences_wants(scene.inferences, "www.contoso.com"));
    assert_false(inferences_wants(scene.inferences, ""));
    scene_close(&scene);
}

/* --- repeats --- */

static void alike_requests_for_long_without_a_token_are_basic_likely(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene);
    one_request(&scene, 400, 3282);
    for (unsigned i = 0; i < 4; i++) {
        assert_false(weigh(&scene, i * 600));
    }
    assert_true(weigh(&scene, 2400));
    assert_int_equal(scene.weighed.verdict, INFERENCE_BASIC_LIKELY);
    assert_true(scene.weighed.confidence < 0.9);
    fetch_token(&scene, "login.windows.net", 2500);
    assert_false(weigh(&scene, 3000));
    scene_close(&scene);
}

static void repeats_that_prove_nothing_stay_undecided(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene);
    one_request(&scene, 120, 3282); /* a monitor */
    for (unsigned i = 0; i < 20; i++) {
        assert_false(weigh(&scene, i * 600));
    }
    one_request(&scene, 400, 700); /* refused */
    for (unsigned i = 0; i < 20; i++) {
        assert_false(weigh(&scene, 20000 + i * 600));
    }
    one_request(&scene, 400, 3282);
    for (unsigned i = 0; i < 20; i++) { /* within a moment */
        assert_false(weigh(&scene, 40000 + i));
    }
    one_request(&scene, 1500, 3282); /* a token, perhaps */
    assert_false(weigh(&scene, 50000));
    one_request(&scene, 400, 3282);
    for (unsigned i = 0; i < 20; i++) {
        assert_false(weigh(&scene, 50001 + i * 600));
    }
    scene_close(&scene);
}

/* --- the rest --- */

static void a_clients_certificate_may_be_the_login(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene);
    one_request(&scene, 350, 3282);
    scene.inference.verdict = INFERENCE_BASIC_LIKELY;
    scene.inference.confidence = 0.85;
    assert_false(weigh(&scene, 0));
    scene.tls.certificate_sent = true;
    assert_true(weigh(&scene, 1));
    assert_int_equal(scene.weighed.verdict, INFERENCE_UNDECIDED);
    assert_true(scene.weighed.confidence == 0);
    assert_int_equal(scene.outcome, OUTCOME_UNKNOWN);
    scene_close(&scene);
}

static void mail_is_left_alone(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene);
    scene.inference = (struct inference){.verdict = INFERENCE_PASSWORD, .confidence = 0.97};
    assert_false(weigh(&scene, 0));
    scene_close(&scene);
}

static void what_is_remembered_is_bounded_and_counted(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene);
    one_request(&scene, 191, 318);
    for (unsigned i = 0; i < 16384 + 10; i++) {
        scene.device.key_len = 4;
        memcpy(scene.device.key, &i, sizeof(i));
        assert_false(weigh(&scene, i));
    }
    assert_int_equal(inferences_evicted(scene.inferences), 10);
    scene_close(&scene);
}

static void without_a_file_nothing_is_weighed(void **state)
{
    struct diag diag = {""};
    struct scene scene;

    (void)state;
    scene_open(&scene);
    inferences_free(scene.inferences);
    scene.inferences = inferences_new(NULL, seed, &diag);
    assert_false(inferences_wants(scene.inferences, "login.microsoftonline.com"));
    one_request(&scene, 191, 318);
    assert_false(weigh(&scene, 0));
    one_request(&scene, 246, 3282);
    assert_false(weigh(&scene, 1));
    scene_close(&scene);
}

static void a_bad_file_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *text;
        const char *words;
    } cases[] = {
        {"mail: {}\n", "x.yml: 'http' has no 'connection' or no 'device'"},
        {"http:\n  connection: []\n  device:\n    numbers: []\n",
         "x.yml:4:5: 'token-hosts' or 'numbers' is missing"},
        {"http:\n  connection: []\n  device:\n    token-hosts: [a]\n    numbers: []\n    more: 1\n",
         "x.yml:6:5: unknown key 'more'"},
        {"http:\n  connection: []\n  device:\n    token-hosts: [a]\n    numbers: []\n",
         "x.yml:5:14: 'retry-seconds' is missing"},
        {"http:\n  connection: []\n  device:\n    token-hosts: a\n    numbers: []\n",
         "x.yml:4:18: a list of hosts belongs here"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct diag diag = {""};
        struct tree *tree = tree_parse("x.yml", bytes_of_text(cases[i].text), &diag);

        assert_non_null(tree);
        assert_null(inferences_new(tree, seed, &diag));
        assert_string_equal(diag.text, cases[i].words);
        tree_free(tree);
    }
}

/* Through the detector: the finding is of the weighed verdict. */
static void a_finding_says_what_was_weighed(void **state)
{
    struct stage stage;
    struct scene scene;

    (void)state;
    scene_open(&scene);
    stage_init(&stage);
    stage.fields = "basictap.inference.verdict,basictap.family,event.reason,basictap.confidence";
    stage_open(&stage);
    for (unsigned i = 0; i < 2; i++) {
        struct event *event = stage_event(&stage, EVENT_AUTH, SERVICE_HTTP, i);

        one_request(&scene, i == 0 ? 191 : 246, i == 0 ? 318 : 3282);
        event->certainty = CERTAINTY_INFERRED;
        event->auth.mechanism = MECHANISM_OTHER;
        event->tls = &scene.tls;
        event->inference = &scene.inference;
        stage_say(&stage);
    }
    stage_expect(&stage, "undecided unknown unknown 0\nbasic-likely basic accepted 0.88\n");
    stage_close(&stage);
    scene_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_retry_that_grew_by_what_basic_takes_is_basic_likely),
        cmocka_unit_test(a_retry_that_is_refused_alike_was_rejected),
        cmocka_unit_test(what_is_no_such_retry_stays_undecided),
        cmocka_unit_test(another_program_server_or_device_is_no_retry),
        cmocka_unit_test(lengths_that_cannot_be_compared_are_not),
        cmocka_unit_test(a_fetched_token_explains_what_is_large),
        cmocka_unit_test(a_fetched_token_says_nothing_of_small_requests_or_other_programs),
        cmocka_unit_test(names_of_those_who_give_tokens_are_known),
        cmocka_unit_test(alike_requests_for_long_without_a_token_are_basic_likely),
        cmocka_unit_test(repeats_that_prove_nothing_stay_undecided),
        cmocka_unit_test(a_clients_certificate_may_be_the_login),
        cmocka_unit_test(mail_is_left_alone),
        cmocka_unit_test(what_is_remembered_is_bounded_and_counted),
        cmocka_unit_test(without_a_file_nothing_is_weighed),
        cmocka_unit_test(a_bad_file_is_refused_with_its_place),
        cmocka_unit_test(a_finding_says_what_was_weighed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
