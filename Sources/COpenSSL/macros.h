// Inline functions for the macros of OpenSSL that Swift cannot import. One line each, named after the macro.
#ifndef COPENSSL_MACROS_H
#define COPENSSL_MACROS_H

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

static inline int COpenSSL_SSL_CTX_set_min_proto_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_min_proto_version(context, version);
}
static inline int COpenSSL_SSL_CTX_set_max_proto_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_max_proto_version(context, version);
}
static inline void COpenSSL_SSL_CTX_set_mode(SSL_CTX *context, long mode) { SSL_CTX_set_mode(context, mode); }
static inline void COpenSSL_SSL_set_mode(SSL *ssl, long mode) { SSL_set_mode(ssl, mode); }
static inline void COpenSSL_SSL_clear_mode(SSL *ssl, long mode) { SSL_clear_mode(ssl, mode); }
static inline void COpenSSL_SSL_CTX_set_session_cache_mode(SSL_CTX *context, long mode) {
    SSL_CTX_set_session_cache_mode(context, mode);
}
static inline void COpenSSL_SSL_CTX_set_max_cert_list(SSL_CTX *context, long bytes) {
    SSL_CTX_set_max_cert_list(context, bytes);
}
static inline int COpenSSL_SSL_CTX_set1_groups_list(SSL_CTX *context, const char *names) {
    return (int)SSL_CTX_set1_groups_list(context, (char *)names);
}
static inline void COpenSSL_SSL_CTX_set_tlsext_servername_callback(SSL_CTX *context,
                                                                  int (*callback)(SSL *, int *, void *)) {
    SSL_CTX_set_tlsext_servername_callback(context, callback);
}
static inline int COpenSSL_SSL_CTX_add1_chain_cert(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(context, certificate);
}
static inline void COpenSSL_SSL_CTX_clear_chain_certs(SSL_CTX *context) { SSL_CTX_clear_chain_certs(context); }
static inline int COpenSSL_SSL_CTX_set1_sigalgs_list(SSL_CTX *context, const char *names) {
    return (int)SSL_CTX_set1_sigalgs_list(context, (char *)names);
}
static inline int COpenSSL_SSL_set_tlsext_host_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}
static inline uint64_t COpenSSL_SSL_OP_NO_RENEGOTIATION(void) { return (uint64_t)SSL_OP_NO_RENEGOTIATION; }
static inline uint64_t COpenSSL_SSL_OP_NO_COMPRESSION(void) { return (uint64_t)SSL_OP_NO_COMPRESSION; }
static inline uint64_t COpenSSL_SSL_OP_CIPHER_SERVER_PREFERENCE(void) {
    return (uint64_t)SSL_OP_CIPHER_SERVER_PREFERENCE;
}
static inline uint64_t COpenSSL_SSL_OP_NO_TICKET(void) { return (uint64_t)SSL_OP_NO_TICKET; }
static inline uint64_t COpenSSL_SSL_OP_PRIORITIZE_CHACHA(void) { return (uint64_t)SSL_OP_PRIORITIZE_CHACHA; }
static inline uint64_t COpenSSL_SSL_OP_IGNORE_UNEXPECTED_EOF(void) { return (uint64_t)SSL_OP_IGNORE_UNEXPECTED_EOF; }
// Named since OpenSSL 3.2. The bits are given here too, for a program that was built with older headers and runs on a
// newer library; an older library ignores them.
#ifndef SSL_OP_NO_TX_CERTIFICATE_COMPRESSION
#define SSL_OP_NO_TX_CERTIFICATE_COMPRESSION ((uint64_t)1 << 32)
#define SSL_OP_NO_RX_CERTIFICATE_COMPRESSION ((uint64_t)1 << 33)
#endif
static inline uint64_t COpenSSL_SSL_OP_NO_CERTIFICATE_COMPRESSION(void) {
    return (uint64_t)SSL_OP_NO_TX_CERTIFICATE_COMPRESSION | (uint64_t)SSL_OP_NO_RX_CERTIFICATE_COMPRESSION;
}
static inline int COpenSSL_SSL_CTX_get_ex_new_index(CRYPTO_EX_free *free_function) {
    return SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_function);
}
static inline int COpenSSL_SSL_get_ex_new_index(CRYPTO_EX_free *free_function) {
    return SSL_get_ex_new_index(0, NULL, NULL, NULL, free_function);
}
static inline long COpenSSL_SSL_get_negotiated_group(SSL *ssl) { return SSL_get_negotiated_group(ssl); }
static inline const char *COpenSSL_SSL_get_cipher_name(const SSL *ssl) { return SSL_get_cipher_name(ssl); }
static inline int COpenSSL_ERR_R_UNSUPPORTED(void) { return ERR_R_UNSUPPORTED; }
static inline long COpenSSL_BIO_get_mem_data(BIO *bio, char **data) { return BIO_get_mem_data(bio, data); }
// RFC 2253, but what is not ASCII stays readable.
static inline unsigned long COpenSSL_XN_FLAG_RFC2253_in_UTF8(void) {
    return XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
}
// Whether OpenSSL can make anything of an extension that it knows. What it makes is freed by the extension's own method,
// of whichever of the two kinds that is.
static inline int COpenSSL_X509_EXTENSION_isReadable(X509_EXTENSION *extension) {
    const X509V3_EXT_METHOD *method = X509V3_EXT_get(extension);
    void *content = X509V3_EXT_d2i(extension);
    if (!method || !content) return !method;
    if (method->it) {
        ASN1_item_free((ASN1_VALUE *)content, ASN1_ITEM_ptr(method->it));
    } else {
        method->ext_free(content);
    }
    return 1;
}

