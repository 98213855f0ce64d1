// Requests with node: MODULE is https or fetch. Job in the environment, as for web.py.
const e = process.env;
const headers = {};
if (e.AUTHORIZATION) headers.authorization = e.AUTHORIZATION;
if (e.COOKIE) headers.cookie = e.COOKIE;
if (e.BODY) headers['content-type'] = 'text/xml; charset=utf-8';
const method = e.BODY ? 'POST' : 'GET';

function once() {
    return new Promise((done) => {
        const request = require('https').request(e.URL, { method, headers, rejectUnauthorized: false },
            (answer) => { answer.resume(); answer.on('end', done); });
        request.on('error', done);
        request.end(e.BODY || undefined);
    });
}

(async () => {
    for (let n = 0; n < +e.TIMES; n++) {
        if (e.MODULE === 'https') {
            await once();
        } else {
            const answer = await fetch(e.URL, { method, headers, body: e.BODY || undefined });
            await answer.text();
        }
    }
})().catch((error) => console.error(error.message));
