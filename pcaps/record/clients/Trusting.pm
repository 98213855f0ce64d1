# Loaded before a Perl program that cannot be told which certificates to trust.
package Trusting;
use IO::Socket::SSL;
IO::Socket::SSL::set_defaults(SSL_verify_mode => 0, SSL_verifycn_scheme => 'none');
1;
