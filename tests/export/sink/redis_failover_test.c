/*
 * Sentinels and a Cluster whose master dies while findings arrive. Replication is asynchronous:
 * what the replica had not received is sent again from the mark that it holds.
 */
#include "dissectors/base/text.h"
#include "tests/export/sink/redis_load.h"

enum { PER_SECOND = 2000, SECONDS = 8, MAX_NODES = 6 };

struct fleet {
    struct bench bench; /* its own server is the first node */
    struct redis_server nodes[MAX_NODES];
    struct redis_server sentinels[3];
    char extras[MAX_NODES + 3][512];
    char url[256];
};

static struct redis_server *new_server(struct redis_server *server, char *extra)
{
    if (!redis_server_prepare(server, "")) {
        print_message("redis-server is not installed\n");
        skip();
    }
    server->extra = extra;
    return server;
}

static void finish_fleet(struct fleet *fleet, size_t num_nodes, size_t num_sentinels)
{
    exporter_close(fleet->bench.exporter);
    for (size_t i = 0; i < num_sentinels; i++) {
        redis_server_clear(&fleet->sentinels[i]);
    }
    for (size_t i = 0; i < num_nodes; i++) {
        redis_server_clear(&fleet->nodes[i]);
    }
}

static bool comes_to_say(const struct redis_server *server, const char *command, const char *words)
{
    for (int i = 0; i < 300; i++) {
        if (strstr(redis_server_ask(server, command), words) != NULL) {
            return true;
        }
        (void)usleep(100000);
    }
    return false;
}

/* Findings arrive; in the middle of it that server dies. How many they were. */
static unsigned load_and_kill(struct fleet *fleet, struct redis_server *victim)
{
    struct putter putter = {.bench = &fleet->bench, .per_second = PER_SECOND, .seconds = SECONDS};

    assert_int_equal(pthread_create(&putter.thread, NULL, put_all, &putter), 0);
    (void)usleep(2500000);
    assert_true(stats_of(&fleet->bench).sent > 0);
    redis_server_kill(victim);
    (void)pthread_join(putter.thread, NULL);
    assert_true(exporter_flush(fleet->bench.exporter, 60000));
    return putter.num;
}

/* ---- Sentinels ---- */

static void start_sentinels(struct fleet *fleet)
{
    for (size_t i = 0; i < 2; i++) {
        struct redis_server *node = new_server(&fleet->nodes[i], fleet->extras[i]);

        if (i > 0) {
            (void)snprintf(fleet->extras[i], sizeof(fleet->extras[i]),
                           "replicaof 127.0.0.1 %u\nrepl-diskless-sync-delay 0\n",
                           fleet->nodes[0].port);
        }
        redis_server_start(node);
    }
    assert_true(comes_to_say(&fleet->nodes[1], "INFO replication", "master_link_status:up"));
    for (size_t i = 0; i < 3; i++) {
        struct redis_server *sentinel = new_server(&fleet->sentinels[i], fleet->extras[2 + i]);

        sentinel->is_sentinel = true;
        (void)snprintf(fleet->extras[2 + i], sizeof(fleet->extras[2 + i]),
                       "sentinel monitor mail 127.0.0.1 %u 2\n"
                       "sentinel down-after-milliseconds mail 1000\n"
                       "sentinel failover-timeout mail 5000\n",
                       fleet->nodes[0].port);
        redis_server_start(sentinel);
    }
    for (size_t i = 0; i < 3; i++) {
        assert_true(comes_to_say(&fleet->sentinels[i],
                                 "SENTINEL MASTER mail | "
                                 "grep -A1 -E '^num-(slaves|other-sentinels)$' | tr '\\n' ' '",
                                 "num-slaves 1 num-other-sentinels 2"));
    }
}

