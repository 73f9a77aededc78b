#include "tls.h"

#include "failure.h"

enum {
    // One read from the socket takes up to four full records: a message of 1 MiB needs a quarter of the reads.
    READ_BUFFER_SIZE = 64 << 10,
};

static SSL_CTX *make_context(const SSL_METHOD *method) {
    SSL_CTX *context = SSL_CTX_new(method);
    if (!context || !SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) ||
        !SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256")) {
        fail_with_tls("TLS 1.3 with AES-128-GCM cannot be had");
    }
    // A write that has to wait is tried again from wherever the buffer is by then.
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, READ_BUFFER_SIZE);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return context;
}

static void use_identity(SSL_CTX *context, const char *certificate, const char *private_key) {
    if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1) {
        fail_with_tls("the certificate %s cannot be used", certificate);
    }
    if (SSL_CTX_use_PrivateKey_file(context, private_key, SSL_FILETYPE_PEM) != 1) {
        fail_with_tls("the private key %s cannot be used", private_key);
    }
}

static void use_trust_roots(SSL_CTX *context, const char *trust_roots) {
    if (SSL_CTX_load_verify_file(context, trust_roots) != 1) {
        fail_with_tls("the trust roots %s cannot be used", trust_roots);
    }
}

SSL_CTX *make_server_context(const char *certificate, const char *private_key, const char *trust_roots) {
    SSL_CTX *context = make_context(TLS_server_method());
    use_identity(context, certificate, private_key);
    SSL_CTX_set_num_tickets(context, 0);
    if (trust_roots) {
        use_trust_roots(context, trust_roots);
        SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(trust_roots));
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    return context;
}

SSL_CTX *make_client_context(const char *trust_roots, const char *certificate, const char *private_key) {
    SSL_CTX *context = make_context(TLS_client_method());
    use_trust_roots(context, trust_roots);
    if (certificate) use_identity(context, certificate, private_key);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    return context;
}

static SSL *make_session(SSL_CTX *context, int descriptor) {
    SSL *session = SSL_new(context);
    if (!session || SSL_set_fd(session, descriptor) != 1) fail_with_tls("no TLS session can be made");
    return session;
}

SSL *make_server_session(SSL_CTX *context, int descriptor) {
    SSL *session = make_session(context, descriptor);
    SSL_set_accept_state(session);
    return session;
}

SSL *make_client_session(SSL_CTX *context, int descriptor) {
    SSL *session = make_session(context, descriptor);
    if (SSL_set_tlsext_host_name(session, "localhost") != 1 || SSL_set1_host(session, "localhost") != 1) {
        fail_with_tls("the server's name cannot be set");
    }
    SSL_set_connect_state(session);
    return session;
}
