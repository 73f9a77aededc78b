#include "frame.h"

#include <string.h>

#include "failure.h"

// MessagePack's first bytes, as far as the head of a message and binary content need them.
enum {
    POSITIVE_INTEGER_LIMIT = 0x80,
    ARRAY_OF_THREE = 0x93,
    BINARY_8 = 0xc4,
    BINARY_16 = 0xc5,
    BINARY_32 = 0xc6,
    UNSIGNED_8 = 0xcc,
    UNSIGNED_32 = 0xce,
    UNSIGNED_64 = 0xcf,
};

// Where the parts of a frame stand. Requests of ours always have their id as UNSIGNED_32, so that all are of one
// length.
enum {
    TYPE_OFFSET = FRAME_PREFIX_LENGTH + 1,
    ID_OFFSET = TYPE_OFFSET + 1,
    REQUEST_HEAD_LENGTH = ID_OFFSET + 5,
    PAYLOAD_LEAST = 4,  // array, type, id and content of one byte each
};

// Compilers make one instruction of each of these.
static uint16_t load_16(const unsigned char *bytes) { return (uint16_t)(bytes[0] << 8 | bytes[1]); }
static uint32_t load_32(const unsigned char *bytes) { return (uint32_t)load_16(bytes) << 16 | load_16(bytes + 2); }
static uint64_t load_64(const unsigned char *bytes) { return (uint64_t)load_32(bytes) << 32 | load_32(bytes + 4); }

static void store_32(unsigned char *bytes, uint32_t value) {
    bytes[0] = (unsigned char)(value >> 24);
    bytes[1] = (unsigned char)(value >> 16);
    bytes[2] = (unsigned char)(value >> 8);
    bytes[3] = (unsigned char)value;
}

// Reads an unsigned integer of `width` bytes, of which so many are there.
static bool load(const unsigned char *bytes, size_t available, size_t width, uint64_t *value) {
    if (available < width) return false;
    switch (width) {
        case 1: *value = bytes[0]; return true;
        case 2: *value = load_16(bytes); return true;
        case 4: *value = load_32(bytes); return true;
        case 8: *value = load_64(bytes); return true;
        default: return false;
    }
}

// Reads MessagePack's unsigned integer of any width, and returns its length; 0 if there is none.
static size_t read_unsigned(const unsigned char *bytes, size_t available, uint64_t *value) {
    if (!available) return 0;
    if (*bytes < POSITIVE_INTEGER_LIMIT) {
        *value = *bytes;
        return 1;
    }
    if (*bytes < UNSIGNED_8 || *bytes > UNSIGNED_64) return 0;
    size_t width = (size_t)1 << (*bytes - UNSIGNED_8);
    return load(bytes + 1, available - 1, width, value) ? 1 + width : 0;
}

enum frame_state read_frame(const unsigned char *bytes, size_t length, struct frame *frame) {
    if (length < FRAME_PREFIX_LENGTH) return FRAME_INCOMPLETE;
    size_t payload = load_32(bytes);
    if (payload < PAYLOAD_LEAST || payload > FRAME_PAYLOAD_LIMIT) return FRAME_INVALID;
    if (length < FRAME_PREFIX_LENGTH + payload) return FRAME_INCOMPLETE;
    if (bytes[FRAME_PREFIX_LENGTH] != ARRAY_OF_THREE || bytes[TYPE_OFFSET] > MESSAGE_FAILURE) return FRAME_INVALID;
    frame->bytes = bytes;
    frame->length = FRAME_PREFIX_LENGTH + payload;
    frame->type = (enum message_type)bytes[TYPE_OFFSET];
    return FRAME_WHOLE;
}

bool read_message(const struct frame *frame, struct message *message) {
    size_t available = frame->length - ID_OFFSET;
    size_t id_length = read_unsigned(frame->bytes + ID_OFFSET, available, &message->id);
    message->content = frame->bytes + ID_OFFSET + id_length;
    message->content_length = available - id_length;
    return id_length && message->content_length;
}

size_t missing_bytes(const unsigned char *bytes, size_t length) {
    if (length < FRAME_PREFIX_LENGTH) return FRAME_PREFIX_LENGTH - length;
    size_t whole = FRAME_PREFIX_LENGTH + (size_t)load_32(bytes);
    return whole > length ? whole - length : 0;
}

void append_echo(struct buffer *output, const struct frame *request) {
    unsigned char *result = buffer_append(output, request->bytes, request->length);
    result[TYPE_OFFSET] = MESSAGE_RESULT;
}

bool is_binary(const struct message *message, size_t length, const unsigned char **bytes) {
    const unsigned char *content = message->content;
    if (content[0] < BINARY_8 || content[0] > BINARY_32) return false;
    size_t width = (size_t)1 << (content[0] - BINARY_8);
    uint64_t found;
    if (!load(content + 1, message->content_length - 1, width, &found)) return false;
    *bytes = content + 1 + width;
    return found == length && message->content_length == 1 + width + length;
}

struct request make_request(size_t content_length) {
    size_t width = content_length <= UINT8_MAX ? 1 : content_length <= UINT16_MAX ? 2 : 4;
    struct request request = {
        .frame_length = REQUEST_HEAD_LENGTH + 1 + width + content_length,
        .content_length = content_length,
    };
    request.frame = allocate(1, request.frame_length);
    store_32(request.frame, (uint32_t)(request.frame_length - FRAME_PREFIX_LENGTH));
    request.frame[FRAME_PREFIX_LENGTH] = ARRAY_OF_THREE;
    request.frame[TYPE_OFFSET] = MESSAGE_REQUEST;
    request.frame[ID_OFFSET] = UNSIGNED_32;

    unsigned char *content = request.frame + REQUEST_HEAD_LENGTH;
    *content++ = width == 1 ? BINARY_8 : width == 2 ? BINARY_16 : BINARY_32;
    for (size_t index = 0; index < width; index++) {
        *content++ = (unsigned char)(content_length >> 8 * (width - 1 - index));
    }
    request.content = content;
    // Every byte value occurs, and no two neighbouring blocks of 256 are alike.
    for (size_t index = 0; index < content_length; index++) content[index] = (unsigned char)(index + (index >> 8));
    return request;
}

void append_request(struct buffer *output, const struct request *request, uint32_t id) {
    unsigned char *frame = buffer_append(output, request->frame, request->frame_length);
    store_32(frame + ID_OFFSET + 1, id);
}
