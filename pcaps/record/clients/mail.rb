# Logins with Ruby's libraries. Job in the environment, as for mail.py.
require 'net/imap'
require 'net/pop'
require 'net/smtp'

E = ENV
user, secret, mech = E['USER'], E['SECRET'], E['MECH']
implicit = E['TRANSPORT'] == 'tls'
trust = { verify_mode: OpenSSL::SSL::VERIFY_NONE }

class Token
  def initialize(user, token) = (@user, @token = user, token)
  def process(_) = "user=#{@user}\1auth=Bearer #{@token}\1\1"
end
Net::IMAP.add_authenticator('XOAUTH2', Token) rescue nil

begin
  case E['PROTO']
  when 'imap'
    client = Net::IMAP.new(E['HOST'], port: E['PORT'].to_i, ssl: implicit ? trust : false)
    client.starttls(trust) unless implicit
    client.capability if E['CASE'].to_s.include?('capa')
    begin
      mech == 'LOGIN-CMD' ? client.login(user, secret) : client.authenticate(mech, user, secret)
      client.select('INBOX')
      client.search(['ALL'])
    rescue Net::IMAP::NoResponseError
      nil
    end
    client.logout
  when 'pop'
    client = Net::POP3.new(E['HOST'], E['PORT'].to_i)
    client.enable_ssl(OpenSSL::SSL::VERIFY_NONE)
    client.start(user, secret) { |box| box.n_mails }
  else
    client = Net::SMTP.new(E['HOST'], E['PORT'].to_i)
    context = OpenSSL::SSL::SSLContext.new
    context.verify_mode = OpenSSL::SSL::VERIFY_NONE
    implicit ? client.enable_tls(context) : client.enable_starttls(context)
    kind = mech.downcase.tr('-', '_').to_sym
    client.start('ruby.contoso.com', user, secret, kind) do |talk|
      talk.send_message("Subject: a\r\n\r\nb\r\n", 'a@contoso.com', 'b@contoso.com')
    end
  end
rescue StandardError => e
  warn e.message
end
