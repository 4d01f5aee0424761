// AVX2 with fused multiply-add: Intel from Haswell on, AMD from Zen on.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define VARIANT avx2
#define LANES 8
#define ROWS 6
#define VECTORS 2
#define HAS_BF16 0
#include "variant.h"
#pragma clang attribute pop
#endif
