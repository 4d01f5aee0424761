// Loops over rows and elements, once for each variant. What flows back to activations is added to what is there already if `add` says so, and
// else written over it; what flows back to weights is always added.

#define FOR_LANES(at, count) for (long at = 0; at < (count); at += LANES)

INLINE void put(float *to, vf value, long at, long count, int add) { store_row(to, add ? load_row(to, at, count) + value : value, at, count); }

static void normalise(
    const float *input, const float *gain, const float *bias, float *output, float *means, float *inverses, long rows, long columns, int centred,
    float epsilon) {
  float share = 1 / (float)columns;
  for (long row = 0; row < rows; row++) {
    const float *x = input + row * columns;
    float *y = output + row * columns;
    float mean = 0;
    if (centred) {
      vf sum = all(0);
      FOR_LANES(at, columns) sum += load_row(x, at, columns);
      mean = sum_lanes(sum) * share;
    }
    vf squares = all(0);
    FOR_LANES(at, columns) {
      vf d = (at + LANES <= columns ? load(x + at) : load_part(x + at, columns - at, mean)) - all(mean);
      squares += d * d;
    }
    float inverse = 1 / sqrtf(sum_lanes(squares) * share + epsilon);
    means[row] = mean;
    inverses[row] = inverse;
    FOR_LANES(at, columns) {
      vf value = (load_row(x, at, columns) - all(mean)) * all(inverse);
      if (gain) value *= load_row(gain, at, columns);
      if (bias) value += load_row(bias, at, columns);
      store_row(y, value, at, columns);
    }
  }
}

// Compiled once for each kind of norm, so that the loops have no branches.
INLINE void normalise_backward_of(
    const float *input, const float *gain, const float *means, const float *inverses, const float *flow, float *input_flow, float *gain_flow,
    float *bias_flow, long rows, long columns, int centred, int add) {
  float share = 1 / (float)columns;
  for (long row = 0; row < rows; row++) {
    const float *x = input + row * columns, *dy = flow + row * columns;
    float *dx = input_flow + row * columns;
    vf mean = all(means[row]), inverse = all(inverses[row]), sum = all(0), tilt = all(0);
    FOR_LANES(at, columns) {
      vf unit = (load_row(x, at, columns) - mean) * inverse, d = load_row(dy, at, columns);
      if (gain_flow) store_row(gain_flow, load_row(gain_flow, at, columns) + d * unit, at, columns);
      if (bias_flow) store_row(bias_flow, load_row(bias_flow, at, columns) + d, at, columns);
      if (gain) d *= load_row(gain, at, columns);
      sum += d;
      tilt += d * unit;
    }
    vf shift = all(centred ? sum_lanes(sum) * share : 0), slope = all(sum_lanes(tilt) * share);
    FOR_LANES(at, columns) {
      vf unit = (load_row(x, at, columns) - mean) * inverse, d = load_row(dy, at, columns);
      if (gain) d *= load_row(gain, at, columns);
      put(dx, (d - shift - unit * slope) * inverse, at, columns, add);
    }
  }
}
static void normalise_backward(
    const float *input, const float *gain, const float *means, const float *inverses, const float *flow, float *input_flow, float *gain_flow,
    float *bias_flow, long rows, long columns, int centred, int add) {
#define CASE(gain, gain_flow, bias_flow, centred, add) \
  normalise_backward_of(input, gain, means, inverses, flow, input_flow, gain_flow, bias_flow, rows, columns, centred, add)
  if (gain && gain_flow && bias_flow && centred) {
    if (add) CASE(gain, gain_flow, bias_flow, 1, 1);
    else CASE(gain, gain_flow, bias_flow, 1, 0);
  } else if (gain && gain_flow && !bias_flow && !centred) {
    if (add) CASE(gain, gain_flow, NULL, 0, 1);
    else CASE(gain, gain_flow, NULL, 0, 0);
  } else if (!gain && !centred) {
    if (add) CASE(NULL, NULL, NULL, 0, 1);
    else CASE(NULL, NULL, NULL, 0, 0);
  } else {
    CASE(gain, gain_flow, bias_flow, centred, add);
  }
#undef CASE
}

