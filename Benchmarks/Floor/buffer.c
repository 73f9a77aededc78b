#include "buffer.h"

#include <stdlib.h>

#include "failure.h"

void buffer_make_space(struct buffer *buffer, size_t count) {
    size_t length = buffer_length(buffer);
    // Moving costs `length`, and happens once in at least that many bytes: the work stays linear.
    if (buffer->start >= length && buffer->capacity - length >= count) {
        if (length) memcpy(buffer->memory, buffer->memory + buffer->start, length);
    } else {
        size_t capacity = length + count > 2 * buffer->capacity ? length + count : 2 * buffer->capacity;
        unsigned char *memory = reallocate(NULL, capacity);
        if (length) memcpy(memory, buffer->memory + buffer->start, length);
        free(buffer->memory);
        buffer->memory = memory;
        buffer->capacity = capacity;
    }
    buffer->start = 0;
    buffer->end = length;
}

void buffer_free(struct buffer *buffer) {
    free(buffer->memory);
    *buffer = (struct buffer){0};
}
