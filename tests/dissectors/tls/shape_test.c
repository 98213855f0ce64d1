/* Records to messages. The judges of mail and HTTP have tests of their own: sessions here are of no
 * service, which nobody judges. */
#include "dissectors/tls/shape.h"

#include <stdio.h>
#include <string.h>

#include "dissectors/tls/record.h"
#include "dissectors/tls/shape_model.h"
#include "tests/support/test.h"

enum { GCM = 24, GCM13 = 17, DATA = RECORD_APPLICATION_DATA };

static const struct shape_model model;
static struct moment now;

static struct shape begin(bool is_tls13, uint16_t overhead, uint16_t slack)
{
    const struct shape_session session = {
        .is_tls13 = is_tls13, .overhead = overhead, .slack = slack};
    struct shape shape;

    now = (struct moment){.time = {1}};
    shape_begin(&shape, &session);
    return shape;
}

/* TLS 1.3, past the client's Finished. */
static struct shape begin13(void)
{
    struct shape shape = begin(true, GCM13, 0);

    shape_record(&shape, &model, SIDE_SERVER, (struct shape_record){DATA, 800}, &now);
    shape_record(&shape, &model, SIDE_CLIENT, (struct shape_record){DATA, 36 + GCM13}, &now);
    return shape;
}

static void says(struct shape *shape, enum side from, size_t plain)
{
    struct shape_record record = {DATA, (uint16_t)(plain + shape->session.overhead)};

    now.frame++;
    shape_record(shape, &model, from, record, &now);
}

static void alerts(struct shape *shape, enum side from)
{
    shape_record(shape, &model, from, (struct shape_record){RECORD_ALERT, 2 + GCM}, &now);
}

/* "S40 C12/2 S0h": who, length, records if not one, h: a hole, a: an alert. */
static void expect(const struct shape *shape, const char *expected)
{
    char text[512] = "";
    size_t len = 0;

    for (size_t i = 0; i < shape->num; i++) {
        const struct shape_message *message = &shape->messages[i];
        char records[8] = "";

        if (message->records > 1) {
            (void)snprintf(records, sizeof(records), "/%u", message->records);
        }
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%c%u%s%s%s", i > 0 ? " " : "",
                                (message->flags & SHAPE_SERVER) != 0 ? 'S' : 'C', message->len,
                                records, (message->flags & SHAPE_HOLE) != 0 ? "h" : "",
                                (message->flags & SHAPE_ALERT) != 0 ? "a" : "");
    }
    assert_string_equal(text, expected);
}

static void what_a_side_says_until_the_other_speaks_is_one_message(void **state)
{
    struct shape shape = begin(false, GCM, 0);

    (void)state;
    says(&shape, SIDE_SERVER, 40);
    says(&shape, SIDE_CLIENT, 10);
    says(&shape, SIDE_CLIENT, 25);
    says(&shape, SIDE_CLIENT, 5);
    says(&shape, SIDE_SERVER, 30);
    expect(&shape, "S40 C40/3 S30");
    assert_int_equal(shape.messages[1].first, 10);
    assert_int_equal(shape.messages[1].last, 5);
}

static void only_the_newest_message_may_go_on(void **state)
{
    struct shape shape = begin(false, GCM, 0);

    (void)state;
    says(&shape, SIDE_SERVER, 40);
    assert_true((shape.messages[0].flags & SHAPE_OPEN) != 0);
    says(&shape, SIDE_CLIENT, 10);
    assert_false((shape.messages[0].flags & SHAPE_OPEN) != 0);
    assert_true((shape.messages[1].flags & SHAPE_OPEN) != 0);
}

static void handshakes_and_alerts_are_no_messages(void **state)
{
    struct shape shape = begin(false, GCM, 0);

    (void)state;
    shape_record(&shape, &model, SIDE_CLIENT, (struct shape_record){RECORD_HANDSHAKE, 40}, &now);
    shape_record(&shape, &model, SIDE_SERVER, (struct shape_record){RECORD_HANDSHAKE, 40}, &now);
    says(&shape, SIDE_SERVER, 40);
    says(&shape, SIDE_CLIENT, 6);
    alerts(&shape, SIDE_CLIENT);
    expect(&shape, "S40 C6a");
    says(&shape, SIDE_SERVER, 0); /* an empty record before others: RFC 5246, section 6.2.1 */
    expect(&shape, "S40 C6a");
}