static void the_master_that_the_sentinels_choose_has_all(void **state)
{
    struct fleet fleet;
    unsigned num;

    (void)state;
    memset(&fleet, 0, sizeof(fleet));
    prepare(&fleet.bench, "");
    redis_server_clear(&fleet.bench.server);
    start_sentinels(&fleet);
    (void)snprintf(fleet.url, sizeof(fleet.url),
                   "redis+sentinel://127.0.0.1:%u,127.0.0.1:%u,127.0.0.1:%u/mail",
                   fleet.sentinels[0].port, fleet.sentinels[1].port, fleet.sentinels[2].port);
    fleet.bench.options.redis.url = fleet.url;
    open_exporter(&fleet.bench);
    redis_server_kill(&fleet.sentinels[0]); /* two are enough, for us too */
    num = load_and_kill(&fleet, &fleet.nodes[0]);
    expect_each_once(&fleet.nodes[1], "basictap:v1:findings", num);
    assert_int_equal(atoi(redis_server_ask(&fleet.nodes[1],
                                           "HGET basictap:v1:device:mac:00-1B-54-AA-00-01 basic")),
                     num);
    assert_int_equal(stats_of(&fleet.bench).not_sent, 0);
    finish_fleet(&fleet, 2, 3);
}

static void a_master_that_no_sentinel_knows_is_told(void **state)
{
    struct fleet fleet;

    (void)state;
    memset(&fleet, 0, sizeof(fleet));
    prepare(&fleet.bench, "");
    redis_server_clear(&fleet.bench.server);
    new_server(&fleet.sentinels[0], fleet.extras[0])->is_sentinel = true;
    redis_server_start(&fleet.sentinels[0]);
    (void)snprintf(fleet.url, sizeof(fleet.url), "redis+sentinel://127.0.0.1:%u/mail",
                   fleet.sentinels[0].port);
    fleet.bench.options.redis.url = fleet.url;
    open_exporter(&fleet.bench);
    put_logins(&fleet.bench, 0, 1);
    assert_true(comes_to_be_told(&fleet.bench, "this Sentinel knows no master 'mail'"));
    finish_fleet(&fleet, 0, 1);
}

/* ---- a Cluster ---- */

static void start_cluster(struct fleet *fleet)
{
    char command[512] = "--cluster create";

    for (size_t i = 0; i < MAX_NODES; i++) {
        char place[32];

        (void)snprintf(fleet->extras[i], sizeof(fleet->extras[i]),
                       "cluster-enabled yes\ncluster-port %u\ncluster-node-timeout 1000\n"
                       "repl-diskless-sync-delay 0\n",
                       port_take());
        redis_server_start(new_server(&fleet->nodes[i], fleet->extras[i]));
        (void)snprintf(place, sizeof(place), " 127.0.0.1:%u", fleet->nodes[i].port);
        (void)text_append(command, sizeof(command), place);
    }
    (void)text_append(command, sizeof(command), " --cluster-replicas 1 --cluster-yes");
    assert_non_null(strstr(redis_server_ask(&fleet->nodes[0], command), "All 16384 slots covered"));
    for (size_t i = 0; i < MAX_NODES; i++) {
        assert_true(comes_to_say(&fleet->nodes[i], "CLUSTER INFO", "cluster_state:ok"));
    }
}

/* The node that has our stream, as it says itself; NULL: none. */
static struct redis_server *leader_of(struct fleet *fleet)
{
    for (size_t i = 0; i < MAX_NODES; i++) {
        if (fleet->nodes[i].pid != 0 &&
            strcmp(redis_server_ask(&fleet->nodes[i], "EXISTS '{basictap:0}:v1:findings'"), "1") ==
                0) {
            return &fleet->nodes[i];
        }
    }
    return NULL;
}

/* Two nodes of six: we are led from there to the one that has our slot. */
static void open_cluster(struct fleet *fleet)
{
    memset(fleet, 0, sizeof(*fleet));
    prepare(&fleet->bench, "");
    redis_server_clear(&fleet->bench.server);
    start_cluster(fleet);
    (void)snprintf(fleet->url, sizeof(fleet->url), "redis+cluster://127.0.0.1:%u,127.0.0.1:%u",
                   fleet->nodes[0].port, fleet->nodes[4].port);
    fleet->bench.options.redis.url = fleet->url;
    open_exporter(&fleet->bench);
    put_logins(&fleet->bench, 0, 1);
    assert_true(exporter_flush(fleet->bench.exporter, 20000));
}

