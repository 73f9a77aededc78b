// What Swift needs to know of a revocation list's entries (RFC 5280, section 5.3), of which there may be hundreds of thousands.
#ifndef COPENSSL_REVOCATION_LIST_H
#define COPENSSL_REVOCATION_LIST_H

#include <openssl/x509.h>
#include <openssl/x509v3.h>

typedef enum COpenSSL_RevocationEntryFault {
    COpenSSL_entriesAreComplete,
    COpenSSL_entryNamesIssuer,           // certificateIssuer: this one and those after it are another authority's
    COpenSSL_entryRemovesFromList,       // removeFromCRL: revoked no more, which only a delta list may say
    COpenSSL_entryIsCritical,            // an extension that must be understood, and is not
    COpenSSL_entryIsMalformed,           // a reason that cannot be read, or two of them
} COpenSSL_RevocationEntryFault;

// Nearly all are an ENUMERATED of one byte, which needs no decoder.
static inline long COpenSSL_X509_REVOKED_reason(const X509_REVOKED *entry, X509_EXTENSION *extension) {
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(extension);
    const unsigned char *bytes = ASN1_STRING_get0_data(value);
    if (ASN1_STRING_length(value) == 3 && bytes[0] == V_ASN1_ENUMERATED && bytes[1] == 1) return bytes[2];
    ASN1_ENUMERATED *decoded = (ASN1_ENUMERATED *)X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
    long reason = decoded ? ASN1_ENUMERATED_get(decoded) : -1;
    ASN1_ENUMERATED_free(decoded);
    return reason;
}

static inline COpenSSL_RevocationEntryFault COpenSSL_X509_REVOKED_fault(const X509_REVOKED *entry) {
    int reasons = 0;
    for (int index = 0; index < X509_REVOKED_get_ext_count(entry); index++) {
        X509_EXTENSION *extension = X509_REVOKED_get_ext(entry, index);
        switch (OBJ_obj2nid(X509_EXTENSION_get_object(extension))) {
        case NID_certificate_issuer: return COpenSSL_entryNamesIssuer;
        case NID_crl_reason: {
            long reason = COpenSSL_X509_REVOKED_reason(entry, extension);
            if (reason == CRL_REASON_REMOVE_FROM_CRL) return COpenSSL_entryRemovesFromList;
            if (reason < 0 || ++reasons > 1) return COpenSSL_entryIsMalformed;
            break;
        }
        default: break;
        }
        if (X509_EXTENSION_get_critical(extension)) return COpenSSL_entryIsCritical;
    }
    return COpenSSL_entriesAreComplete;
}

// Of the first entry that has one.
static inline COpenSSL_RevocationEntryFault COpenSSL_X509_CRL_entryFault(X509_CRL *list) {
    STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(list);
    int count = entries ? sk_X509_REVOKED_num(entries) : 0;
    for (int index = 0; index < count; index++) {
        COpenSSL_RevocationEntryFault fault = COpenSSL_X509_REVOKED_fault(sk_X509_REVOKED_value(entries, index));
        if (fault != COpenSSL_entriesAreComplete) return fault;
    }
    return COpenSSL_entriesAreComplete;
}

#endif