/* Padding says how long it is in a byte of its own: a record that is full has 1 to 16. */
static void a_block_cipher_leaves_a_range(void **state)
{
    struct shape shape = begin(false, 16 + 20 + 16, 15);

    (void)state;
    shape_record(&shape, &model, SIDE_CLIENT, (struct shape_record){DATA, 16 + 64}, &now);
    shape_record(&shape, &model, SIDE_CLIENT, (struct shape_record){DATA, 16 + 32}, &now);
    expect(&shape, "C28/2"); /* 28 to 43, and 0 to 11 */
    assert_int_equal(shape.messages[0].last, 0);
}

/* OpenSSL puts an empty record before each of a CBC session of TLS 1.0, others one with its first
 * byte. */
static void records_that_guard_others_do_not_count(void **state)
{
    struct shape shape = begin(false, 20 + 16, 16);

    (void)state;
    shape.session.has_guards = true;
    for (size_t i = 0; i < 2; i++) {
        shape_record(&shape, &model, SIDE_CLIENT, (struct shape_record){DATA, 32}, &now);
        shape_record(&shape, &model, SIDE_CLIENT, (struct shape_record){DATA, 32}, &now);
        shape_record(&shape, &model, SIDE_CLIENT, (struct shape_record){DATA, 32}, &now);
        shape_record(&shape, &model, SIDE_CLIENT, (struct shape_record){DATA, 64}, &now);
    }
    expect(&shape, "C56/4"); /* twice 0 to 12 bytes, and 28 to 44 */
    assert_int_equal(shape.messages[0].first, 0);
    assert_int_equal(shape.messages[0].last, 28);
}

static void tls13_hides_its_handshake_among_the_data(void **state)
{
    struct shape shape = begin13();

    (void)state;
    expect(&shape, "");
    says(&shape, SIDE_SERVER, 202);
    says(&shape, SIDE_SERVER, 75);
    says(&shape, SIDE_CLIENT, 86);
    expect(&shape, "S277/2 C86");
    assert_false(shape.is_partial);
}

static void a_finished_of_the_longer_hash_is_one_too(void **state)
{
    struct shape shape = begin(true, GCM13, 0);

    (void)state;
    says(&shape, SIDE_CLIENT, 52);
    says(&shape, SIDE_CLIENT, 52); /* the same again is data */
    expect(&shape, "C52");
    assert_false(shape.is_partial);
}

static void a_pair_of_tickets_is_set_aside(void **state)
{
    struct shape shape = begin13();

    (void)state;
    says(&shape, SIDE_SERVER, 249);
    says(&shape, SIDE_SERVER, 249);
    says(&shape, SIDE_SERVER, 202);
    says(&shape, SIDE_CLIENT, 86);
    expect(&shape, "S202 C86");
}

/* HTTP: the request comes with the client's Finished, the tickets come before the answer. */
static void tickets_may_come_after_the_first_request(void **state)
{
    struct shape shape = begin13();

    (void)state;
    says(&shape, SIDE_CLIENT, 300);
    says(&shape, SIDE_SERVER, 249);
    says(&shape, SIDE_SERVER, 249);
    says(&shape, SIDE_SERVER, 202);
    expect(&shape, "C300 S202");
}

static void two_answers_of_one_length_are_no_tickets(void **state)
{
    struct shape shape = begin13();

    (void)state;
    says(&shape, SIDE_SERVER, 90);
    says(&shape, SIDE_CLIENT, 20);
    says(&shape, SIDE_SERVER, 90);
    says(&shape, SIDE_SERVER, 90);
    expect(&shape, "S90 C20 S180/2");
}

