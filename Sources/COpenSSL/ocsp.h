// What Swift needs for stapled OCSP responses (RFC 6960, RFC 6066 section 8) beyond OpenSSL's functions.
#ifndef COPENSSL_OCSP_H
#define COPENSSL_OCSP_H

#include <openssl/ocsp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

static inline void COpenSSL_SSL_CTX_request_ocsp_response(SSL_CTX *context, int (*callback)(SSL *, void *)) {
    SSL_CTX_set_tlsext_status_type(context, TLSEXT_STATUSTYPE_ocsp);
    SSL_CTX_set_tlsext_status_cb(context, callback);
}
static inline void COpenSSL_SSL_CTX_set_tlsext_status_cb(SSL_CTX *context, int (*callback)(SSL *, void *)) {
    SSL_CTX_set_tlsext_status_cb(context, callback);
}
// The response that the peer has stapled, which the session owns; -1 if it has stapled none.
static inline long COpenSSL_SSL_get_tlsext_status_ocsp_resp(SSL *ssl, const unsigned char **response) {
    return SSL_get_tlsext_status_ocsp_resp(ssl, response);
}
// Gives the session a copy, which it frees. 1 on success.
static inline int COpenSSL_SSL_staple(SSL *ssl, const void *response, size_t length) {
    void *copy = OPENSSL_memdup(response, length);
    if (!copy) return 0;
    if (SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)length) == 1) return 1;
    OPENSSL_free(copy);
    return 0;
}

// Whether a response is signed by `issuer`, or by somebody whom it has delegated that to: the certificate for that is among
// the response's own, and checked by OCSP_basic_verify(3) to be issued by it, for that purpose.
static inline int COpenSSL_OCSP_isSignedFor(OCSP_BASICRESP *response, X509 *issuer) {
    int result = 0;
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509) *certificates = sk_X509_new_null();
    if (store && certificates && X509_STORE_add_cert(store, issuer) == 1 && sk_X509_push(certificates, issuer) > 0) {
        // The issuer was verified with the chain: here it is where trust ends, whether it signed itself or not.
        X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
        result = OCSP_basic_verify(response, certificates, store, OCSP_NOEXPLICIT) == 1;
    }
    sk_X509_free(certificates);
    X509_STORE_free(store);
    return result;
}

// Whether a certificate demands that a response is stapled to it (RFC 7633, status_request).
static inline int COpenSSL_X509_demandsStaple(const X509 *certificate) {
    int result = 0;
    TLS_FEATURE *features = (TLS_FEATURE *)X509_get_ext_d2i(certificate, NID_tlsfeature, NULL, NULL);
    for (int index = 0; features && index < sk_ASN1_INTEGER_num(features); index++)
        if (ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, index)) == TLSEXT_TYPE_status_request) result = 1;
    TLS_FEATURE_free(features);
    return result;
}

#endif
