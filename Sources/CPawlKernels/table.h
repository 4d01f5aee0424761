// The table of a variant: VARIANT is its name.
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

static const pawl_precision single_precision = {
    "float32", f32_packed_bytes, f32_pack_right, f32_multiply, f32_attend, f32_attend_backward,
};
#if HAS_BF16
static const pawl_precision brief_precision = {
    "bfloat16", bf16_packed_bytes, bf16_pack_right, bf16_multiply, bf16_attend, bf16_attend_backward,
};
#else
#define brief_precision single_precision
#endif

const pawl_kernels JOIN(pawl_kernels_, VARIANT) = {
    .name = TEXT(VARIANT),
    .single = &single_precision,
    .brief = &brief_precision,
    .normalise = normalise,
    .normalise_backward = normalise_backward,
    .gelu = gelu,
    .gelu_backward = gelu_backward,
    .relu_squared = relu_squared,
    .relu_squared_backward = relu_squared_backward,
    .swiglu = swiglu,
    .swiglu_backward = swiglu_backward,
    .soft_cap = soft_cap,
    .soft_cap_backward = soft_cap_backward,
    .rotate = rotate,
    .cross_entropy = cross_entropy,
    .cross_entropy_backward = cross_entropy_backward,
    .log_probabilities = log_probabilities,
    .gather = gather,
    .scatter = scatter,
    .add_rows = add_rows,
    .add_columns = add_columns,
    .combine = combine,
    .accumulate = accumulate,
    .product = product,
    .dot = dot,
    .take_in = take_in,
    .adam = adam,
};
