/* The pump, between a journal and a sink that does what the test says. */
#include <time.h>

#include "export/pump.h"
#include "tests/export/store_bench.h"

enum { MAX_TAKEN = 8192 };

/* What the sink's receiver has, and how it behaves. */
struct receiver {
    pthread_mutex_t lock;
    uint64_t taken[MAX_TAKEN]; /* sequences, in order */
    size_t num_taken;
    unsigned greetings;
    unsigned states;
    unsigned reopened;
    char journal_id[JOURNAL_ID_SIZE];
    bool is_away;
    bool has_memory;    /* says in the greeting what it has */
    uint64_t remembers; /* that */
    size_t at_most;     /* of a write; 0: all */
    uint64_t refuses;   /* this sequence, for good */
};

static struct receiver receiver = {.lock = PTHREAD_MUTEX_INITIALIZER};

static enum sink_result resume(void *self, const char *journal_id, uint64_t *applied,
                               uint64_t deadline_ns, struct diag *why)
{
    struct receiver *to = self;
    enum sink_result result = SINK_DONE;

    (void)deadline_ns;
    (void)pthread_mutex_lock(&to->lock);
    to->greetings++;
    (void)strcpy(to->journal_id, journal_id);
    if (to->is_away) {
        diag_set(why, "nobody there");
        result = SINK_RETRY;
    } else if (to->has_memory) {
        *applied = to->remembers;
    }
    (void)pthread_mutex_unlock(&to->lock);
    return result;
}

static enum sink_result write_records(void *self, const struct record *const *records, size_t num,
                                      uint64_t deadline_ns, size_t *taken, struct diag *why)
{
    struct receiver *to = self;
    enum sink_result result = SINK_DONE;

    (void)deadline_ns;
    (void)pthread_mutex_lock(&to->lock);
    if (to->is_away) {
        diag_set(why, "nobody there");
        result = SINK_RETRY;
    }
    while (result == SINK_DONE && *taken < num) {
        uint64_t sequence = record_sequence(records[*taken]);

        if (sequence == to->refuses) {
            diag_set(why, "not this one");
            result = SINK_DROP;
        } else if (to->at_most > 0 && *taken == to->at_most) {
            diag_set(why, "enough");
            result = SINK_RETRY;
        } else if (to->num_taken < MAX_TAKEN) {
            to->taken[to->num_taken++] = sequence;
            (*taken)++;
        }
    }
    (void)pthread_mutex_unlock(&to->lock);
    return result;
}

static enum sink_result write_state(void *self, const struct record *state, uint64_t deadline_ns,
                                    struct diag *why)
{
    struct receiver *to = self;

    (void)state;
    (void)deadline_ns;
    (void)why;
    (void)pthread_mutex_lock(&to->lock);
    to->states++;
    (void)pthread_mutex_unlock(&to->lock);
    return SINK_DONE;
}

static void reopen(void *self)
{
    struct receiver *to = self;

    (void)pthread_mutex_lock(&to->lock);
    to->reopened++;
    (void)pthread_mutex_unlock(&to->lock);
}

static void close_sink(void *self)
{
    (void)self;
}

static const struct sink_type type = {
    .word = "test",
    .max_records = 100,
    .max_bytes = 1 << 20,
    .timeout_ms = 1000,
    .resume = resume,
    .write = write_records,
    .state = write_state,
    .reopen = reopen,
    .close = close_sink,
};

/* The receiver does something else from now on. */
#define NOW(member, value)                                                                         \
    do {                                                                                           \
        (void)pthread_mutex_lock(&receiver.lock);                                                  \
        receiver.member = (value);                                                                 \
        (void)pthread_mutex_unlock(&receiver.lock);                                                \
    } while (0)

struct line {
    struct store_bench bench;
    struct pump *pump;
};

static void open_pump(struct line *line)
{
    struct sink sink = {.type = &type, .self = &receiver, .name = "test somewhere"};
    struct diag diag = {0};

    line->pump = pump_open(line->bench.journal, &sink, on_message, NULL, &diag);
    assert_non_null(line->pump);
}

