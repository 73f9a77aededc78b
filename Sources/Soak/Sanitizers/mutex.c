// Tells ThreadSanitizer of Swift's Mutex. What threads do that need not wait for one is compiled into the program, and seen;
// waiting is in libswiftSynchronization, which is not instrumented: what a lock protects looked like a race whenever two
// threads met at it. Loaded before that library by scripts/sanitize.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

// Of the sanitizer's runtime, in the program.
extern void __tsan_acquire(void *address);
extern void __tsan_release(void *address);

// _MutexHandle._lockSlow(_: UInt32), _MutexHandle._tryLockSlow() -> Bool, _MutexHandle._unlockSlow(); Swift hands over `self`
// in a register of its own.
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef __attribute__((swiftcall)) void Lock(uint32_t thread, __attribute__((swift_context)) void *mutex);
typedef __attribute__((swiftcall)) _Bool TryLock(__attribute__((swift_context)) void *mutex);
typedef __attribute__((swiftcall)) void Unlock(__attribute__((swift_context)) void *mutex);

Lock lock __asm__(LOCK);
TryLock try_lock __asm__(TRY_LOCK);
Unlock unlock __asm__(UNLOCK);

__attribute__((swiftcall)) void lock(uint32_t thread, __attribute__((swift_context)) void *mutex) {
    ((Lock *)dlsym(RTLD_NEXT, LOCK))(thread, mutex);
    __tsan_acquire(mutex);
}

__attribute__((swiftcall)) _Bool try_lock(__attribute__((swift_context)) void *mutex) {
    _Bool is_locked = ((TryLock *)dlsym(RTLD_NEXT, TRY_LOCK))(mutex);
    if (is_locked) __tsan_acquire(mutex);
    return is_locked;
}

__attribute__((swiftcall)) void unlock(__attribute__((swift_context)) void *mutex) {
    __tsan_release(mutex);
    ((Unlock *)dlsym(RTLD_NEXT, UNLOCK))(mutex);
}
