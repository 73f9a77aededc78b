// What malloc knows of itself. Swift's modules of the C library leave it out.

#ifndef CMALLOC_SHIMS_H
#define CMALLOC_SHIMS_H

#include <stddef.h>
#include <stdlib.h> // says which C library it is

#if defined(__GLIBC__)
#include <malloc.h>

// The bytes that are allocated now, in all arenas; see mallinfo2(3). Not what the process takes from the system, which
// depends on where free pieces lie.
static inline size_t CMalloc_allocated_bytes(void) {
    struct mallinfo2 information = mallinfo2();
    return information.uordblks + information.hblkhd;
}
#elif defined(__APPLE__)
#include <malloc/malloc.h>

static inline size_t CMalloc_allocated_bytes(void) {
    return mstats().bytes_used;
}
#else
// Another C library does not tell: 0.
static inline size_t CMalloc_allocated_bytes(void) {
    return 0;
}
#endif

#endif
