#define _POSIX_C_SOURCE 200809L
#include "CPawlKernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *pawl_workspace_reserve(pawl_workspace *workspace, int slot, uint64_t bytes) {
  if (workspace->bytes[slot] >= bytes && workspace->memory[slot]) return workspace->memory[slot];
  free(workspace->memory[slot]);
  workspace->bytes[slot] = 0;
  void *memory = NULL;
  uint64_t rounded = (bytes + 4095) & ~(uint64_t)4095;
  if (posix_memalign(&memory, 4096, rounded ? rounded : 4096) != 0) {
    fprintf(stderr, "error: no memory for `%llu` bytes; make the model or the batch smaller\n", (unsigned long long)bytes);
    _exit(4);
  }
  workspace->memory[slot] = memory;
  workspace->bytes[slot] = rounded;
  return memory;
}

void pawl_workspace_free(pawl_workspace *workspace) {
  for (int slot = 0; slot < 16; slot++) free(workspace->memory[slot]);
  memset(workspace, 0, sizeof *workspace);
}

#if defined(__x86_64__)
extern const pawl_kernels pawl_kernels_avx512bf16, pawl_kernels_avx512, pawl_kernels_avx2;
static int has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
static int has_avx512(void) {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}
static int has_avx512bf16(void) { return has_avx512() && __builtin_cpu_supports("avx512bf16"); }
#elif defined(__aarch64__)
extern const pawl_kernels pawl_kernels_neon;
#endif
#if defined(__linux__)
const pawl_kernels *pawl_kernels_openblas(void);
#endif
extern const pawl_kernels pawl_kernels_portable;

const pawl_kernels *pawl_kernels_find(const char *name) {
#define OFFER(kernels, present)                                                     \
  if (!name || strcmp(name, (kernels)->name) == 0) {                                \
    if (present) return (kernels);                                                  \
    if (name) return NULL;                                                          \
  }
  // Best first.
#if defined(__x86_64__)
  OFFER(&pawl_kernels_avx512bf16, has_avx512bf16())
  OFFER(&pawl_kernels_avx512, has_avx512())
  OFFER(&pawl_kernels_avx2, has_avx2())
#elif defined(__aarch64__)
  OFFER(&pawl_kernels_neon, 1)
#endif
#if defined(__linux__)
  if (!name || strcmp(name, "openblas") == 0) {
    const pawl_kernels *kernels = pawl_kernels_openblas();
    if (kernels || name) return kernels;
  }
#endif
  OFFER(&pawl_kernels_portable, 1)
  return NULL;
}
