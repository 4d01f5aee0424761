// AVX-512 with dot products of bfloat16: Intel from Cooper Lake on, AMD from Zen 4 on.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"))), apply_to = function)
#define VARIANT avx512bf16
#define LANES 16
#define ROWS 8
#define VECTORS 2
#define HAS_BF16 1
#include "variant.h"
#pragma clang attribute pop
#endif
