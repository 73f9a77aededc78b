// Bytes that are appended at the end and consumed at the start, in one piece of memory.
#ifndef FLOOR_BUFFER_H
#define FLOOR_BUFFER_H

#include <stddef.h>
#include <string.h>

// All zeroes is an empty buffer without memory.
struct buffer {
    unsigned char *memory;
    size_t start, end, capacity;
};

static inline const unsigned char *buffer_bytes(const struct buffer *buffer) { return buffer->memory + buffer->start; }
static inline size_t buffer_length(const struct buffer *buffer) { return buffer->end - buffer->start; }
static inline size_t buffer_space(const struct buffer *buffer) { return buffer->capacity - buffer->end; }

// Drops `count` bytes, which must be there, from the start.
static inline void buffer_consume(struct buffer *buffer, size_t count) {
    buffer->start += count;
    if (buffer->start == buffer->end) buffer->start = buffer->end = 0;
}

// Makes space for `count` bytes at the end, where there is not enough; moves or grows what is there.
void buffer_make_space(struct buffer *buffer, size_t count);

static inline void buffer_reserve(struct buffer *buffer, size_t count) {
    if (buffer_space(buffer) < count) buffer_make_space(buffer, count);
}

// Appends `count` bytes and returns where they lie until the next change of the buffer.
static inline unsigned char *buffer_append(struct buffer *buffer, const void *bytes, size_t count) {
    buffer_reserve(buffer, count);
    unsigned char *place = buffer->memory + buffer->end;
    memcpy(place, bytes, count);
    buffer->end += count;
    return place;
}

void buffer_free(struct buffer *buffer);

#endif
