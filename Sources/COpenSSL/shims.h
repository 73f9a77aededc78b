// Everything of OpenSSL that Swift needs: its own headers, and beside them one file for each kind of help.
#ifndef COPENSSL_SHIMS_H
#define COPENSSL_SHIMS_H

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/opensslv.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "at_exit.h"
#include "macros.h"
#include "certificate_macros.h"
#include "identity_macros.h"
#include "window_bio.h"
#include "session_step.h"
#include "session_ticket.h"
#include "ocsp.h"
#include "name_constraints.h"
#include "revocation_list.h"

#endif