static void open_line(struct line *line)
{
    receiver = (struct receiver){.lock = PTHREAD_MUTEX_INITIALIZER};
    bench_init(&line->bench);
    bench_open(&line->bench);
    open_pump(line);
}

static void close_line(struct line *line)
{
    pump_close(line->pump);
    bench_clear(&line->bench);
}

static bool flush(struct line *line, unsigned ms)
{
    return journal_flush(line->bench.journal, FLUSH_MS) && pump_flush(line->pump, ms);
}

static struct pump_stats stats_of(struct line *line)
{
    struct pump_stats stats;

    pump_stats(line->pump, &stats);
    return stats;
}

static uint64_t num_waiting(struct line *line)
{
    return bench_behind(&line->bench, stats_of(line).position);
}

/* The receiver has the sequences from one to another, each once and in order, from its at-th on. */
static void expect_taken(size_t at, uint64_t from, uint64_t to)
{
    (void)pthread_mutex_lock(&receiver.lock);
    assert_int_equal(receiver.num_taken, at + (to - from + 1));
    for (uint64_t sequence = from; sequence <= to; sequence++) {
        assert_int_equal(receiver.taken[at++], sequence);
    }
    (void)pthread_mutex_unlock(&receiver.lock);
}

static void everything_arrives_once_and_in_order(void **state)
{
    struct line line;

    (void)state;
    open_line(&line);
    bench_put_logins(&line.bench, 0, 1000);
    assert_true(flush(&line, FLUSH_MS));
    expect_taken(0, 1, 1000);
    assert_int_equal(receiver.greetings, 1);
    assert_string_equal(receiver.journal_id, journal_id(line.bench.journal));
    assert_int_equal(stats_of(&line).sent, 1000);
    assert_int_equal(num_waiting(&line), 0);
    close_line(&line);
}

static void a_receiver_that_is_away_is_tried_again_and_told_once(void **state)
{
    struct line line;

    (void)state;
    open_line(&line);
    NOW(is_away, true);
    bench_put_logins(&line.bench, 0, 10);
    assert_false(flush(&line, 1200));
    assert_int_equal(num_waiting(&line), 10);
    assert_true(stats_of(&line).retries >= 2);
    assert_string_equal(stats_of(&line).trouble, "nobody there");
    NOW(is_away, false);
    assert_true(flush(&line, FLUSH_MS));
    expect_taken(0, 1, 10);
    assert_int_equal(times_told("test somewhere: nobody there; trying again"), 1);
    assert_int_equal(times_told("test somewhere: connected again"), 1);
    assert_string_equal(stats_of(&line).trouble, "");
    close_line(&line);
}

static void what_was_taken_is_not_sent_again_after_a_retry(void **state)
{
    struct line line;

    (void)state;
    open_line(&line);
    NOW(at_most, 2);
    bench_put_logins(&line.bench, 0, 20);
    assert_false(flush(&line, 1500));
    NOW(at_most, 0);
    assert_true(flush(&line, FLUSH_MS));
    expect_taken(0, 1, 20);
    close_line(&line);
}

static void a_record_that_is_refused_holds_nobody_up(void **state)
{
    struct line line;

    (void)state;
    open_line(&line);
    NOW(refuses, 5);
    bench_put_logins(&line.bench, 0, 9);
    assert_true(flush(&line, FLUSH_MS));
    assert_int_equal(receiver.num_taken, 8);
    assert_int_equal(receiver.taken[3], 4);
    assert_int_equal(receiver.taken[4], 6);
    assert_int_equal(stats_of(&line).dropped, 1);
    assert_int_equal(times_told("a record is refused and given up: not this one"), 1);
    close_line(&line);
}

static void it_goes_on_from_its_cursor_after_a_restart(void **state)
{
    struct line line;

    (void)state;
    open_line(&line);
    bench_put_logins(&line.bench, 0, 10);
    assert_true(flush(&line, FLUSH_MS));
    pump_close(line.pump);
    bench_close(&line.bench);
    bench_open(&line.bench);
    open_pump(&line);
    bench_put_logins(&line.bench, 10, 15);
    assert_true(flush(&line, FLUSH_MS));
    expect_taken(0, 1, 15);
    close_line(&line);
}

