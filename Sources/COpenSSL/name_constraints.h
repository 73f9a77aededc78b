// What Swift needs of name constraints (RFC 5280, section 4.2.1.10).
#ifndef COPENSSL_NAME_CONSTRAINTS_H
#define COPENSSL_NAME_CONSTRAINTS_H

#include <openssl/x509v3.h>

static inline int COpenSSL_NAME_CONSTRAINTS_excludedCount(const NAME_CONSTRAINTS *constraints) {
    return constraints->excludedSubtrees ? sk_GENERAL_SUBTREE_num(constraints->excludedSubtrees) : 0;
}
static inline GENERAL_NAME *COpenSSL_NAME_CONSTRAINTS_excluded(const NAME_CONSTRAINTS *constraints, int index) {
    return sk_GENERAL_SUBTREE_value(constraints->excludedSubtrees, index)->base;
}

#endif
