/*
 * names: the hosts that flows go to.
 */
#include "tests/bench/makecapture/makecapture.h"

const char *const web_hosts[NUM_WEB_HOSTS] = {
    "www.example.com",    "cdn.example.net",           "static.example.org",
    "www.office.com",     "graph.microsoft.com",       "teams.microsoft.com",
    "www.google.com",     "fonts.gstatic.com",         "github.com",
    "s3.amazonaws.com",   "login.microsoftonline.com", "api.example.io",
    "update.example.com", "telemetry.example.net",     "images.example.org",
    "video.example.com",
};
const char *const mail_hosts[NUM_MAIL_HOSTS] = {
    "mail.corp.example",    "outlook.office365.com",    "mx1.partner.example",
    "imap.hosting.example", "exchange.branch.example",  "autodiscover.corp.example",
    "smtp.relay.example",   "webmail.customer.example",
};