// The tanh form of GELU: x sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x^3). Sources: Hendrycks and Gimpel 2016.
static void gelu(const float *input, float *output, long count) {
  FOR_LANES(at, count) {
    vf x = load_row(input, at, count), square = x * x;
    store_row(output, x * sigmoid(x * (all(1.5957691216f) + all(0.0713548163f) * square)), at, count);
  }
}
static void gelu_backward(const float *input, const float *flow, float *input_flow, long count, int add) {
  FOR_LANES(at, count) {
    vf x = load_row(input, at, count), square = x * x;
    vf s = sigmoid(x * (all(1.5957691216f) + all(0.0713548163f) * square));
    vf slope = all(1.5957691216f) + all(0.2140644488f) * square;
    vf d = s + x * s * (all(1) - s) * slope;
    put(input_flow, load_row(flow, at, count) * d, at, count, add);
  }
}

static void relu_squared(const float *input, float *output, long count) {
  FOR_LANES(at, count) {
    vf x = greatest(all(0), load_row(input, at, count));
    store_row(output, x * x, at, count);
  }
}
static void relu_squared_backward(const float *input, const float *flow, float *input_flow, long count, int add) {
  FOR_LANES(at, count) {
    vf x = greatest(all(0), load_row(input, at, count));
    put(input_flow, load_row(flow, at, count) * (x + x), at, count, add);
  }
}

// gate sigmoid(gate) value (Shazeer 2020).
static void swiglu(const float *gate, const float *value, float *output, long count) {
  FOR_LANES(at, count) {
    vf g = load_row(gate, at, count);
    store_row(output, g * sigmoid(g) * load_row(value, at, count), at, count);
  }
}
static void swiglu_backward(
    const float *gate, const float *value, const float *flow, float *gate_flow, float *value_flow, long count, int add_gate, int add_value) {
  FOR_LANES(at, count) {
    vf g = load_row(gate, at, count), v = load_row(value, at, count), d = load_row(flow, at, count), s = sigmoid(g);
    put(gate_flow, d * v * s * (all(1) + g * (all(1) - s)), at, count, add_gate);
    put(value_flow, d * g * s, at, count, add_value);
  }
}

// cap tanh(x / cap) (Gemma Team 2024).
static void soft_cap(const float *input, float *output, long count, float cap) {
  FOR_LANES(at, count) store_row(output, all(cap) * hyperbolic_tangent(load_row(input, at, count) * all(1 / cap)), at, count);
}
static void soft_cap_backward(const float *output, const float *flow, float *input_flow, long count, float cap, int add) {
  FOR_LANES(at, count) {
    vf t = load_row(output, at, count) * all(1 / cap);
    put(input_flow, load_row(flow, at, count) * (all(1) - t * t), at, count, add);
  }
}

static void rotate(
    const float *input, float *output, const float *cosines, const float *sines, long rows, long heads, long width, long length, float direction,
    int add) {
  long half = width / 2;
  for (long row = 0; row < rows; row++) {
    const float *c = cosines + row % length * half, *s = sines + row % length * half;
    for (long head = 0; head < heads; head++) {
      const float *x = input + (row * heads + head) * width;
      float *y = output + (row * heads + head) * width;
      FOR_LANES(at, half) {
        vf low = load_row(x, at, half), high = load_row(x + half, at, half);
        vf cosine = load_row(c, at, half), sine = load_row(s, at, half) * all(direction);
        vf first = low * cosine + high * sine, second = high * cosine - low * sine;
        if (add) {
          first += load_row(y, at, half);
          second += load_row(y + half, at, half);
        }
        store_row(y, first, at, half);
        store_row(y + half, second, at, half);
      }
    }
  }
}

// Returns the greatest value of a row and sets `sum` to the sum of e^(value - greatest).
INLINE float soft_sum(const float *row, long columns, float *sum) {
  vf top = all(-INFINITY), total = all(0);
  FOR_LANES(at, columns) top = greatest(top, at + LANES <= columns ? load(row + at) : load_part(row + at, columns - at, -INFINITY));
  float most = greatest_lane(top);
  FOR_LANES(at, columns) {
    vf e = exponential(load_row(row, at, columns) - all(most));
    if (at + LANES > columns) {
      vi numbers = lane_numbers();
      e = choose(numbers < (vi)((int32_t)(columns - at)), e, all(0));
    }
    total += e;
  }
  *sum = sum_lanes(total);
  return most;
}

