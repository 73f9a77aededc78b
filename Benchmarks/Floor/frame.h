// The wire: a length of 4 bytes, big-endian, then the MessagePack array [type, id, content] of that many bytes.
#ifndef FLOOR_FRAME_H
#define FLOOR_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

enum {
    FRAME_PREFIX_LENGTH = 4,
    FRAME_PAYLOAD_LIMIT = 64 << 20,
    FRAME_CONTENT_LIMIT = FRAME_PAYLOAD_LIMIT - 64,  // leaves room for the head
};

enum message_type { MESSAGE_REQUEST = 0, MESSAGE_RESULT = 1, MESSAGE_FAILURE = 2 };

// A whole frame within the buffer that it was read from.
struct frame {
    const unsigned char *bytes;  // from the length on
    size_t length;
    enum message_type type;
};

enum frame_state { FRAME_WHOLE, FRAME_INCOMPLETE, FRAME_INVALID };

// Reads the frame at the start of `length` bytes, as far as a server that sends everything back needs it. A frame that
// is not whole is valid as far as it goes.
enum frame_state read_frame(const unsigned char *bytes, size_t length, struct frame *frame);

// How many bytes the frame at the start of an incomplete buffer still lacks, at the least.
size_t missing_bytes(const unsigned char *bytes, size_t length);

// Appends the result that sends a request's content back.
void append_echo(struct buffer *output, const struct frame *request);

// What follows the type.
struct message {
    uint64_t id;
    const unsigned char *content;  // as MessagePack
    size_t content_length;
};

// Reads the rest of a frame; false if that is no message.
bool read_message(const struct frame *frame, struct message *message);

// Whether the content is binary, of `length` bytes; if so, `*bytes` is set to where they are.
bool is_binary(const struct message *message, size_t length, const unsigned char **bytes);

// The request that is sent again and again: only its id changes.
struct request {
    unsigned char *frame;
    size_t frame_length;
    const unsigned char *content;  // within the frame
    size_t content_length;
};

struct request make_request(size_t content_length);
void append_request(struct buffer *output, const struct request *request, uint32_t id);

#endif
