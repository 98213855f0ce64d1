#include "sensor/privileges.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/test.h"

static void there_is_no_core(void **state)
{
    struct rlimit limit;

    (void)state;
    privileges_forbid_cores();
    assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
    assert_int_equal(limit.rlim_cur, 0);
    assert_int_equal(limit.rlim_max, 0);
    assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
}

static void an_account_that_does_not_exist_is_told(void **state)
{
    struct diag diag = {{0}};

    (void)state;
    assert_false(privileges_drop("no-such-account", &diag));
    assert_string_equal(diag.text, "user: there is no account 'no-such-account'");
}

/* What a child says of itself after the drop. */
static int drop_and_look(const char *user)
{
    struct diag diag;

    if (!privileges_drop(user, &diag)) {
        return 1;
    }
    if (user != NULL && (geteuid() == 0 || getegid() == 0 || setuid(0) == 0)) {
        return 2;
    }
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || prctl(PR_GET_DUMPABLE) != 0) {
        return 3;
    }
    return chroot("/") == 0 ? 4 : 0; /* wants CAP_SYS_CHROOT */
}

static int look_in_child(const char *user)
{
    pid_t child = fork();
    int status = -1;

    if (child == 0) {
        _exit(drop_and_look(user));
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void rights_are_gone_after_the_drop(void **state)
{
    (void)state;
    assert_int_equal(look_in_child(NULL), 0);
}

static void root_becomes_the_user_for_good(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        skip();
    }
    assert_int_equal(look_in_child("nobody"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_that_does_not_exist_is_told),
        cmocka_unit_test(rights_are_gone_after_the_drop),
        cmocka_unit_test(root_becomes_the_user_for_good),
        cmocka_unit_test(there_is_no_core),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
