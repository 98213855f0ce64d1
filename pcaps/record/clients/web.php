<?php
/* Requests with PHP: MODULE is curl or streams. Job in the environment, as for web.py. */
$headers = [];
if (getenv('AUTHORIZATION')) {
    $headers[] = 'Authorization: ' . getenv('AUTHORIZATION');
}
if (getenv('COOKIE')) {
    $headers[] = 'Cookie: ' . getenv('COOKIE');
}
if (getenv('BODY')) {
    $headers[] = 'Content-Type: text/xml; charset=utf-8';
}
$curl = curl_init(getenv('URL'));
for ($n = 0; $n < (int) getenv('TIMES'); $n++) {
    if (getenv('MODULE') == 'curl') {
        curl_setopt_array($curl, [CURLOPT_HTTPHEADER => $headers, CURLOPT_RETURNTRANSFER => true,
            CURLOPT_SSL_VERIFYPEER => false, CURLOPT_SSL_VERIFYHOST => 0, CURLOPT_TIMEOUT => 8]
            + (getenv('BODY') ? [CURLOPT_POSTFIELDS => getenv('BODY')] : []));
        curl_exec($curl);
    } else {
        @file_get_contents(getenv('URL'), false, stream_context_create([
            'http' => ['method' => getenv('BODY') ? 'POST' : 'GET', 'header' => $headers,
                'content' => getenv('BODY') ?: '', 'timeout' => 8, 'ignore_errors' => true],
            'ssl' => ['verify_peer' => false, 'verify_peer_name' => false]]));
    }
}
