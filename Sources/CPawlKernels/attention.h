// Fused causal attention, included once for each precision of a variant, after matrix.h.
//
// For a block of queries the scores of all keys that it may see are made, turned into probabilities and used while they are in the first-level cache;
// only the logarithm of each row's sum is kept, and the backward pass makes the probabilities again (Dao et al. 2022).

#define QUERIES (4 * ROWS)
#define KEYS (4 * COLUMNS)

// Slots of the workspace.
enum { NAME(slot_left) = 1, NAME(slot_other), NAME(slot_keys), NAME(slot_values), NAME(slot_extra), NAME(slot_scores), NAME(slot_sums), NAME(slot_rights) };

INLINE long NAME(first_key)(const pawl_attention *shape, long query) {
  return shape->window > 0 && query >= shape->window ? query - shape->window + 1 : 0;
}

// Turns a row of scores (base 2) of the keys from `begin` into probabilities: 2^(score - top), 0 for keys outside `low`…`high`; returns their sum.
INLINE float NAME(soften)(float *scores, long span, long begin, long low, long high, float top) {
  vf sum = all(0);
  vi numbers = lane_numbers();
  for (long at = 0; at < span; at += LANES) {
    long key = begin + at;
    vf p;
    if (key > high || key + LANES <= low) p = all(0);
    else {
      p = power_of_two(load(scores + at) - all(top));
      if (key < low || key + LANES - 1 > high) {
        vi keys = numbers + (vi)((int32_t)key);
        p = choose((keys >= (vi)((int32_t)low)) & (keys <= (vi)((int32_t)high)), p, all(0));
      }
    }
    sum += p;
    store(scores + at, p);
  }
  return sum_lanes(sum);
}

INLINE float NAME(top_score)(const float *scores, long span, long begin, long low, long high) {
  vf top = all(-INFINITY);
  vi numbers = lane_numbers();
  for (long at = 0; at < span; at += LANES) {
    long key = begin + at;
    if (key > high || key + LANES <= low) continue;
    vf s = load(scores + at);
    if (key < low || key + LANES - 1 > high) {
      vi keys = numbers + (vi)((int32_t)key);
      s = choose((keys >= (vi)((int32_t)low)) & (keys <= (vi)((int32_t)high)), s, all(-INFINITY));
    }
    top = greatest(top, s);
  }
  return greatest_lane(top);
}

