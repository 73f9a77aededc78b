// A BIO whose two ends are windows on memory that somebody else owns, set for the length of one call into OpenSSL.
//
// Reading takes bytes from the input window; writing puts bytes into the output window and, when that is full, into an
// overflow buffer of the BIO's own, so that a write never has to be retried (a partly written record could not be
// presented again after the caller's buffer has moved). Nothing here calls back into Swift, and nothing is kept alive
// by the BIO: between calls both windows are empty.
#ifndef COPENSSL_WINDOW_BIO_H
#define COPENSSL_WINDOW_BIO_H

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <stdint.h>
#include <string.h>

typedef struct COpenSSL_WindowBIO {
    const uint8_t *input;      // what may be read now
    size_t input_length;
    size_t input_taken;        // how much of it has been read
    uint8_t *output;           // where to write now
    size_t output_capacity;
    size_t output_length;      // how much has been written there
    uint8_t *overflow;         // what did not fit, in order, after what is in the output window
    size_t overflow_capacity;
    size_t overflow_length;
    int end_of_input;          // the peer will send nothing after the input window
    uint8_t record_header[5];  // of the record that has been taken in part
    size_t record_header_length;
    size_t record_body_left;   // how much of its body is still to come
    size_t record_taken;       // how much of it, header included, has been taken: the most plaintext it has yet to give
    int is_reading;            // plaintext is being asked for, so what is counted below has limits
    uint32_t idle_records;     // whole records taken since the last plaintext
    uint32_t answers;          // what OpenSSL has written by itself since then, while plaintext was asked for
} COpenSSL_WindowBIO;

// How many records may come in a row that bring no plaintext, and how many of them may be answered: key updates, tickets,
// requests to negotiate anew. OpenSSL limits warnings (5) and empty records (32), and takes these for ever.
enum { COpenSSL_maximumIdleRecords = 32 };

static inline int COpenSSL_WindowBIO_isFlooded(const COpenSSL_WindowBIO *window) {
    return window->idle_records > COpenSSL_maximumIdleRecords || window->answers > COpenSSL_maximumIdleRecords;
}

// Follows the record boundaries (RFC 8446, section 5.1), so that plaintext buffers can be fitted to what is coming.
static void COpenSSL_WindowBIO_follow(COpenSSL_WindowBIO *window, const uint8_t *bytes, size_t count) {
    while (count) {
        size_t step = 1;
        if (window->record_header_length < sizeof window->record_header) {
            window->record_header[window->record_header_length++] = *bytes;
            if (window->record_header_length == sizeof window->record_header)
                window->record_body_left = (size_t)window->record_header[3] << 8 | window->record_header[4];
        } else {
            step = count < window->record_body_left ? count : window->record_body_left;
            window->record_body_left -= step;
        }
        bytes += step;
        count -= step;
        window->record_taken += step;
        if (window->record_header_length == sizeof window->record_header && window->record_body_left == 0) {
            window->record_header_length = 0;
            window->record_taken = 0;
            window->idle_records++;
        }
    }
}

