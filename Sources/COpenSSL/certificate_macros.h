// What making certificates needs beyond the headers that a TLS session needs.
#ifndef COPENSSL_CERTIFICATE_MACROS_H
#define COPENSSL_CERTIFICATE_MACROS_H

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>

#endif