/* Certificate, CertificateVerify and Finished in records of their own. */
static void a_clients_certificate_belongs_to_the_handshake(void **state)
{
    struct shape shape = begin(true, GCM13, 0);

    (void)state;
    says(&shape, SIDE_CLIENT, 1200);
    says(&shape, SIDE_CLIENT, 264);
    says(&shape, SIDE_CLIENT, 36);
    says(&shape, SIDE_SERVER, 40);
    expect(&shape, "S40");
    assert_false(shape.is_partial);
}

static void a_flight_whose_end_does_not_show_makes_the_beginning_uncertain(void **state)
{
    struct shape shape = begin(true, GCM13, 0);

    (void)state;
    says(&shape, SIDE_CLIENT, 1500);
    says(&shape, SIDE_SERVER, 40);
    expect(&shape, "S40");
    assert_true(shape.is_partial);
}

static void the_last_two_bytes_of_tls13_are_an_alert(void **state)
{
    struct shape shape = begin13();

    (void)state;
    says(&shape, SIDE_SERVER, 40);
    says(&shape, SIDE_SERVER, 2);
    expect(&shape, "S40a");
    says(&shape, SIDE_CLIENT, 2);
    expect(&shape, "S40a C2a");
}

/* An empty answer to a challenge: CR LF. */
static void two_bytes_of_a_side_that_goes_on_were_data(void **state)
{
    struct shape shape = begin13();

    (void)state;
    says(&shape, SIDE_SERVER, 40);
    says(&shape, SIDE_CLIENT, 2);
    says(&shape, SIDE_SERVER, 30);
    says(&shape, SIDE_CLIENT, 9);
    expect(&shape, "S40 C2 S30 C9");
}

/* CR LF in a record of its own. */
static void two_bytes_after_a_line_are_part_of_it_when_its_side_goes_on(void **state)
{
    struct shape shape = begin13();

    (void)state;
    says(&shape, SIDE_SERVER, 40);
    says(&shape, SIDE_CLIENT, 88);
    says(&shape, SIDE_CLIENT, 2);
    says(&shape, SIDE_SERVER, 30);
    expect(&shape, "S40 C88a S30");
    says(&shape, SIDE_CLIENT, 9);
    expect(&shape, "S40 C90/2 S30 C9");
}

static void a_ticket_between_the_clients_words_parts_no_message(void **state)
{
    struct shape shape = begin13();

    (void)state;
    says(&shape, SIDE_SERVER, 233);
    says(&shape, SIDE_CLIENT, 16);
    says(&shape, SIDE_SERVER, 233);
    says(&shape, SIDE_CLIENT, 6);
    says(&shape, SIDE_SERVER, 219);
    expect(&shape, "S233 C22/2 S219");
}

/* Java's own TLS gives each record 16 bytes of padding; its Finished shows it. */
static void padding_that_is_always_the_same_is_taken_off(void **state)
{
    struct shape shape = begin(true, GCM13, 0);

    (void)state;
    shape.session.finished = 36; /* of SHA-256: 52 would be one of SHA-384 without padding */
    says(&shape, SIDE_SERVER, 800);
    says(&shape, SIDE_CLIENT, 36 + 16);
    assert_false(shape.is_partial);
    says(&shape, SIDE_SERVER, 158);
    says(&shape, SIDE_CLIENT, 6 + 16);
    says(&shape, SIDE_SERVER, 45);
    expect(&shape, "S158 C6 S45");
}

static void two_bytes_amid_a_message_are_part_of_it(void **state)
{
    struct shape shape = begin13();

    (void)state;
    says(&shape, SIDE_CLIENT, 40);
    says(&shape, SIDE_CLIENT, 2);
    says(&shape, SIDE_CLIENT, 8);
    expect(&shape, "C50/3");
}

static void a_hole_is_told_where_it_is(void **state)
{
    struct shape shape = begin(false, GCM, 0);

    (void)state;
    says(&shape, SIDE_SERVER, 40);
    shape_gap(&shape, &model, SIDE_CLIENT);
    says(&shape, SIDE_SERVER, 30);
    shape_gap(&shape, &model, SIDE_SERVER);
    expect(&shape, "S40 C0h S30h");
}

