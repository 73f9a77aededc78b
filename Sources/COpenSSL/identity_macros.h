// What keys, certificates and algorithms from elsewhere need: PKCS#12, stores, the question for a PIN, and providers.
#ifndef COPENSSL_IDENTITY_MACROS_H
#define COPENSSL_IDENTITY_MACROS_H

#include <openssl/decoder.h>
#include <openssl/kdf.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/storeerr.h>
#include <openssl/ui.h>

static inline STACK_OF(X509) *COpenSSL_stack_of_X509_new(void) { return sk_X509_new_null(); }
// With a reference of the stack's own. 1 on success.
static inline int COpenSSL_stack_of_X509_push(STACK_OF(X509) *stack, X509 *certificate) {
    if (!stack || sk_X509_push(stack, certificate) <= 0) return 0;
    return X509_up_ref(certificate);
}
static inline void COpenSSL_stack_of_X509_free(STACK_OF(X509) *stack) { sk_X509_pop_free(stack, X509_free); }

#endif