// See `pawl_precision.attend`.
static void NAME(attend)(
    const pawl_attention *shape, const float *query, const float *key, const float *value, float *output, float *stats,
    pawl_workspace *workspace) {
  long length = shape->length, width = shape->width, group = shape->heads / shape->key_heads;
  long query_step = shape->heads * width, key_step = shape->key_heads * width;
  long length_units = NAME(units)(length), width_units = NAME(units)(width);
  long padded = (length + COLUMNS - 1) / COLUMNS * COLUMNS;
  int32_t *keys = pawl_workspace_reserve(workspace, NAME(slot_keys), (size_t)NAME(packed_bytes)(width, length));
  int32_t *values = pawl_workspace_reserve(workspace, NAME(slot_values), (size_t)NAME(packed_bytes)(length, width));
  int32_t *left = pawl_workspace_reserve(workspace, NAME(slot_left), (size_t)(QUERIES * (width_units > padded ? width_units : padded)) * 4);
  float *scores = pawl_workspace_reserve(workspace, NAME(slot_scores), (size_t)(QUERIES * padded) * 4);
  for (long sequence = 0; sequence < shape->sequences; sequence++) {
    for (long key_head = 0; key_head < shape->key_heads; key_head++) {
      long start = sequence * length * key_step + key_head * width;
      NAME(pack_right)(key + start, key_step, 1, width, length, keys);
      NAME(pack_right)(value + start, key_step, 0, length, width, values);
      for (long head = key_head * group; head < (key_head + 1) * group; head++) {
        const float *q = query + sequence * length * query_step + head * width;
        float *o = output + sequence * length * query_step + head * width;
        float *stat = stats + (sequence * shape->heads + head) * length;
        for (long block = 0; block < length; block += QUERIES) {
          long rows = length - block < QUERIES ? length - block : QUERIES;
          long begin = NAME(first_key)(shape, block) / COLUMNS * COLUMNS;
          long end = (block + rows + COLUMNS - 1) / COLUMNS * COLUMNS, span = end - begin;
          NAME(pack_left)(q + block * query_step, query_step, rows, width, shape->scale * 1.44269504f, left);
          NAME(multiply_packed)(left, width_units, 1, keys + begin * width_units, width_units, rows, span, width_units, scores, span, 0, NULL);
          float inverse[QUERIES];
          for (long row = 0; row < rows; row++) {
            long high = block + row, low = NAME(first_key)(shape, high);
            float top = NAME(top_score)(scores + row * span, span, begin, low, high);
            float sum = NAME(soften)(scores + row * span, span, begin, low, high, top);
            stat[high] = top + log2f(sum);
            inverse[row] = 1 / sum;
          }
          long used = (end < length ? end : length) - begin;
          NAME(pack_left)(scores, span, rows, used, 1, left);
          NAME(multiply_packed)(
              left, NAME(units)(used), 1, values + begin / DEEP * COLUMNS, length_units, rows, width, NAME(units)(used),
              o + block * query_step, query_step, 0, NULL);
          for (long row = 0; row < rows; row++) {
            float *to = o + (block + row) * query_step;
            for (long at = 0; at < width; at += LANES) store_row(to, load_row(to, at, width) * all(inverse[row]), at, width);
          }
        }
      }
    }
  }
}