static int COpenSSL_WindowBIO_read(BIO *bio, char *destination, int length) {
    COpenSSL_WindowBIO *window = (COpenSSL_WindowBIO *)BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (!window || length <= 0) return 0;
    size_t available = window->input_length - window->input_taken;
    // One call of SSL_read takes as many records without plaintext as there are, so it is stopped here.
    if (window->is_reading && COpenSSL_WindowBIO_isFlooded(window)) available = 0;
    if (available == 0) {
        if (window->end_of_input) return 0;
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t count = available < (size_t)length ? available : (size_t)length;
    memcpy(destination, window->input + window->input_taken, count);
    COpenSSL_WindowBIO_follow(window, window->input + window->input_taken, count);
    window->input_taken += count;
    return (int)count;
}

static int COpenSSL_WindowBIO_write(BIO *bio, const char *source, int length) {
    COpenSSL_WindowBIO *window = (COpenSSL_WindowBIO *)BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (!window || length <= 0) return 0;
    // One record can hold thousands of messages, each with an answer; those past the limit are never sent.
    if (window->is_reading && ++window->answers > COpenSSL_maximumIdleRecords + 1) return -1;
    size_t total = (size_t)length, fits = 0;
    if (window->overflow_length == 0) {  // once something has overflowed, everything after it must, to stay in order
        size_t room = window->output_capacity - window->output_length;
        fits = room < total ? room : total;
        if (fits) memcpy(window->output + window->output_length, source, fits);
    }
    size_t rest = total - fits;
    if (rest) {
        size_t needed = window->overflow_length + rest;
        if (needed > window->overflow_capacity) {
            size_t capacity = window->overflow_capacity ? window->overflow_capacity : 4096;
            while (capacity < needed) capacity *= 2;
            uint8_t *grown = (uint8_t *)OPENSSL_realloc(window->overflow, capacity);
            if (!grown) return -1;
            window->overflow = grown;
            window->overflow_capacity = capacity;
        }
        memcpy(window->overflow + window->overflow_length, source + fits, rest);
        window->overflow_length = needed;
    }
    window->output_length += fits;
    return length;
}

static long COpenSSL_WindowBIO_control(BIO *bio, int command, long number, void *pointer) {
    (void)number;
    (void)pointer;
    COpenSSL_WindowBIO *window = (COpenSSL_WindowBIO *)BIO_get_data(bio);
    switch (command) {
    case BIO_CTRL_FLUSH:  // the handshake fails on anything but 1
    case BIO_CTRL_DUP:
        return 1;
    case BIO_CTRL_EOF:  // tells a truncated stream from one that is merely empty for now
        return !window || (window->end_of_input && window->input_taken == window->input_length);
    case BIO_CTRL_PENDING:
        return window ? (long)(window->input_length - window->input_taken) : 0;
    case BIO_CTRL_WPENDING:
        return 0;
    default:  // kernel TLS probes among them: none of it here
        return 0;
    }
}

static int COpenSSL_WindowBIO_destroy(BIO *bio) {
    COpenSSL_WindowBIO *window = (COpenSSL_WindowBIO *)BIO_get_data(bio);
    if (window) {
        OPENSSL_free(window->overflow);
        OPENSSL_free(window);
        BIO_set_data(bio, NULL);
    }
    return 1;
}

// The method is made once for the process and never freed; NULL when memory has run out.
static inline BIO_METHOD *COpenSSL_WindowBIO_makeMethod(void) {
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "window");
    if (!method) return NULL;
    BIO_meth_set_read(method, COpenSSL_WindowBIO_read);
    BIO_meth_set_write(method, COpenSSL_WindowBIO_write);
    BIO_meth_set_ctrl(method, COpenSSL_WindowBIO_control);
    BIO_meth_set_destroy(method, COpenSSL_WindowBIO_destroy);
    return method;
}

// A BIO with its windows, both empty; NULL when memory has run out. BIO_free frees both.
static inline BIO *COpenSSL_WindowBIO_new(const BIO_METHOD *method) {
    BIO *bio = BIO_new(method);
    if (!bio) return NULL;
    COpenSSL_WindowBIO *window = (COpenSSL_WindowBIO *)OPENSSL_zalloc(sizeof *window);
    if (!window) {
        BIO_free(bio);
        return NULL;
    }
    BIO_set_data(bio, window);
    BIO_set_init(bio, 1);
    return bio;
}

// Sets the windows for one call.
static inline void COpenSSL_WindowBIO_open(COpenSSL_WindowBIO *window, const void *input, size_t input_length,
                                           void *output, size_t output_capacity) {
    window->input = (const uint8_t *)input;
    window->input_length = input_length;
    window->input_taken = 0;
    window->output = (uint8_t *)output;
    window->output_capacity = output_capacity;
    window->output_length = 0;
}

// Forgets the memory behind the windows; how much of it was taken and written stays to be asked for.
static inline void COpenSSL_WindowBIO_close(COpenSSL_WindowBIO *window) {
    window->input = NULL;
    window->input_length = window->input_taken;  // nothing left to read
    window->output = NULL;
    window->output_capacity = window->output_length;  // no room left to write
}

static inline COpenSSL_WindowBIO *COpenSSL_WindowBIO_of(BIO *bio) { return (COpenSSL_WindowBIO *)BIO_get_data(bio); }

static inline void COpenSSL_WindowBIO_freeOverflow(COpenSSL_WindowBIO *window) {
    OPENSSL_free(window->overflow);
    window->overflow = NULL;
    window->overflow_capacity = 0;
    window->overflow_length = 0;
}

#endif
