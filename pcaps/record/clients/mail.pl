# Logins with Perl's libraries: MODULE names which. Job in the environment, as for mail.py.
use strict;
use warnings;
use IO::Socket::SSL;

my ($module, $mech, $user, $secret) = @ENV{qw(MODULE MECH USER SECRET)};
my ($host, $port, $implicit) = ($ENV{HOST}, $ENV{PORT}, $ENV{TRANSPORT} eq 'tls');
my @trust = (SSL_verify_mode => 0);

sub sasl {
    require Authen::SASL;
    return Authen::SASL->new(mechanism => $mech,
        callback => {user => $user, authname => $user, pass => $secret});
}

if ($module eq 'Mail::IMAPClient') {
    require Mail::IMAPClient;
    my %how = $mech eq 'LOGIN-CMD' ? () : (Authmechanism => $mech);
    my $client = Mail::IMAPClient->new(Server => $host, Port => $port, Timeout => 10,
        $implicit ? (Ssl => [@trust]) : (Starttls => [@trust]));
    $client->User($user);
    $client->Password($secret);
    if ($mech eq 'XOAUTH2') {
        require MIME::Base64;
        my $say = MIME::Base64::encode_base64("user=$user\x01auth=Bearer $secret\x01\x01", '');
        $client->authenticate('XOAUTH2', sub { return $say });
    } else {
        $client->Authmechanism($mech) if $mech ne 'LOGIN-CMD';
        $client->login;
    }
    if ($client->IsAuthenticated) { $client->select('INBOX'); $client->search('ALL'); }
    $client->logout;
} elsif ($module eq 'Net::IMAP::Simple') {
    require Net::IMAP::Simple;
    my $client = Net::IMAP::Simple->new("$host:$port", use_ssl => 1, ssl_options => [@trust]);
    $client->select('INBOX') if $client->login($user, $secret);
    $client->quit;
} elsif ($module eq 'Mail::POP3Client') {
    require Mail::POP3Client;
    my $client = Mail::POP3Client->new(HOST => $host, PORT => $port, USER => $user,
        PASSWORD => $secret, USESSL => 1, AUTH_MODE => $mech eq 'CRAM-MD5' ? 'CRAM-MD5' : 'PASS');
    $client->Count;
    $client->Close;
} elsif ($module eq 'Net::POP3') {
    require Net::POP3;
    my $client = Net::POP3->new($host, Port => $port, Timeout => 10, SSL => $implicit, @trust);
    $client->starttls(@trust) if !$implicit;
    if ($mech eq 'USER/PASS') { $client->login($user, $secret); } else { $client->auth(sasl()); }
    $client->quit;
} else {
    require Net::SMTP;
    my $client = Net::SMTP->new($host, Port => $port, Timeout => 10, SSL => $implicit, @trust);
    $client->starttls(@trust) if !$implicit;
    if ($mech eq 'none' || $client->auth(sasl())) {
        $client->mail('monitor@contoso.com');
        $client->to('someone@contoso.com');
        $client->data("Subject: report\n\nall well\n");
    }
    $client->quit;
}
