// What every processor has; products go to OpenBLAS where it is installed, which knows the old ones.
#define VARIANT portable
#define LANES 4
#define ROWS 4
#define VECTORS 2
#define HAS_BF16 0
#include "variant.h"
