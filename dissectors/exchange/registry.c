#include "dissectors/exchange/exchange.h"

/* What lies in another's folder is asked before it: mrsproxy before ews, reporting before ecp. */
const struct http_app *const http_apps[] = {
    &eas_app, &mrsproxy_app,        &ews_app,        &mapi_app,      &rpc_app,
    &oab_app, &autodiscover_app,    &powershell_app, &reporting_app, &ecp_app,
    &owa_app, &outlook_service_app, &sharepoint_app, NULL,
};
