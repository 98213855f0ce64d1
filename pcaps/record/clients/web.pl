# Requests with LWP or HTTP::Tiny (MODULE). Job in the environment, as for web.py.
use strict;
use warnings;

my %headers;
$headers{Authorization} = $ENV{AUTHORIZATION} if $ENV{AUTHORIZATION};
$headers{Cookie} = $ENV{COOKIE} if $ENV{COOKIE};
my ($method, $body) = ($ENV{BODY} ? 'POST' : 'GET', $ENV{BODY});
if ($ENV{MODULE} eq 'LWP') {
    require LWP::UserAgent;
    my $agent = LWP::UserAgent->new(keep_alive => 1, timeout => 8,
        ssl_opts => {verify_hostname => 0, SSL_verify_mode => 0});
    for (1 .. $ENV{TIMES}) {
        my $request = HTTP::Request->new($method, $ENV{URL}, [%headers], $body);
        $agent->request($request);
    }
} else {
    require HTTP::Tiny;
    my $agent = HTTP::Tiny->new(verify_SSL => 0, timeout => 8);
    for (1 .. $ENV{TIMES}) {
        $agent->request($method, $ENV{URL}, {headers => \%headers, $body ? (content => $body) : ()});
    }
}
