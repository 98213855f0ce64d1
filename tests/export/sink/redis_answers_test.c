/* Every answer that is no success: the words for it, and that nothing is lost. */
#include <signal.h>
#include <sys/socket.h>

#include "tests/export/sink/redis_load.h"

/* A server that gives one answer to whatever comes. */
struct parrot {
    int fd;
    unsigned port;
    const char *answer;
    pthread_t thread;
};

static void *answer_all(void *of)
{
    struct parrot *parrot = of;
    int peer;

    while ((peer = accept(parrot->fd, NULL, NULL)) >= 0) {
        char heard[65536];

        while (recv(peer, heard, sizeof(heard), 0) > 0) {
            (void)send(peer, parrot->answer, strlen(parrot->answer), MSG_NOSIGNAL);
        }
        (void)close(peer);
    }
    return NULL;
}

static void start_parrot(struct parrot *parrot, const char *answer)
{
    *parrot = (struct parrot){.answer = answer};
    parrot->fd = silent_server(&parrot->port);
    assert_int_equal(pthread_create(&parrot->thread, NULL, answer_all, parrot), 0);
}

static void stop_parrot(struct parrot *parrot)
{
    (void)shutdown(parrot->fd, SHUT_RDWR);
    (void)pthread_join(parrot->thread, NULL);
    (void)close(parrot->fd);
}

static const struct {
    const char *answer;
    const char *words;
} answers[] = {
    {"-LOADING Redis is loading the dataset in memory\r\n",
     "LOADING: it is still loading its data"},
    {"-MASTERDOWN Link with MASTER is down\r\n", "MASTERDOWN: it is a replica that has lost"},
    {"-CLUSTERDOWN The cluster is down\r\n", "CLUSTERDOWN: the Cluster is down"},
    {"-BUSY Redis is busy running a script\r\n", "BUSY: it is busy with a script"},
    {"-MISCONF Errors writing to the AOF file\r\n", "MISCONF: it cannot write to its disk"},
    {"-NOREPLICAS Not enough good replicas\r\n", "NOREPLICAS: it has too few replicas"},
    {"-TRYAGAIN Multiple keys request during rehashing\r\n", "TRYAGAIN: our slot is moving"},
    {"-OOM command not allowed\r\n", "OOM: its memory is full"},
    {"-READONLY You can't write against a read only replica.\r\n", "READONLY: it is a replica"},
    {"-NOAUTH Authentication required.\r\n", "NOAUTH: it wants a password"},
    {"-NOPERM this user has no permissions\r\n", "NOPERM: the user may not do that"},
    {"-DENIED Redis is running in protected mode\r\n", "DENIED: it takes no connections"},
    {"-WRONGTYPE basictap:v1:seen\r\n", "remove it: basictap:v1:seen"},
    {"-CROSSSLOT Keys in request don't hash to the same slot\r\n", "CROSSSLOT: it is a Cluster"},
    {"-MOVED 1 nowhere\r\n", "MOVED, but not where to"},
    {"-MOVED\r\n", "MOVED, but not where to"},
    {"-MOVED 1 :1\r\n", "Connection refused"},
    {"-ASK 1 127.0.0.1:1\r\n", "Connection refused"},
    {"-ERR unknown command 'AUTH', with args beginning with: '" SECRET "'\r\n",
     "the server said ERR"},
    {"-" SECRET "\r\n", "the server said ERR"},
    {"-\r\n", "the server said ERR"},
    {"+OK\r\n", "does not speak as Redis does"},
    {":5\r\n", "does not speak as Redis does"},
    {"*2\r\n$1\r\nx\r\n$0\r\n\r\n", "does not speak as Redis does"},
    {"*2\r\n$-1\r\n*0\r\n", "does not speak as Redis does"},
    {"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak as Redis does"},
    {"$99999999999\r\n", "no answer for 0.3 s"},
};

static void every_answer_has_its_words_and_nothing_is_lost(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct bench bench;
        struct parrot parrot;
        char url[64];

        prepare(&bench, "");
        start_parrot(&parrot, answers[i].answer);
        (void)snprintf(url, sizeof(url), "redis://127.0.0.1:%u", parrot.port);
        bench.options.redis.url = url;
        bench.options.redis.timeout_ms = 300;
        open_exporter(&bench);
        put_logins(&bench, 0, 3);
        if (!comes_to_be_told(&bench, answers[i].words)) {
            print_message("%s told instead: %s\n", answers[i].answer, bench.told.words);
            fail();
        }
        assert_int_equal(times_told(&bench, SECRET), 0);
        assert_int_equal(stats_of(&bench).waiting, 3);
        finish(&bench);
        stop_parrot(&parrot);
    }
}

