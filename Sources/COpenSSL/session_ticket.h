// What Swift needs for session tickets (RFC 5077 as TLS 1.3 uses it): the one place that knows how a ticket is sealed.
#ifndef COPENSSL_SESSION_TICKET_H
#define COPENSSL_SESSION_TICKET_H

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/ssl.h>
#include <stdint.h>

enum { COpenSSL_ticketNameLength = 16, COpenSSL_ticketSecretLength = 64 };

// Sets both contexts up to seal (1) or to open (0) a ticket: the algorithm, AES-256-CBC, with the secret's first half, HMAC-SHA-256 with
// its second. See SSL_CTX_set_tlsext_ticket_key_evp_cb(3). 1 on success.
static inline int COpenSSL_Ticket_start(EVP_CIPHER_CTX *cipher, const EVP_CIPHER *algorithm, EVP_MAC_CTX *authentication,
                                        const uint8_t *secret, const uint8_t *iv, int seals) {
    OSSL_PARAM parameters[3];
    parameters[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)(secret + 32), 32);
    parameters[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0);
    parameters[2] = OSSL_PARAM_construct_end();
    return EVP_CipherInit_ex(cipher, algorithm, NULL, secret, iv, seals) == 1 &&
           EVP_MAC_CTX_set_params(authentication, parameters) == 1;
}

#endif
