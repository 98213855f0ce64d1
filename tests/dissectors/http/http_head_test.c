#include "dissectors/http/http_head.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/test.h"

static void expect_text(struct bytes in, const char *text)
{
    assert_int_equal(in.len, strlen(text));
    assert_memory_equal(in.at, text, in.len);
}

static void a_request_is_taken_apart(void **state)
{
    struct http_head head;
    struct bytes value;

    (void)state;
    assert_true(http_parse_request(BYTES("POST /a/b?c=d?e HTTP/1.1\r\nHost: [::1]:80\r\nX :  y "
                                         "\r\nno colon\r\nEmpty:\r\n\r\n"),
                                   &head));
    expect_text(head.method, "POST");
    expect_text(head.target, "/a/b?c=d?e");
    expect_text(head.path, "/a/b");
    expect_text(head.query, "c=d?e");
    expect_text(head.host, "::1");
    assert_int_equal(head.num_headers, 3);
    assert_true(http_header_find(&head, BYTES("x"), &value));
    expect_text(value, "y");
    assert_true(http_header_find(&head, BYTES("EMPTY"), &value));
    expect_text(value, "");
    assert_false(http_header_find(&head, BYTES("colon"), &value));
}

/* Whoever writes a password into a URL shall not find it in ours. */
static void a_target_gives_no_password_away(void **state)
{
    struct http_head head;

    (void)state;
    assert_true(http_parse_request(
        BYTES("GET ftp://bob:secret@h:21/a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"), &head));
    expect_text(head.host, "h");
    expect_text(head.path, "/a");
    assert_true(http_parse_request(BYTES("GET http://h?key=secret HTTP/1.1\r\n\r\n"), &head));
    expect_text(head.host, "h");
    expect_text(head.path, "");
    assert_true(http_parse_request(BYTES("CONNECT bob:secret@h:443 HTTP/1.1\r\n\r\n"), &head));
    expect_text(head.host, "h");
    expect_text(head.path, "");
}

static void an_answer_may_lack_its_reason(void **state)
{
    struct http_head head;

    (void)state;
    assert_true(http_parse_answer(BYTES("HTTP/1.0 401\r\n\r\n"), &head));
    assert_int_equal(head.status, 401);
    expect_text(head.reason, "");
    assert_true(http_parse_answer(BYTES("\r\nHTTP/1.1 456 Bad  day\n\n"), &head));
    assert_int_equal(head.status, 456);
    expect_text(head.reason, "Bad  day");
}

static void what_is_no_message_is_refused(void **state)
{
    static const char *const requests[] = {
        "GET / HTTP/2.0\r\n\r\n",        "GET HTTP/1.1\r\n\r\n",   "GET /HTTP/1.1\r\n\r\n",
        "G\xc3\xa9T / HTTP/1.1\r\n\r\n", "GET / HTTP/1.x\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"};
    static const char *const answers[] = {"HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000\r\n\r\n",
                                          "HTTP/2 200 OK\r\n\r\n", "ICY 200 OK\r\n\r\n"};
    struct http_head head;

    (void)state;
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        assert_false(http_parse_request(bytes_of_text(requests[i]), &head));
    }
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        assert_false(http_parse_answer(bytes_of_text(answers[i]), &head));
    }
}

static void a_credential_behind_very_many_headers_is_kept(void **state)
{
    char block[32768];
    size_t len = (size_t)snprintf(block, sizeof(block), "GET / HTTP/1.1\r\n");
    struct http_head head;
    struct bytes value;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        len += (size_t)snprintf(block + len, sizeof(block) - len, "X-Pad-%d: y\r\n", i);
    }
    len += (size_t)snprintf(block + len, sizeof(block) - len, "Authorization: Basic x\r\n\r\n");
    assert_true(http_parse_request(bytes_view(block, len), &head));
    assert_true(http_header_find(&head, BYTES("Authorization"), &value));
    expect_text(value, "Basic x");
    assert_true(head.num_headers < MAX_HTTP_HEADERS);
}

static void a_block_is_searched_once_however_it_comes(void **state)
{
    const struct bytes all = BYTES("GET / HTTP/1.1\r\nHost: a\r\n\r\nrest");
    struct bytes in;
    struct bytes block;
    size_t scanned = 0;

    (void)state;
    for (size_t len = 0; len < all.len - 4; len++) {
        in = bytes_first(all, len);
        assert_false(http_take_block(&in, &scanned, &block));
        assert_int_equal(in.len, len);
        assert_int_equal(scanned, len < 16 ? 0 : len < 25 ? 16 : 25);
    }
    in = all;
    assert_true(http_take_block(&in, &scanned, &block));
    assert_int_equal(block.len, all.len - 4);
    expect_text(in, "rest");
    assert_int_equal(scanned, 0);
}

