// AVX-512: Intel from Skylake-X on.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define VARIANT avx512
#define LANES 16
#define ROWS 8
#define VECTORS 2
#define HAS_BF16 0
#include "variant.h"
#pragma clang attribute pop
#endif