static void a_busy_server_is_waited_for(void **state)
{
    struct bench bench;

    (void)state;
    prepare(&bench, "");
    bench.server.extra = "busy-reply-threshold 50\n";
    redis_server_start(&bench.server);
    open_exporter(&bench);
    put_logins(&bench, 0, 3);
    assert_true(exporter_flush(bench.exporter, 5000));
    (void)redis_server_ask(&bench.server, "EVAL 'while true do end' 0 >/dev/null & sleep 0.2");
    put_logins(&bench, 3, 6);
    assert_true(comes_to_be_told(&bench, "BUSY: it is busy with a script"));
    expect(&bench, "SCRIPT KILL", "OK");
    assert_true(exporter_flush(bench.exporter, 20000));
    expect_each_once(&bench.server, "basictap:v1:findings", 6);
    finish(&bench);
}

/* A right that is missing within the function is the server's fault, not the records'. */
static void a_right_that_is_missing_is_told_and_nothing_is_given_up(void **state)
{
    struct bench bench;
    char url[96];

    (void)state;
    prepare(&bench, "");
    redis_server_start(&bench.server);
    expect(&bench, "ACL SETUSER tap on '>" SECRET "' '~basictap:v1:*' '&*' +@all -xadd", "OK");
    (void)snprintf(url, sizeof(url), "redis://tap@127.0.0.1:%u/0", bench.server.port);
    bench.options.redis.url = url;
    bench.options.redis.password = SECRET;
    open_exporter(&bench);
    put_logins(&bench, 0, 300);
    assert_true(comes_to_be_told(
        &bench, "NOPERM: the user may not do that (ACL): basictap:v1:findings XADD"));
    (void)usleep(500000);
    assert_int_equal(stats_of(&bench).not_sent, 0);
    expect(&bench, "EXISTS basictap:v1:findings", "0");
    expect(&bench, "ACL SETUSER tap +xadd", "OK");
    assert_true(exporter_flush(bench.exporter, 30000));
    expect_each_once(&bench.server, "basictap:v1:findings", 300);
    expect(&bench, "HGET basictap:v1:device:mac:00-1B-54-AA-00-01 basic", "300");
    finish(&bench);
}

static void a_server_that_stops_in_the_middle_is_waited_for(void **state)
{
    struct bench bench;

    (void)state;
    prepare(&bench, "");
    bench.options.redis.timeout_ms = 300;
    redis_server_start(&bench.server);
    open_exporter(&bench);
    put_logins(&bench, 0, 100);
    assert_true(exporter_flush(bench.exporter, 5000));
    assert_int_equal(kill(bench.server.pid, SIGSTOP), 0);
    put_logins(&bench, 100, 3000);
    assert_true(comes_to_be_told(&bench, "no answer for 0.3 s"));
    assert_int_equal(kill(bench.server.pid, SIGCONT), 0); /* and what it had read, it applies now */
    assert_true(exporter_flush(bench.exporter, 20000));
    expect_each_once(&bench.server, "basictap:v1:findings", 3000);
    expect(&bench, "HGET basictap:v1:device:mac:00-1B-54-AA-00-01 basic", "3000");
    finish(&bench);
}

static void a_node_whose_cluster_is_down_is_waited_for(void **state)
{
    struct bench bench;
    char url[64];
    char extra[64];

    (void)state;
    prepare(&bench, "");
    (void)snprintf(extra, sizeof(extra), "cluster-enabled yes\ncluster-port %u\n", port_take());
    bench.server.extra = extra;
    redis_server_start(&bench.server);
    (void)snprintf(url, sizeof(url), "redis+cluster://127.0.0.1:%u", bench.server.port);
    bench.options.redis.url = url;
    open_exporter(&bench);
    put_logins(&bench, 0, 3);
    assert_true(comes_to_be_told(&bench, "CLUSTERDOWN: the Cluster is down, or nobody serves"));
    expect(&bench, "CLUSTER ADDSLOTSRANGE 0 16383", "OK");
    assert_true(exporter_flush(bench.exporter, 20000));
    expect_each_once(&bench.server, "'{basictap:0}:v1:findings'", 3);
    finish(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_has_its_words_and_nothing_is_lost),
        cmocka_unit_test(a_busy_server_is_waited_for),
        cmocka_unit_test(a_right_that_is_missing_is_told_and_nothing_is_given_up),
        cmocka_unit_test(a_server_that_stops_in_the_middle_is_waited_for),
        cmocka_unit_test(a_node_whose_cluster_is_down_is_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
