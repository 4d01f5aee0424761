// Vectors of LANES floats, in plain C with the compiler's vector extensions: each variant (avx512.c, avx2.c, …) includes this once, with LANES set
// and the instruction set switched on for all functions that follow.
#include <math.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

typedef float vf __attribute__((ext_vector_type(LANES)));
typedef int32_t vi __attribute__((ext_vector_type(LANES)));
typedef float vf_unaligned __attribute__((ext_vector_type(LANES), aligned(4)));
typedef int32_t vi_unaligned __attribute__((ext_vector_type(LANES), aligned(4)));

INLINE vf load(const float *p) { return *(const vf_unaligned *)p; }
INLINE void store(float *p, vf v) { *(vf_unaligned *)p = v; }
INLINE vi load_units(const void *p) { return *(const vi_unaligned *)p; }
INLINE void store_units(void *p, vi v) { *(vi_unaligned *)p = v; }
INLINE vf all(float x) { return (vf)(x); }

// The first `count` lanes; the others are `fill`.
INLINE vf load_part(const float *p, long count, float fill) {
  vf v = all(fill);
  memcpy(&v, p, (size_t)count * sizeof(float));
  return v;
}
INLINE void store_part(float *p, vf v, long count) { memcpy(p, &v, (size_t)count * sizeof(float)); }

INLINE vf load_row(const float *p, long index, long count) {
  return index + LANES <= count ? load(p + index) : load_part(p + index, count - index, 0);
}
INLINE void store_row(float *p, vf v, long index, long count) {
  if (index + LANES <= count) store(p + index, v);
  else store_part(p + index, v, count - index);
}

// Picks lanes from `a` where `mask` (of 0 and -1) is set, else from `b`.
INLINE vf choose(vi mask, vf a, vf b) { return (vf)((mask & (vi)a) | (~mask & (vi)b)); }
// Where one of the two is no number, the second one, as the instructions have it: so what comes second stays no number.
INLINE vf least(vf a, vf b) { return a < b ? a : b; }
INLINE vf greatest(vf a, vf b) { return a > b ? a : b; }
INLINE vf root(vf a) { return __builtin_elementwise_sqrt(a); }

INLINE vi lane_numbers(void) {
  vi v;
  for (int i = 0; i < LANES; i++) v[i] = i;
  return v;
}

// Sums lanes pairwise, always in the same order: each stage folds the upper half onto the lower.
typedef float v4 __attribute__((ext_vector_type(4)));
typedef float v2 __attribute__((ext_vector_type(2)));
#if LANES == 16
typedef float v8 __attribute__((ext_vector_type(8)));
#define FOLD_TO_4(name, v, of) v8 name##_8 = of((v).lo, (v).hi); v4 name = of(name##_8.lo, name##_8.hi)
#elif LANES == 8
#define FOLD_TO_4(name, v, of) v4 name = of((v).lo, (v).hi)
#else
#define FOLD_TO_4(name, v, of) v4 name = v
#endif
#define PLUS(a, b) ((a) + (b))
INLINE float sum_lanes(vf v) {
  FOLD_TO_4(four, v, PLUS);
  v2 two = four.lo + four.hi;
  return two.x + two.y;
}
INLINE float greatest_lane(vf v) {
  FOLD_TO_4(four, v, __builtin_elementwise_max);
  v2 two = __builtin_elementwise_max(four.lo, four.hi);
  return two.x > two.y ? two.x : two.y;
}

// 2^x for x from -126 to 127, clamped outside; what is no number stays none; relative error below 3e-6.
//
// x = n + r with r in -0.5…0.5: a polynomial for 2^r (the Taylor series, its last terms adjusted), and n added to the exponent's bits.
INLINE vf power_of_two(vf x) {
  x = least(all(127), greatest(all(-126), x));
  vf shifted = x + all(12582912);  // 1.5 x 2^23: adding it rounds to a whole number
  vf r = x - (shifted - all(12582912));
  vf p = all(1.3333558e-3f) * r + all(9.6181291e-3f);
  p = p * r + all(5.5504109e-2f);
  p = p * r + all(2.4022651e-1f);
  p = p * r + all(6.9314718e-1f);
  p = p * r + all(1);
  return (vf)((vi)p + ((vi)shifted << 23));
}
INLINE vf exponential(vf x) { return power_of_two(x * all(1.44269504f)); }
INLINE vf sigmoid(vf x) { return all(1) / (all(1) + exponential(-x)); }
// tanh x = 2 sigmoid(2x) - 1
INLINE vf hyperbolic_tangent(vf x) { return all(2) * sigmoid(all(2) * x) - all(1); }

// Swaps rows and columns of a block of LANES x LANES 32-bit units.
//
// Stage s exchanges, between rows i and i + s, the lanes that have bit s: log2(LANES) stages.
INLINE void transpose_units(const int32_t *from, long from_step, int32_t *to, long to_step) {
  vi row[LANES];
#pragma clang loop unroll(full)
  for (int i = 0; i < LANES; i++) row[i] = load_units(from + i * from_step);
#if LANES == 16
#define LOW1 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define HIGH1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31
#define LOW2 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define HIGH2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define LOW4 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define HIGH4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define LOW8 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define HIGH8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
#elif LANES == 8
#define LOW1 0, 8, 2, 10, 4, 12, 6, 14
#define HIGH1 1, 9, 3, 11, 5, 13, 7, 15
#define LOW2 0, 1, 8, 9, 4, 5, 12, 13
#define HIGH2 2, 3, 10, 11, 6, 7, 14, 15
#define LOW4 0, 1, 2, 3, 8, 9, 10, 11
#define HIGH4 4, 5, 6, 7, 12, 13, 14, 15
#else
#define LOW1 0, 4, 2, 6
#define HIGH1 1, 5, 3, 7
#define LOW2 0, 1, 4, 5
#define HIGH2 2, 3, 6, 7
#endif
#define STAGE(step, low, high)                                     \
  _Pragma("clang loop unroll(full)") for (int i = 0; i < LANES; i++) { \
    if (i & step) continue;                                        \
    vi a = row[i], b = row[i + step];                              \
    row[i] = __builtin_shufflevector(a, b, low);                   \
    row[i + step] = __builtin_shufflevector(a, b, high);           \
  }
  STAGE(1, LOW1, HIGH1)
  STAGE(2, LOW2, HIGH2)
#if LANES >= 8
  STAGE(4, LOW4, HIGH4)
#endif
#if LANES >= 16
  STAGE(8, LOW8, HIGH8)
#endif
#pragma clang loop unroll(full)
  for (int i = 0; i < LANES; i++) store_units(to + i * to_step, row[i]);
}