static void the_replica_that_a_cluster_promotes_has_all(void **state)
{
    struct fleet fleet;
    struct redis_server *leader;
    unsigned num;

    (void)state;
    open_cluster(&fleet);
    leader = leader_of(&fleet);
    assert_non_null(leader);
    num = load_and_kill(&fleet, leader); /* the first finding comes again, and changes nothing */
    leader = leader_of(&fleet);
    assert_non_null(leader);
    expect_each_once(leader, "'{basictap:0}:v1:findings'", num);
    assert_int_equal(
        atoi(redis_server_ask(leader, "HGET '{basictap:0}:v1:device:mac:00-1B-54-AA-00-01' basic")),
        num);
    assert_int_equal(stats_of(&fleet.bench).not_sent, 0);
    finish_fleet(&fleet, MAX_NODES, 0);
}

/* MOVED and ASK, and TRYAGAIN while the keys of a batch are here and there. */
static void a_slot_that_moves_is_followed(void **state)
{
    struct fleet fleet;
    struct redis_server *from;
    struct redis_server *to;
    char command[512];
    char to_id[64];
    char from_id[64];
    char slot[16];

    (void)state;
    open_cluster(&fleet);
    from = leader_of(&fleet);
    assert_non_null(from);
    to = from == &fleet.nodes[0] ? &fleet.nodes[1] : &fleet.nodes[0];
    (void)snprintf(to_id, sizeof(to_id), "%s", redis_server_ask(to, "CLUSTER MYID"));
    (void)snprintf(from_id, sizeof(from_id), "%s", redis_server_ask(from, "CLUSTER MYID"));
    (void)snprintf(slot, sizeof(slot), "%s",
                   redis_server_ask(from, "CLUSTER KEYSLOT '{basictap:0}:v1'"));
    (void)snprintf(command, sizeof(command), "CLUSTER SETSLOT %s IMPORTING %s", slot, from_id);
    assert_string_equal(redis_server_ask(to, command), "OK");
    (void)snprintf(command, sizeof(command), "CLUSTER SETSLOT %s MIGRATING %s", slot, to_id);
    assert_string_equal(redis_server_ask(from, command), "OK");
    (void)snprintf(command, sizeof(command),
                   "CLUSTER GETKEYSINSLOT %s 100 | while read key; do redis-cli -p %u MIGRATE "
                   "127.0.0.1 %u \"$key\" 0 5000; done",
                   slot, from->port, to->port);
    (void)redis_server_ask(from, command); /* all keys are there, the slot is not yet */

    put_logins(&fleet.bench, 1, 2); /* the same keys: no TRYAGAIN */
    assert_true(exporter_flush(fleet.bench.exporter, 20000));
    assert_true(times_told(&fleet.bench, "ASK: our slot is moving to 127.0.0.1:") > 0);

    (void)snprintf(command, sizeof(command), "CLUSTER SETSLOT %s NODE %s", slot, to_id);
    assert_string_equal(redis_server_ask(to, command), "OK");
    assert_string_equal(redis_server_ask(from, command), "OK");
    put_logins(&fleet.bench, 2, 50);
    assert_true(exporter_flush(fleet.bench.exporter, 20000));
    assert_string_equal(redis_server_ask(to, "XLEN '{basictap:0}:v1:findings'"), "50");
    finish_fleet(&fleet, MAX_NODES, 0);
}

static void a_prefix_without_a_tag_is_refused(void **state)
{
    struct exporter_options options = {
        .redis = {.url = "redis+cluster://127.0.0.1", .prefix = "basictap:v1"}};
    struct diag diag = {0};

    (void)state;
    assert_null(exporter_open(&options, &diag));
    assert_non_null(strstr(diag.text, "needs a hash tag"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_master_that_the_sentinels_choose_has_all),
        cmocka_unit_test(a_master_that_no_sentinel_knows_is_told),
        cmocka_unit_test(the_replica_that_a_cluster_promotes_has_all),
        cmocka_unit_test(a_slot_that_moves_is_followed),
        cmocka_unit_test(a_prefix_without_a_tag_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