static void a_beginning_is_probed_as_far_as_it_goes(void **state)
{
    const struct bytes request = BYTES("RPC_OUT_DATA /rpc/rpcproxy.dll HTTP/1.1\n");
    const struct bytes answer = BYTES("HTTP/1.1 200 OK");
    char line[2048];

    (void)state;
    for (size_t len = 0; len < request.len; len++) {
        assert_int_equal(http_probe_request(bytes_first(request, len)), PROBE_MAYBE);
    }
    assert_int_equal(http_probe_request(request), PROBE_YES);
    for (size_t len = 0; len < 13; len++) {
        assert_int_equal(http_probe_answer(bytes_first(answer, len)), PROBE_MAYBE);
    }
    assert_int_equal(http_probe_answer(answer), PROBE_YES);
    memset(line, 'a', sizeof(line));
    assert_int_equal(http_probe_request(bytes_view(line, sizeof(line))), PROBE_NO);
    memcpy(line, "GET /", 5);
    assert_int_equal(http_probe_request(bytes_view(line, sizeof(line))), PROBE_YES);
    assert_int_equal(http_probe_request(BYTES("EHLO pc\r\n")), PROBE_NO);
    assert_int_equal(http_probe_request(BYTES("a1 LOGIN bob HTTP/1.1x\r\n")), PROBE_NO);
    assert_int_equal(http_probe_request(BYTES("PRI * HTTP/2.0\r\n")), PROBE_NO);
    assert_int_equal(http_probe_request(BYTES("\x16\x03\x01")), PROBE_NO);
}

static void a_request_is_found_behind_the_rest_of_a_body(void **state)
{
    size_t start = 99;

    (void)state;
    assert_true(http_find_request(BYTES("GET / HTTP/1.1"), &start));
    assert_int_equal(start, 0);
    assert_true(http_find_request(BYTES("</a b=\"c\">POST /x HTTP/1.1"), &start));
    assert_int_equal(start, 10);
    assert_true(http_find_request(BYTES("\x01 \x02RPC_IN_DATA /x y HTTP/1.0 "), &start));
    assert_int_equal(start, 3);
    assert_false(http_find_request(BYTES("see http://a/ for HTTP/1.1"), &start));
    assert_false(http_find_request(BYTES("GET / is how it begins"), &start));
    assert_int_equal(start, 3);
}

static void a_path_is_matched_as_iis_reads_it(void **state)
{
    (void)state;
    assert_true(http_path_under(BYTES("/EWS"), "/ews"));
    assert_true(http_path_under(BYTES("/ews/"), "/ews"));
    assert_true(http_path_under(BYTES("//Ews//a"), "/ews"));
    assert_true(http_path_under(BYTES("/%65w%53%2fa"), "/ews"));
    assert_false(http_path_under(BYTES("/ewsa"), "/ews"));
    assert_false(http_path_under(BYTES("/ew"), "/ews"));
    assert_false(http_path_under(BYTES("/%6zews"), "/ews"));
    assert_false(http_path_under(BYTES("ews"), "/ews"));
    assert_false(http_path_under(BYTES(""), "/ews"));
}

static void a_query_is_read_by_name(void **state)
{
    struct bytes value;

    (void)state;
    assert_true(http_query_find(BYTES("a=1&DeviceId=x=y&b"), BYTES("deviceid"), &value));
    expect_text(value, "x=y");
    assert_true(http_query_find(BYTES("a=1&b="), BYTES("b"), &value));
    expect_text(value, "");
    assert_false(http_query_find(BYTES("a=1&b"), BYTES("b"), &value));
    assert_false(http_query_find(BYTES(""), BYTES("b"), &value));
    assert_false(http_query_find(BYTES("&&="), BYTES("b"), &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_taken_apart),
        cmocka_unit_test(a_target_gives_no_password_away),
        cmocka_unit_test(an_answer_may_lack_its_reason),
        cmocka_unit_test(what_is_no_message_is_refused),
        cmocka_unit_test(a_credential_behind_very_many_headers_is_kept),
        cmocka_unit_test(a_block_is_searched_once_however_it_comes),
        cmocka_unit_test(a_beginning_is_probed_as_far_as_it_goes),
        cmocka_unit_test(a_request_is_found_behind_the_rest_of_a_body),
        cmocka_unit_test(a_path_is_matched_as_iis_reads_it),
        cmocka_unit_test(a_query_is_read_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