static inline int COpenSSL_stack_of_X509_count(const STACK_OF(X509) *stack) { return stack ? sk_X509_num(stack) : 0; }
static inline X509 *COpenSSL_stack_of_X509_value(const STACK_OF(X509) *stack, int index) {
    return sk_X509_value(stack, index);
}
static inline int COpenSSL_stack_of_GENERAL_NAME_count(const GENERAL_NAMES *names) {
    return names ? sk_GENERAL_NAME_num(names) : 0;
}
static inline int COpenSSL_stack_of_SSL_CIPHER_count(const STACK_OF(SSL_CIPHER) *stack) {
    return stack ? sk_SSL_CIPHER_num(stack) : 0;
}
static inline const SSL_CIPHER *COpenSSL_stack_of_SSL_CIPHER_value(const STACK_OF(SSL_CIPHER) *stack, int index) {
    return sk_SSL_CIPHER_value(stack, index);
}
static inline int COpenSSL_stack_of_X509_NAME_count(const STACK_OF(X509_NAME) *stack) {
    return stack ? sk_X509_NAME_num(stack) : 0;
}
static inline X509_NAME *COpenSSL_stack_of_X509_NAME_value(const STACK_OF(X509_NAME) *stack, int index) {
    return sk_X509_NAME_value(stack, index);
}
static inline X509_OBJECT *COpenSSL_stack_of_X509_OBJECT_value(const STACK_OF(X509_OBJECT) *stack, int index) {
    return sk_X509_OBJECT_value(stack, index);
}
static inline STACK_OF(X509) *COpenSSL_SSL_CTX_get0_chain_certs(SSL_CTX *context) {
    STACK_OF(X509) *chain = NULL;
    SSL_CTX_get0_chain_certs(context, &chain);
    return chain;
}
static inline int COpenSSL_stack_of_X509_OBJECT_count(const STACK_OF(X509_OBJECT) *stack) {
    return stack ? sk_X509_OBJECT_num(stack) : 0;
}
static inline int COpenSSL_stack_of_ASN1_OBJECT_count(const STACK_OF(ASN1_OBJECT) *stack) {
    return stack ? sk_ASN1_OBJECT_num(stack) : 0;
}
static inline ASN1_OBJECT *COpenSSL_stack_of_ASN1_OBJECT_value(const STACK_OF(ASN1_OBJECT) *stack, int index) {
    return sk_ASN1_OBJECT_value(stack, index);
}
static inline long COpenSSL_SSL_get0_raw_cipherlist(SSL *ssl, const unsigned char **list) {
    return SSL_get0_raw_cipherlist(ssl, list);
}
static inline long COpenSSL_SSL_get1_groups(SSL *ssl, int *identifiers) { return SSL_get1_groups(ssl, identifiers); }
static inline int COpenSSL_SSL_get_min_proto_version(SSL *ssl) { return (int)SSL_get_min_proto_version(ssl); }
static inline int COpenSSL_SSL_get_max_proto_version(SSL *ssl) { return (int)SSL_get_max_proto_version(ssl); }
static inline GENERAL_NAME *COpenSSL_stack_of_GENERAL_NAME_value(const GENERAL_NAMES *names, int index) {
    return sk_GENERAL_NAME_value(names, index);
}
static inline void COpenSSL_OPENSSL_free(void *memory) { OPENSSL_free(memory); }

#endif
