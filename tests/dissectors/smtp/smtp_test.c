#include "tests/support/talk.h"

#define GREETING S("220 mail.contoso.com Microsoft ESMTP MAIL Service ready\r\n")
#define EHLO     GREETING, C("EHLO scanner\r\n"), S("250-mail.contoso.com\r\n250 AUTH LOGIN PLAIN\r\n")

static const struct talk talks[] = {
    {
        "AUTH LOGIN names its user and never its password",
        {EHLO, C("AUTH LOGIN\r\n"), S("334 VXNlcm5hbWU6\r\n"), C("Ym9iQGNvbnRvc28uY29t\r\n"),
         S("334 UGFzc3dvcmQ6\r\n"), C("aHVudGVyMg==\r\n"),
         S("235 2.7.0 Authentication successful\r\n"), C("MAIL FROM:<bob@contoso.com>\r\n")},
        "x\n",
    },
};

static void conversations_say_what_they_should(void **state)
{
    (void)state;
    talk_run(talks, sizeof(talks) / sizeof(talks[0]), NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversations_say_what_they_should),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
