#include "sensor/privileges.h"

#include <cap-ng.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

void privileges_forbid_cores(void)
{
    struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Chooses what to keep; it is in force after capng_apply or capng_change_id. */
static void choose_capabilities(void)
{
    bool has_raw = capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_RAW) == 1;

    capng_clear(CAPNG_SELECT_BOTH);
    if (has_raw) {
        (void)capng_update(CAPNG_ADD, (capng_type_t)(CAPNG_EFFECTIVE | CAPNG_PERMITTED),
                           CAP_NET_RAW);
    }
}

/* A container's root may not be allowed to shrink the bounding set; nothing here needs it to. */
static capng_flags_t change_flags(void)
{
    bool has_setpcap = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) == 1;

    return (capng_flags_t)(CAPNG_DROP_SUPP_GRP | (has_setpcap ? CAPNG_CLEAR_BOUNDING : 0));
}

static bool become(const char *user, struct diag *diag)
{
    const struct passwd *account = getpwnam(user);
    capng_flags_t flags = change_flags();

    if (account == NULL) {
        diag_set(diag, "user: there is no account '%s'", user);
        return false;
    }
    if (geteuid() == account->pw_uid) {
        return true;
    }
    if (geteuid() != 0) {
        diag_set(diag, "user: only root can become '%s'", user);
        return false;
    }
    choose_capabilities();
    if (capng_change_id((int)account->pw_uid, (int)account->pw_gid, flags) != 0) {
        diag_set(diag, "user: cannot become '%s'", user);
        return false;
    }
    return true;
}

bool privileges_drop(const char *user, struct diag *diag)
{
    if (user != NULL && user[0] != '\0' && !become(user, diag)) {
        return false;
    }
    choose_capabilities();
    if (capng_apply(CAPNG_SELECT_CAPS) != 0) {
        diag_set(diag, "cannot give up capabilities");
        return false;
    }
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    privileges_forbid_cores(); /* a change of user made it dumpable again */
    return true;
}
