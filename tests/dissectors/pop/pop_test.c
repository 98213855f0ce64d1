#include "tests/support/talk.h"

#define GREETING S("+OK The Microsoft Exchange POP3 service is ready.\r\n")

static const struct talk talks[] = {
    {
        "a login names its user and never its password",
        {GREETING, C("USER bob@contoso.com\r\n"), S("+OK\r\n"), C("PASS hunter2 x\r\n"),
         S("+OK User successfully logged on.\r\n"), C("STAT\r\n"), S("+OK 2 320\r\n")},
        "auth service=pop frame=4 mechanism=pop-user-pass\n",
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
