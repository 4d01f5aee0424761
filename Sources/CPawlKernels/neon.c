// NEON, which every 64-bit ARM processor has.
#if defined(__aarch64__)
#define VARIANT neon
#define LANES 4
#define ROWS 8
#define VECTORS 2
#define HAS_BF16 0
#include "variant.h"
#endif
