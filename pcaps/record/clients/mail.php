<?php
/* Logins with PHP's imap extension (c-client). Job in the environment, as for mail.py. */
$kind = getenv('PROTO') == 'imap' ? 'imap' : 'pop3';
$secure = getenv('TRANSPORT') == 'tls' ? 'ssl' : 'tls';
$where = '{' . getenv('HOST') . ':' . getenv('PORT') . "/$kind/$secure/novalidate-cert}INBOX";
$off = getenv('MECH') == 'LOGIN-CMD' || getenv('MECH') == 'USER/PASS'
    ? ['DISABLE_AUTHENTICATOR' => ['PLAIN', 'LOGIN', 'CRAM-MD5', 'GSSAPI', 'MD5']]
    : ['DISABLE_AUTHENTICATOR' => array_values(array_diff(
        ['PLAIN', 'LOGIN', 'CRAM-MD5', 'GSSAPI', 'MD5'], [getenv('MECH')]))];
$box = @imap_open($where, getenv('USER'), getenv('SECRET'), 0, 1, $off);
if ($box) {
    imap_num_msg($box);
    imap_close($box);
}
imap_errors();