static double cross_entropy(const float *scores, const uint8_t *targets, float *logarithms, long rows, long columns) {
  double total = 0;
  for (long row = 0; row < rows; row++) {
    float sum, most = soft_sum(scores + row * columns, columns, &sum);
    logarithms[row] = most + logf(sum);
    total += logarithms[row] - scores[row * columns + targets[row]];
  }
  return total;
}
static void cross_entropy_backward(
    const float *scores, const uint8_t *targets, const float *logarithms, float scale, float *flow, long rows, long columns, int add) {
  for (long row = 0; row < rows; row++) {
    const float *x = scores + row * columns;
    float *d = flow + row * columns;
    FOR_LANES(at, columns) {
      vf p = exponential(load_row(x, at, columns) - all(logarithms[row]));
      put(d, p * all(scale), at, columns, add);
    }
    d[targets[row]] -= scale;
  }
}
static void log_probabilities(const float *scores, float *output, long rows, long columns) {
  for (long row = 0; row < rows; row++) {
    float sum, most = soft_sum(scores + row * columns, columns, &sum);
    float logarithm = most + logf(sum);
    FOR_LANES(at, columns)
      store_row(output + row * columns, load_row(scores + row * columns, at, columns) - all(logarithm), at, columns);
  }
}

static void gather(const float *table, const uint8_t *bytes, float *output, long rows, long columns) {
  for (long row = 0; row < rows; row++) memcpy(output + row * columns, table + bytes[row] * columns, (size_t)columns * 4);
}
static void scatter(const float *flow, const uint8_t *bytes, float *table_flow, long rows, long columns) {
  for (long row = 0; row < rows; row++) {
    float *to = table_flow + bytes[row] * columns;
    FOR_LANES(at, columns) store_row(to, load_row(to, at, columns) + load_row(flow + row * columns, at, columns), at, columns);
  }
}
static void add_rows(const float *input, const float *table, float *output, long rows, long columns, long length) {
  for (long row = 0; row < rows; row++) {
    const float *extra = table + row % length * columns;
    FOR_LANES(at, columns)
      store_row(output + row * columns, load_row(input + row * columns, at, columns) + load_row(extra, at, columns), at, columns);
  }
}
static void add_columns(const float *matrix, float *sums, long rows, long columns) {
  FOR_LANES(at, columns) {
    vf even = load_row(sums, at, columns), odd = all(0);
    long row = 0;
    for (; row + 1 < rows; row += 2) {
      even += load_row(matrix + row * columns, at, columns);
      odd += load_row(matrix + (row + 1) * columns, at, columns);
    }
    if (row < rows) even += load_row(matrix + row * columns, at, columns);
    store_row(sums, even + odd, at, columns);
  }
}
static void combine(const float *first, float first_factor, const float *second, float second_factor, float *output, long count) {
  FOR_LANES(at, count)
    store_row(output, load_row(first, at, count) * all(first_factor) + load_row(second, at, count) * all(second_factor), at, count);
}
static void accumulate(const float *input, float factor, float *output, long count) {
  FOR_LANES(at, count) store_row(output, load_row(output, at, count) + load_row(input, at, count) * all(factor), at, count);
}
static void product(const float *first, const float *second, float *output, long count, int add) {
  FOR_LANES(at, count) {
    vf value = load_row(first, at, count) * load_row(second, at, count);
    store_row(output, add ? value + load_row(output, at, count) : value, at, count);
  }
}
static double dot(const float *first, const float *second, long count) {
  double total = 0;
  for (long block = 0; block < count; block += 4096) {  // short sums keep their digits
    long size = count - block < 4096 ? count - block : 4096;
    vf sum = all(0);
    FOR_LANES(at, size) sum += load_row(first + block, at, size) * load_row(second + block, at, size);
    total += sum_lanes(sum);
  }
  return total;
}
static void take_in(float *sum, float *other, long count) {
  FOR_LANES(at, count) {
    store_row(sum, load_row(sum, at, count) + load_row(other, at, count), at, count);
    store_row(other, all(0), at, count);
  }
}

// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
static void adam(float *weights, float *gradient, float *means, float *squares, long count, const pawl_adam *step) {
  FOR_LANES(at, count) {
    vf g = load_row(gradient, at, count) * all(step->scale);
    vf m = load_row(means, at, count) * all(step->beta1) + g * all(1 - step->beta1);
    vf v = load_row(squares, at, count) * all(step->beta2) + g * g * all(1 - step->beta2);
    store_row(means, m, at, count);
    store_row(squares, v, at, count);
    vf change = m / (root(v * all(step->square_scale)) + all(step->epsilon));
    store_row(weights, load_row(weights, at, count) * all(step->keep) - all(step->rate) * change, at, count);
    store_row(gradient, all(0), at, count);
  }
}

#undef FOR_LANES