// See `pawl_precision.attend_backward`.
static void NAME(attend_backward)(
    const pawl_attention *shape, const float *query, const float *key, const float *value, const float *output,
    const float *stats, const float *flow, float *query_flow, float *key_flow, float *value_flow, int add_query, int add_key, int add_value,
    pawl_workspace *workspace) {
  long length = shape->length, width = shape->width, group = shape->heads / shape->key_heads;
  long query_step = shape->heads * width, key_step = shape->key_heads * width;
  long length_units = NAME(units)(length), width_units = NAME(units)(width);
  long padded = (length + COLUMNS - 1) / COLUMNS * COLUMNS;
  int32_t *keys_across = pawl_workspace_reserve(workspace, NAME(slot_keys), (size_t)NAME(packed_bytes)(width, length));
  int32_t *values_across = pawl_workspace_reserve(workspace, NAME(slot_values), (size_t)NAME(packed_bytes)(width, length));
  int32_t *keys = pawl_workspace_reserve(workspace, NAME(slot_extra), (size_t)NAME(packed_bytes)(length, width));
  int32_t *left = pawl_workspace_reserve(workspace, NAME(slot_left), (size_t)(2 * QUERIES * width_units) * 4);
  int32_t *flow_left = left + QUERIES * width_units;
  int32_t *other = pawl_workspace_reserve(workspace, NAME(slot_other), (size_t)((QUERIES + ROWS) * (KEYS + ROWS)) * 4);
  int32_t *query_right = pawl_workspace_reserve(workspace, NAME(slot_rights), (size_t)(2 * NAME(packed_bytes)(QUERIES, width)));
  int32_t *flow_right = query_right + NAME(packed_bytes)(QUERIES, width) / 4;
  float *p = pawl_workspace_reserve(workspace, NAME(slot_scores), (size_t)(2 * QUERIES * KEYS) * 4);
  float *d = p + QUERIES * KEYS;
  float *key_sum = pawl_workspace_reserve(workspace, NAME(slot_sums), (size_t)(2 * padded * width) * 4);
  float *value_sum = key_sum + padded * width;
  for (long sequence = 0; sequence < shape->sequences; sequence++) {
    for (long key_head = 0; key_head < shape->key_heads; key_head++) {
      long start = sequence * length * key_step + key_head * width;
      NAME(pack_right)(key + start, key_step, 1, width, length, keys_across);
      NAME(pack_right)(value + start, key_step, 1, width, length, values_across);
      NAME(pack_right)(key + start, key_step, 0, length, width, keys);
      memset(key_sum, 0, (size_t)(2 * padded * width) * 4);
      for (long head = key_head * group; head < (key_head + 1) * group; head++) {
        long offset = sequence * length * query_step + head * width;
        const float *stat = stats + (sequence * shape->heads + head) * length;
        for (long block = 0; block < length; block += QUERIES) {
          long rows = length - block < QUERIES ? length - block : QUERIES;
          const float *q = query + offset + block * query_step, *f = flow + offset + block * query_step;
          NAME(pack_left)(q, query_step, rows, width, shape->scale * 1.44269504f, left);
          NAME(pack_left)(f, query_step, rows, width, 1, flow_left);
          NAME(pack_right)(q, query_step, 0, rows, width, query_right);
          NAME(pack_right)(f, query_step, 0, rows, width, flow_right);
          float shift[QUERIES];
          for (long row = 0; row < rows; row++) {
            const float *o = output + offset + (block + row) * query_step;
            vf sum = all(0);
            for (long at = 0; at < width; at += LANES) sum += load_row(o, at, width) * load_row(f + row * query_step, at, width);
            shift[row] = sum_lanes(sum);
          }
          long row_units = NAME(units)(rows);
          long end = (block + rows + COLUMNS - 1) / COLUMNS * COLUMNS;
          long first = NAME(first_key)(shape, block) / COLUMNS * COLUMNS;
          for (long begin = first; begin < end; begin += KEYS) {
            long span = end - begin < KEYS ? end - begin : KEYS;
            long used = (begin + span < length ? begin + span : length) - begin;
            NAME(multiply_packed)(left, width_units, 1, keys_across + begin * width_units, width_units, rows, span, width_units, p, span, 0, NULL);
            NAME(multiply_packed)(flow_left, width_units, 1, values_across + begin * width_units, width_units, rows, span, width_units, d, span, 0, NULL);
            for (long row = 0; row < rows; row++) {
              long high = block + row;
              NAME(soften)(p + row * span, span, begin, NAME(first_key)(shape, high), high, stat[high]);
              for (long at = 0; at < span; at += LANES) {
                float *to = d + row * span + at;
                store(to, load(p + row * span + at) * (load(to) - all(shift[row])) * all(shape->scale));
              }
            }
            NAME(pack_left)(d, span, rows, used, 1, other);
            NAME(multiply_packed)(
                other, NAME(units)(used), 1, keys + begin / DEEP * COLUMNS, length_units, rows, width, NAME(units)(used),
                query_flow + offset + block * query_step, query_step, add_query || begin != first, NULL);
            long used_padded = (used + ROWS - 1) / ROWS * ROWS;
            NAME(pack_left_transposed)(d, span, used, rows, other);
            NAME(multiply_packed)(other, 1, used_padded, query_right, row_units, used, width, row_units, key_sum + begin * width, width, 1, NULL);
            NAME(pack_left_transposed)(p, span, used, rows, other);
            NAME(multiply_packed)(other, 1, used_padded, flow_right, row_units, used, width, row_units, value_sum + begin * width, width, 1, NULL);
          }
        }
      }
      for (long row = 0; row < length; row++) {
        float *k = key_flow + start + row * key_step, *v = value_flow + start + row * key_step;
        for (long at = 0; at < width; at += LANES) {
          vf dk = load_row(key_sum + row * width, at, width), dv = load_row(value_sum + row * width, at, width);
          store_row(k, add_key ? load_row(k, at, width) + dk : dk, at, width);
          store_row(v, add_value ? load_row(v, at, width) + dv : dv, at, width);
        }
      }
    }
  }
}
#undef QUERIES
#undef KEYS
