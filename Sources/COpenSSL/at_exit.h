// By default OpenSSL frees what it has when the process calls exit, or returns from main, while other threads still shake hands:
// event loops do, in nearly every program, and one in four such exits crashed. With this as the first call of OpenSSL in a
// process it frees nothing then; the memory goes with the process. Later calls change nothing and cost next to nothing. See
// OPENSSL_INIT_NO_ATEXIT in OPENSSL_init_crypto(3). Where another library has used OpenSSL first, it is too late.
#ifndef COPENSSL_AT_EXIT_H
#define COPENSSL_AT_EXIT_H

#include <openssl/crypto.h>

static inline void COpenSSL_keepAtExit(void) { OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL); }

#endif
