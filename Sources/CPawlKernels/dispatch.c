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
extern const pawl_kernels pawl_kernels_portable;
static int always(void) { return 1; }

// Best first.
static const struct {
  const pawl_kernels *kernels;
  int (*present)(void);
} variants[] = {
#if defined(__x86_64__)
    {&pawl_kernels_avx512bf16, has_avx512bf16},
    {&pawl_kernels_avx512, has_avx512},
    {&pawl_kernels_avx2, has_avx2},
#elif defined(__aarch64__)
    {&pawl_kernels_neon, always},
#endif
    {&pawl_kernels_portable, always},
};

const pawl_kernels *pawl_kernels_find(const char *name) {
  for (unsigned i = 0; i < sizeof variants / sizeof variants[0]; i++) {
    if (name && strcmp(name, variants[i].kernels->name) != 0) continue;
    if (variants[i].present()) return variants[i].kernels;
    if (name) return NULL;
  }
  return NULL;
}
