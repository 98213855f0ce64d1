/* exchange: the applications of Exchange that ride on HTTP, one file each; registry.c has the order
 * in which they are asked. What each claims: README.md. */
#ifndef BASICTAP_DISSECTORS_EXCHANGE_EXCHANGE_H
#define BASICTAP_DISSECTORS_EXCHANGE_EXCHANGE_H

#include "dissectors/http/http_app.h"

extern const struct http_app autodiscover_app;
extern const struct http_app eas_app;
extern const struct http_app ecp_app;
extern const struct http_app ews_app;
extern const struct http_app mapi_app;
extern const struct http_app mrsproxy_app;
extern const struct http_app oab_app;
extern const struct http_app outlook_service_app;
extern const struct http_app owa_app;
extern const struct http_app powershell_app;
extern const struct http_app reporting_app;
extern const struct http_app rpc_app;
extern const struct http_app sharepoint_app;

/* request() of services whose clients are programs: a request without any credential is told too,
 * as mechanism `none`. */
void exchange_request(struct http_exchange *exchange, const struct http_head *request,
                      const struct emitter *out);

/* The same where a path that ends in /wssecurity means that the credential is in the SOAP header.
 */
void exchange_soap_request(struct http_exchange *exchange, const struct http_head *request,
                           const struct emitter *out);

/* response(): what Exchange's diagnostic headers say of a login, and its own status codes. */
void exchange_response(struct http_exchange *exchange, const struct http_head *response,
                       const struct emitter *out);

#endif
