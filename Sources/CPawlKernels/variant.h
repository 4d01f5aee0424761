// All functions of one variant; the file that includes this sets VARIANT, LANES, ROWS, VECTORS and HAS_BF16, and switches the instruction set on.
#include "CPawlKernels.h"
#include "vector.h"

#define BF16 0
#define NAME(x) f32_##x
#include "matrix.h"
#include "attention.h"
#undef BF16
#undef NAME
#undef DEEP
#undef COLUMNS
#if HAS_BF16
#define BF16 1
#define NAME(x) bf16_##x
#include "matrix.h"
#include "attention.h"
#undef BF16
#undef NAME
#undef DEEP
#undef COLUMNS
#endif
#include "rows.h"
#include "table.h"
