;; An SMTP login with Emacs's own library. Job in the environment, as for mail.py.
(require 'smtpmail)
(setq smtpmail-smtp-server (getenv "HOST")
      smtpmail-smtp-service (string-to-number (getenv "PORT"))
      smtpmail-stream-type (if (equal (getenv "TRANSPORT") "tls") 'ssl 'starttls)
      smtpmail-auth-supported (list (intern (downcase (getenv "MECH"))))
      auth-sources (list (getenv "AUTHINFO"))
      user-mail-address (getenv "USER")
      network-security-level 'low)
(with-temp-buffer
  (insert "From: a@contoso.com\nTo: b@contoso.com\nSubject: s\n" mail-header-separator "\nhello\n")
  (setq-local sendmail-coding-system 'utf-8)
  (smtpmail-send-it))
