// TLS 1.3 with AES-128-GCM and no session tickets: what all connections of one program share.
#ifndef FLOOR_TLS_H
#define FLOOR_TLS_H

#include <openssl/ssl.h>

// With trust roots clients must show a certificate signed by one of them; without (NULL) none is asked for.
SSL_CTX *make_server_context(const char *certificate, const char *private_key, const char *trust_roots);

// The server's chain is verified with the trust roots. Certificate and key are both NULL where the server asks for
// none.
SSL_CTX *make_client_context(const char *trust_roots, const char *certificate, const char *private_key);

// Either end of one connection; the handshake is done by the first read or write. A client also verifies that the
// server's certificate is for localhost.
SSL *make_server_session(SSL_CTX *context, int descriptor);
SSL *make_client_session(SSL_CTX *context, int descriptor);

#endif
