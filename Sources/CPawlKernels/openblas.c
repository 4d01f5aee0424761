// The portable loops with the matrix products of OpenBLAS, where it is installed: it knows processors that have no variant here.
#if defined(__linux__)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

#include "CPawlKernels.h"

enum { row_major = 101, plain = 111, turned = 112 };
typedef void (*product_function)(
    int order, int left_form, int right_form, int rows, int columns, int inner, float alpha, const float *left, int left_step, const float *right,
    int right_step, float beta, float *result, int step);
static product_function sgemm;

static long packed_bytes(long inner, long columns) { return inner * columns * 4; }

// The library packs for itself: only the orientation is settled here.
static void pack_right(const float *matrix, long step, int transposed, long inner, long columns, void *packed) {
  float *to = packed;
  for (long i = 0; i < inner; i++)
    for (long j = 0; j < columns; j++) to[i * columns + j] = transposed ? matrix[j * step + i] : matrix[i * step + j];
}

static void multiply(
    const float *left, long left_step, int left_transposed, const void *right, long rows, long columns, long inner, float *result, long step, int add,
    const float *bias, pawl_workspace *workspace) {
  (void)workspace;
  sgemm(
      row_major, left_transposed ? turned : plain, plain, (int)rows, (int)columns, (int)inner, 1, left, (int)left_step, right, (int)columns, add ? 1 : 0,
      result, (int)step);
  if (!bias) return;
  for (long i = 0; i < rows; i++)
    for (long j = 0; j < columns; j++) result[i * step + j] += bias[j];
}

extern const pawl_kernels pawl_kernels_portable;
static pawl_precision products;
static pawl_kernels table;
static int found;

static void find(void) {
  // One thread for each caller: a crew of ours shares the work out already.
  setenv("OPENBLAS_NUM_THREADS", "1", 0);
  void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  sgemm = library ? (product_function)dlsym(library, "cblas_sgemm") : NULL;
  if (!sgemm) return;
  products = *pawl_kernels_portable.single;
  products.packed_bytes = packed_bytes;
  products.pack_right = pack_right;
  products.multiply = multiply;
  table = pawl_kernels_portable;
  table.name = "openblas";
  table.single = &products;
  table.brief = &products;
  found = 1;
}

const pawl_kernels *pawl_kernels_openblas(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, find);
  return found ? &table : NULL;
}

const char *pawl_kernels_openblas_path(void) {
  Dl_info place;
  return pawl_kernels_openblas() && dladdr((void *)sgemm, &place) ? place.dli_fname : NULL;
}
#else
#include <stddef.h>
const char *pawl_kernels_openblas_path(void) { return NULL; }
#endif
