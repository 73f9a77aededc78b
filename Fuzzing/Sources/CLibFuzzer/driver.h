// libFuzzer's driver, for programs with a main function of their own. See "Using libFuzzer as a library" in its manual,
// https://llvm.org/docs/LibFuzzer.html; no header of LLVM declares it. The linker finds it by -sanitize=fuzzer.
#ifndef C_LIB_FUZZER_DRIVER_H
#define C_LIB_FUZZER_DRIVER_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));

#endif
