// Packed matrix products, included once for each precision of a variant: BF16 is 1 or 0, NAME(x) names what this makes.
//
// Factors are packed in units of 32 bits along the inner dimension: one float, or two bfloat16 whose products one instruction adds (VDPBF16PS).
// The right factor lies in panels of COLUMNS columns, [panel][unit][column]; a tile of ROWS x COLUMNS sums stays in registers, which is the scheme
// of Goto and van de Geijn (2008) with the whole inner dimension as one block: the matrices of small models fit the second-level cache.

#if BF16
#define DEEP 2
#else
#define DEEP 1
#endif
#define COLUMNS (VECTORS * LANES)

INLINE long NAME(units)(long inner) { return (inner + DEEP - 1) / DEEP; }

#if BF16
INLINE vf NAME(fuse)(vf sum, vi a, vi b) { return (vf)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b); }
// (low, high) rounded to bfloat16, in one unit a lane.
INLINE vi NAME(pair)(vf low, vf high) {
  __m512i l = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)low));
  __m512i h = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)high));
  return (vi)_mm512_or_si512(l, _mm512_slli_epi32(h, 16));
}
// 2 x LANES floats one after the other, as LANES units.
INLINE vi NAME(neighbours)(vf first, vf second) { return (vi)_mm512_cvtne2ps_pbh((__m512)second, (__m512)first); }
#else
INLINE vf NAME(fuse)(vf sum, vi a, vi b) { return (vf)a * (vf)b + sum; }
#endif

// LANES units of two rows (the second is ignored where a unit is one float), the lanes before `count`.
INLINE vi NAME(rows_to_units)(const float *first, const float *second, long count, float scale) {
  vf low = count >= LANES ? load(first) : load_part(first, count, 0);
#if BF16
  vf high = second ? (count >= LANES ? load(second) : load_part(second, count, 0)) : all(0);
  return NAME(pair)(low * all(scale), high * all(scale));
#else
  (void)second;
  return (vi)(low * all(scale));
#endif
}

// Up to LANES units along one row that has `count` floats left.
INLINE vi NAME(row_to_units)(const float *row, long count, float scale) {
#if BF16
  if (count >= 2 * LANES) return NAME(neighbours)(load(row) * all(scale), load(row + LANES) * all(scale));
  vf first = count >= LANES ? load(row) : load_part(row, count, 0);
  vf second = count > LANES ? load_part(row + LANES, count - LANES, 0) : all(0);
  return NAME(neighbours)(first * all(scale), second * all(scale));
#else
  return (vi)((count >= LANES ? load(row) : load_part(row, count, 0)) * all(scale));
#endif
}

// Packs a right factor of `inner` x `columns`, given as it is (`step` floats a row) or transposed.
static void NAME(pack_right)(const float *matrix, long step, int transposed, long inner, long columns, void *packed) {
  long units = NAME(units)(inner);
  for (long column = 0; column < columns; column += COLUMNS) {
    int32_t *panel = (int32_t *)packed + column * units;
    if (!transposed) {
      for (long unit = 0; unit < units; unit++) {
        const float *first = matrix + unit * DEEP * step;
        const float *second = unit * DEEP + 1 < inner ? first + step : NULL;
        for (int v = 0; v < VECTORS; v++) {
          long at = column + v * LANES, count = columns - at;
          vi value = count > 0 ? NAME(rows_to_units)(first + at, second ? second + at : NULL, count, 1) : (vi)(0);
          store_units(panel + unit * COLUMNS + v * LANES, value);
        }
      }
      continue;
    }
    for (int v = 0; v < VECTORS; v++) {
      for (long unit = 0; unit < units; unit += LANES) {
        int32_t block[LANES * LANES], turned[LANES * LANES];
        for (int row = 0; row < LANES; row++) {
          long at = column + v * LANES + row, begin = unit * DEEP;
          vi value = at < columns ? NAME(row_to_units)(matrix + at * step + begin, inner - begin, 1) : (vi)(0);
          store_units(block + row * LANES, value);
        }
        transpose_units(block, LANES, turned, LANES);
        long count = units - unit < LANES ? units - unit : LANES;
        for (long i = 0; i < count; i++)
          store_units(panel + (unit + i) * COLUMNS + v * LANES, load_units(turned + i * LANES));
      }
    }
  }
}

// Packs a left factor of `rows` x `inner` times `scale`: row after row of units; rows up to a multiple of ROWS are zero.
static void NAME(pack_left)(const float *matrix, long step, long rows, long inner, float scale, int32_t *packed) {
  long units = NAME(units)(inner), padded = (rows + ROWS - 1) / ROWS * ROWS;
  for (long row = 0; row < padded; row++) {
    int32_t *to = packed + row * units;
    if (row >= rows) {
      memset(to, 0, (size_t)units * 4);
      continue;
    }
    for (long unit = 0; unit < units; unit += LANES) {
      vi value = NAME(row_to_units)(matrix + row * step + unit * DEEP, inner - unit * DEEP, scale);
      long count = units - unit;
      if (count >= LANES) store_units(to + unit, value);
      else memcpy(to + unit, &value, (size_t)count * 4);
    }
  }
}

