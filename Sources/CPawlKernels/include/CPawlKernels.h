// The loops that cost time in training a small model, for each instruction set that a processor may have.
//
// Why C: one function compiled for an instruction set of its own, picked at run time, needs the compiler's `target` attribute, which Swift has not; a flag for
// a whole Swift module would put such instructions into code that it shares with others, and end the program on an older processor.
//
// Matrices are row-major 32-bit floats; `step` is the distance of two rows in floats. Nothing here checks its arguments: PawlLab does.
#pragma once
#include <stdint.h>

#pragma clang assume_nonnull begin

// Memory that the functions need besides their arguments: grows, and is used again; one for each thread.
typedef struct {
  void *_Nullable memory[16];
  uint64_t bytes[16];
} pawl_workspace;
void *pawl_workspace_reserve(pawl_workspace *workspace, int slot, uint64_t bytes);
void pawl_workspace_free(pawl_workspace *workspace);

// Causal attention over `sequences` of `length`, with `heads` of `width` for queries and `key_heads` (a divisor) for keys and values. A position sees itself and the
// `window` - 1 positions before it; all before it with a window of 0.
typedef struct {
  long sequences, length, heads, key_heads, width, window;
  float scale;
} pawl_attention;

typedef struct {
  float rate;          // times 1 / (1 - beta1^t)
  float keep;          // 1 - learning rate x weight decay
  float beta1, beta2, epsilon;
  float square_scale;  // 1 / (1 - beta2^t)
  float scale;         // of the gradient
} pawl_adam;

// Matrix products with operands of one precision and sums in 32 bits.
typedef struct {
  const char *name;
  // Bytes of a packed right factor of `inner` x `columns`.
  long (*packed_bytes)(long inner, long columns);
  // Packs a right factor: `inner` x `columns` as it is, or given transposed.
  void (*pack_right)(const float *matrix, long step, int transposed, long inner, long columns, void *packed);
  // result (+)= left x right + bias, with `rows` x `inner` on the left (given as it is or transposed) and a packed right factor.
  void (*multiply)(
      const float *left, long left_step, int left_transposed, const void *right, long rows, long columns, long inner, float *result, long step, int add,
      const float *_Nullable bias, pawl_workspace *workspace);
  // Attention; `stats` gets, for each sequence, head and position, the base-2 logarithm of the sum of e^score.
  void (*attend)(
      const pawl_attention *shape, const float *query, const float *key, const float *value, float *output, float *stats, pawl_workspace *workspace);
  void (*attend_backward)(
      const pawl_attention *shape, const float *query, const float *key, const float *value, const float *output, const float *stats, const float *flow,
      float *query_flow, float *key_flow, float *value_flow, int add_query, int add_key, int add_value, pawl_workspace *workspace);
} pawl_precision;

// One variant. What flows back to weights is added; what flows back to activations is added if `add` says so, else written over what is there.
typedef struct {
  const char *name;
  const pawl_precision *single;
  const pawl_precision *brief;  // bfloat16 operands where the processor has them, else the same as `single`
  void (*normalise)(
      const float *input, const float *_Nullable gain, const float *_Nullable bias, float *output, float *means, float *inverses, long rows, long columns,
      int centred, float epsilon);
  void (*normalise_backward)(
      const float *input, const float *_Nullable gain, const float *means, const float *inverses, const float *flow, float *input_flow,
      float *_Nullable gain_flow, float *_Nullable bias_flow, long rows, long columns, int centred, int add);
  void (*gelu)(const float *input, float *output, long count);
  void (*gelu_backward)(const float *input, const float *flow, float *input_flow, long count, int add);
  void (*relu_squared)(const float *input, float *output, long count);
  void (*relu_squared_backward)(const float *input, const float *flow, float *input_flow, long count, int add);
  void (*swiglu)(const float *gate, const float *value, float *output, long count);
  void (*swiglu_backward)(const float *gate, const float *value, const float *flow, float *gate_flow, float *value_flow, long count,
                          int add_gate, int add_value);
  void (*soft_cap)(const float *input, float *output, long count, float cap);
  void (*soft_cap_backward)(const float *output, const float *flow, float *input_flow, long count, float cap, int add);
  // Turns each pair (i, i + width / 2) of each head's channels; adds to the output if told.
  void (*rotate)(
      const float *input, float *output, const float *cosines, const float *sines, long rows, long heads, long width, long length, float direction, int add);
  // Returns the sum over the rows of the negative log-probabilities; `logarithms` gets the logarithm of each row's sum of e^score.
  double (*cross_entropy)(const float *scores, const uint8_t *targets, float *logarithms, long rows, long columns);
  void (*cross_entropy_backward)(
      const float *scores, const uint8_t *targets, const float *logarithms, float scale, float *flow, long rows, long columns, int add);
  void (*log_probabilities)(const float *scores, float *output, long rows, long columns);
  void (*gather)(const float *table, const uint8_t *bytes, float *output, long rows, long columns);
  void (*scatter)(const float *flow, const uint8_t *bytes, float *table_flow, long rows, long columns);
  // output = input + the row of `table` for the position in the sequence of `length`.
  void (*add_rows)(const float *input, const float *table, float *output, long rows, long columns, long length);
  // sums += the sum of each column.
  void (*add_columns)(const float *matrix, float *sums, long rows, long columns);
  void (*combine)(const float *first, float first_factor, const float *second, float second_factor, float *output, long count);
  void (*accumulate)(const float *input, float factor, float *output, long count);
  void (*product)(const float *first, const float *second, float *output, long count, int add);
  double (*dot)(const float *first, const float *second, long count);
  // sum += other, other = 0.
  void (*take_in)(float *sum, float *other, long count);
  void (*adam)(float *weights, float *gradient, float *means, float *squares, long count, const pawl_adam *step);
} pawl_kernels;

// Returns the variant of this name (`avx512bf16`, `avx512`, `avx2`, `neon`, `openblas`, `portable`), or the best one for NULL; NULL when this processor has not what it needs.
const pawl_kernels *_Nullable pawl_kernels_find(const char *_Nullable name);

// Returns the path of the library that the variant `openblas` loads; NULL where there is none.
const char *_Nullable pawl_kernels_openblas_path(void);

#pragma clang assume_nonnull end