static void a_receiver_that_was_emptied_is_filled_again(void **state)
{
    struct line line;

    (void)state;
    open_line(&line);
    NOW(has_memory, true);
    bench_put_logins(&line.bench, 0, 300);
    assert_true(flush(&line, FLUSH_MS));
    expect_taken(0, 1, 300);
    NOW(is_away, true);
    bench_put_logins(&line.bench, 300, 301);
    assert_false(flush(&line, 300));
    NOW(remembers, 100); /* an older replica took over */
    NOW(is_away, false);
    assert_true(flush(&line, FLUSH_MS));
    expect_taken(300, 101, 301);
    close_line(&line);
}

static void a_receiver_that_has_more_than_the_cursor_gets_the_rest(void **state)
{
    struct line line;

    (void)state;
    receiver = (struct receiver){.lock = PTHREAD_MUTEX_INITIALIZER};
    bench_init(&line.bench);
    bench_open(&line.bench);
    bench_put_logins(&line.bench, 0, 300);
    assert_true(journal_flush(line.bench.journal, FLUSH_MS));
    receiver.has_memory = true;
    receiver.remembers = 250; /* killed before the cursor was written */
    open_pump(&line);
    assert_true(flush(&line, FLUSH_MS));
    expect_taken(0, 251, 300);
    close_line(&line);
}

static void what_has_left_the_journal_is_not_waited_for(void **state)
{
    struct line line;

    (void)state;
    receiver = (struct receiver){.lock = PTHREAD_MUTEX_INITIALIZER};
    bench_init(&line.bench);
    line.bench.options.max_bytes = 256 * 1024;
    bench_open(&line.bench);
    for (unsigned from = 0; from < 8000; from += 500) {
        bench_put_logins(&line.bench, from, from + 500);
        assert_true(journal_flush(line.bench.journal, FLUSH_MS));
    }
    open_pump(&line);
    assert_true(flush(&line, FLUSH_MS));
    assert_true(receiver.num_taken < 8000);
    assert_int_equal(receiver.taken[receiver.num_taken - 1], 8000);
    assert_int_equal(num_waiting(&line), 0);
    close_line(&line);
}

static void a_state_is_handed_on_and_a_newer_one_replaces_it(void **state)
{
    struct line line;
    struct sample sample = sample_login(0);

    (void)state;
    open_line(&line);
    pump_put_state(line.pump, record_new(line.bench.layout, &sample));
    assert_true(flush(&line, FLUSH_MS));
    assert_int_equal(receiver.states, 1);
    assert_int_equal(receiver.num_taken, 0);
    pump_reopen(line.pump);
    pump_put_state(line.pump, record_new(line.bench.layout, &sample));
    assert_true(flush(&line, FLUSH_MS));
    assert_int_equal(receiver.states, 2);
    assert_int_equal(receiver.reopened, 1);
    close_line(&line);
}

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void the_end_does_not_wait_for_a_better_time(void **state)
{
    struct line line;
    double begun;

    (void)state;
    open_line(&line);
    NOW(is_away, true);
    bench_put_logins(&line.bench, 0, 10);
    assert_false(flush(&line, 2000)); /* now it waits for seconds */
    begun = seconds();
    pump_close(line.pump);
    assert_true(seconds() - begun < 0.5);
    bench_clear(&line.bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_arrives_once_and_in_order),
        cmocka_unit_test(a_receiver_that_is_away_is_tried_again_and_told_once),
        cmocka_unit_test(what_was_taken_is_not_sent_again_after_a_retry),
        cmocka_unit_test(a_record_that_is_refused_holds_nobody_up),
        cmocka_unit_test(it_goes_on_from_its_cursor_after_a_restart),
        cmocka_unit_test(a_receiver_that_was_emptied_is_filled_again),
        cmocka_unit_test(a_receiver_that_has_more_than_the_cursor_gets_the_rest),
        cmocka_unit_test(what_has_left_the_journal_is_not_waited_for),
        cmocka_unit_test(a_state_is_handed_on_and_a_newer_one_replaces_it),
        cmocka_unit_test(the_end_does_not_wait_for_a_better_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
