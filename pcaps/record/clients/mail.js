// SMTP logins with nodemailer. Job in the environment, as for mail.py.
const nodemailer = require('nodemailer');
const e = process.env;
const auth = e.MECH === 'XOAUTH2'
    ? { type: 'OAuth2', user: e.USER, accessToken: e.SECRET }
    : { user: e.USER, pass: e.SECRET };
const transport = nodemailer.createTransport({
    host: e.HOST, port: +e.PORT, secure: e.TRANSPORT === 'tls', requireTLS: true,
    authMethod: e.MECH === 'XOAUTH2' ? undefined : e.MECH, auth: e.MECH === 'none' ? undefined : auth,
    tls: { rejectUnauthorized: false },
});
transport.sendMail({ from: 'node@contoso.com', to: 'a@contoso.com', subject: 's', text: 'hello' })
    .catch((error) => console.error(error.message));