// Packs a left factor given transposed, `inner` x `rows`: unit after unit, each a row of `rows` units padded to a multiple of ROWS.
static void NAME(pack_left_transposed)(const float *matrix, long step, long rows, long inner, int32_t *packed) {
  long units = NAME(units)(inner), padded = (rows + ROWS - 1) / ROWS * ROWS;
  for (long unit = 0; unit < units; unit++) {
    const float *first = matrix + unit * DEEP * step;
    const float *second = unit * DEEP + 1 < inner ? first + step : NULL;
    int32_t *to = packed + unit * padded;
    for (long row = 0; row < padded; row += LANES) {
      long count = rows - row, room = padded - row;
      vi value = count > 0 ? NAME(rows_to_units)(first + row, second ? second + row : NULL, count, 1) : (vi)(0);
      if (room >= LANES) store_units(to + row, value);
      else memcpy(to + row, &value, (size_t)room * 4);
    }
  }
}

// One tile: ROWS x COLUMNS sums over `units`.
INLINE void NAME(tile)(long units, const int32_t *a, long row_step, long unit_step, const int32_t *b, vf sum[ROWS][VECTORS]) {
#pragma clang loop unroll(full)
  for (int i = 0; i < ROWS; i++)
#pragma clang loop unroll(full)
    for (int v = 0; v < VECTORS; v++) sum[i][v] = all(0);
  for (long unit = 0; unit < units; unit++) {
    vi right[VECTORS];
#pragma clang loop unroll(full)
    for (int v = 0; v < VECTORS; v++) right[v] = load_units(b + v * LANES);
#pragma clang loop unroll(full)
    for (int i = 0; i < ROWS; i++) {
      vi left = (vi)(a[i * row_step]);
#pragma clang loop unroll(full)
      for (int v = 0; v < VECTORS; v++) sum[i][v] = NAME(fuse)(sum[i][v], left, right[v]);
    }
    a += unit_step;
    b += COLUMNS;
  }
}

// Writes a tile, or adds it, with a bias for each column; only `rows` x `columns` of it where the matrix ends.
INLINE void NAME(write_tile)(vf sum[ROWS][VECTORS], float *to, long step, long rows, long columns, int add, const float *bias) {
  if (rows >= ROWS && columns >= COLUMNS) {
#pragma clang loop unroll(full)
    for (int v = 0; v < VECTORS; v++) {
      vf extra = bias ? load(bias + v * LANES) : all(0);
#pragma clang loop unroll(full)
      for (int i = 0; i < ROWS; i++) {
        float *p = to + i * step + v * LANES;
        vf value = sum[i][v] + extra;
        store(p, add ? load(p) + value : value);
      }
    }
    return;
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < ROWS; i++) {
#pragma clang loop unroll(full)
    for (int v = 0; v < VECTORS; v++) {
      long count = columns - v * LANES;
      if (i >= rows || count <= 0) continue;
      float *p = to + i * step + v * LANES;
      vf value = sum[i][v];
      if (count > LANES) count = LANES;
      if (bias) value += load_part(bias + v * LANES, count, 0);
      if (add) value += load_part(p, count, 0);
      store_part(p, value, count);
    }
  }
}

// result (+)= left x right + bias, both packed; `units` is the inner dimension, `row_step` and `unit_step` say how the left factor lies, and a panel of
// the right one has `panel_units`, which are more when only a part of its inner dimension is wanted.
INLINE void NAME(multiply_packed)(
    const int32_t *left, long row_step, long unit_step, const int32_t *right, long panel_units, long rows, long columns, long units,
    float *result, long step, int add, const float *bias) {
  for (long column = 0; column < columns; column += COLUMNS) {
    const int32_t *panel = right + column * panel_units;
    for (long row = 0; row < rows; row += ROWS) {
      vf sum[ROWS][VECTORS];
      NAME(tile)(units, left + row * row_step, row_step, unit_step, panel, sum);
      NAME(write_tile)(sum, result + row * step + column, step, rows - row, columns - column, add, bias ? bias + column : NULL);
    }
  }
}

// See `pawl_precision.multiply`.
static void NAME(multiply)(
    const float *left, long left_step, int left_transposed, const void *right, long rows, long columns, long inner,
    float *result, long step, int add, const float *bias, pawl_workspace *workspace) {
  long units = NAME(units)(inner), padded = (rows + ROWS - 1) / ROWS * ROWS;
#if !BF16
  if (rows == padded) {  // floats are their own units: nothing to pack
    const int32_t *a = (const int32_t *)left;
    if (left_transposed) NAME(multiply_packed)(a, 1, left_step, right, units, rows, columns, units, result, step, add, bias);
    else NAME(multiply_packed)(a, left_step, 1, right, units, rows, columns, units, result, step, add, bias);
    return;
  }
#endif
  int32_t *packed = pawl_workspace_reserve(workspace, 0, (size_t)(padded * units) * 4);
  if (left_transposed) {
    NAME(pack_left_transposed)(left, left_step, rows, inner, packed);
    NAME(multiply_packed)(packed, 1, padded, right, units, rows, columns, units, result, step, add, bias);
  } else {
    NAME(pack_left)(left, left_step, rows, inner, 1, packed);
    NAME(multiply_packed)(packed, units, 1, right, units, rows, columns, units, result, step, add, bias);
  }
}

static long NAME(packed_bytes)(long inner, long columns) {
  return NAME(units)(inner) * ((columns + COLUMNS - 1) / COLUMNS * COLUMNS) * 4;
}