static void a_hole_in_the_handshake_makes_the_beginning_uncertain(void **state)
{
    struct shape shape = begin(true, GCM13, 0);

    (void)state;
    shape_gap(&shape, &model, SIDE_CLIENT); /* its Finished, perhaps more */
    says(&shape, SIDE_SERVER, 40);
    says(&shape, SIDE_CLIENT, 30);
    expect(&shape, "C0h S40 C30");
    assert_true(shape.is_partial);
}

static void what_is_not_kept_is_said(void **state)
{
    struct shape shape = begin(false, GCM, 0);

    (void)state;
    for (size_t i = 0; i < 2 * SHAPE_MAX_MESSAGES; i++) {
        says(&shape, i % 2 == 0 ? SIDE_SERVER : SIDE_CLIENT, 40);
    }
    assert_int_equal(shape.num, SHAPE_MAX_MESSAGES);
    assert_true(shape.is_full);
    assert_true(shape.is_over);
}

static void lengths_do_not_run_over(void **state)
{
    struct shape shape = begin(false, GCM, 0);

    (void)state;
    for (size_t i = 0; i < 300000; i++) {
        says(&shape, SIDE_SERVER, 16384);
    }
    assert_int_equal(shape.num, 1);
    assert_int_equal(shape.messages[0].records, 255);
    assert_true(shape.messages[0].len > UINT32_MAX - 16384);
}

static void the_date_is_that_of_the_newest_client_message(void **state)
{
    struct shape shape = begin(false, GCM, 0);

    (void)state;
    says(&shape, SIDE_SERVER, 40); /* frame 1 */
    says(&shape, SIDE_CLIENT, 10);
    says(&shape, SIDE_SERVER, 40);
    says(&shape, SIDE_CLIENT, 30); /* frame 4 */
    says(&shape, SIDE_CLIENT, 30);
    says(&shape, SIDE_SERVER, 30);
    assert_int_equal(shape.at.frame, 4);
}

static void nothing_is_judged_where_nothing_was_said(void **state)
{
    const struct shape_session session = {.service = SERVICE_IMAP, .overhead = GCM};
    struct inference inference;
    struct shape shape;
    enum outcome outcome;

    (void)state;
    shape_begin(&shape, &session);
    assert_false(shape_judge(&shape, &model, &inference, &outcome));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_side_says_until_the_other_speaks_is_one_message),
        cmocka_unit_test(only_the_newest_message_may_go_on),
        cmocka_unit_test(handshakes_and_alerts_are_no_messages),
        cmocka_unit_test(a_block_cipher_leaves_a_range),
        cmocka_unit_test(records_that_guard_others_do_not_count),
        cmocka_unit_test(tls13_hides_its_handshake_among_the_data),
        cmocka_unit_test(a_finished_of_the_longer_hash_is_one_too),
        cmocka_unit_test(a_pair_of_tickets_is_set_aside),
        cmocka_unit_test(tickets_may_come_after_the_first_request),
        cmocka_unit_test(two_answers_of_one_length_are_no_tickets),
        cmocka_unit_test(a_clients_certificate_belongs_to_the_handshake),
        cmocka_unit_test(a_flight_whose_end_does_not_show_makes_the_beginning_uncertain),
        cmocka_unit_test(the_last_two_bytes_of_tls13_are_an_alert),
        cmocka_unit_test(two_bytes_of_a_side_that_goes_on_were_data),
        cmocka_unit_test(a_ticket_between_the_clients_words_parts_no_message),
        cmocka_unit_test(padding_that_is_always_the_same_is_taken_off),
        cmocka_unit_test(two_bytes_amid_a_message_are_part_of_it),
        cmocka_unit_test(two_bytes_after_a_line_are_part_of_it_when_its_side_goes_on),
        cmocka_unit_test(a_hole_is_told_where_it_is),
        cmocka_unit_test(a_hole_in_the_handshake_makes_the_beginning_uncertain),
        cmocka_unit_test(what_is_not_kept_is_said),
        cmocka_unit_test(lengths_do_not_run_over),
        cmocka_unit_test(the_date_is_that_of_the_newest_client_message),
        cmocka_unit_test(nothing_is_judged_where_nothing_was_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
