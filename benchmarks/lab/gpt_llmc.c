// Trains llm.c's model at the lab's sizes and prints its speed. The model is train_gpt2.c of https://github.com/karpathy/llm.c, which is
// not kept here: `setup` fetches it, and it is included unchanged, without its own main. Its linear maps have biases, its gradients are
// not clipped, and its optimiser decays every parameter: all of that is in its favour or cheap.
//
// gpt_llmc TRAIN.TXT DEPTH WIDTH HEADS CONTEXT BATCH STEPS SECONDS SEED WARMUP
#define TESTING
#include "train_gpt2.c"

static uint64_t state;

static double uniform(void) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return (double)((state * 0x2545F4914F6CDD1Dull) >> 11) / 9007199254740992.0;
}

static float normal(void) { return (float)(sqrt(-2 * log(1 - uniform())) * cos(2 * M_PI * uniform())); }

static void fill(float *values, size_t count, float deviation) {
  for (size_t i = 0; i < count; i++) values[i] = deviation * normal();
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void start(GPT2 *model, GPT2Config config) {
  memset(model, 0, sizeof *model);
  model->config = config;
  fill_in_parameter_sizes(model->param_sizes, config);
  for (int i = 0; i < NUM_PARAMETER_TENSORS; i++) model->num_parameters += model->param_sizes[i];
  model->params_memory = malloc_and_point_parameters(&model->params, model->param_sizes);
  memset(model->params_memory, 0, model->num_parameters * sizeof(float));
  ParameterTensors *p = &model->params;
  float last = 0.02f / sqrtf(2.0f * (float)config.num_layers);
  fill(p->wte, model->param_sizes[0], 0.02f);
  fill(p->wpe, model->param_sizes[1], 0.02f);
  fill(p->qkvw, model->param_sizes[4], 0.02f);
  fill(p->attprojw, model->param_sizes[6], last);
  fill(p->fcw, model->param_sizes[10], 0.02f);
  fill(p->fcprojw, model->param_sizes[12], last);
  for (size_t i = 0; i < model->param_sizes[2]; i++) p->ln1w[i] = p->ln2w[i] = 1;
  for (size_t i = 0; i < model->param_sizes[14]; i++) p->lnfw[i] = 1;
}

int main(int count, char **arguments) {
  if (count != 11) {
    fprintf(stderr, "usage: gpt_llmc TRAIN.TXT DEPTH WIDTH HEADS CONTEXT BATCH STEPS SECONDS SEED WARMUP\n");
    return 2;
  }
  FILE *file = fopen(arguments[1], "rb");
  if (!file) {
    fprintf(stderr, "cannot read %s\n", arguments[1]);
    return 1;
  }
  fseek(file, 0, SEEK_END);
  long length = ftell(file);
  rewind(file);
  unsigned char *text = malloc((size_t)length);
  if (!text || fread(text, 1, (size_t)length, file) != (size_t)length) return 1;
  fclose(file);

  int depth = atoi(arguments[2]), width = atoi(arguments[3]), heads = atoi(arguments[4]), context = atoi(arguments[5]);
  int batch = atoi(arguments[6]), steps = atoi(arguments[7]), warmup = atoi(arguments[10]);
  double limit = atof(arguments[8]), timed = 0;
  state = 0x9E3779B97F4A7C15ull ^ (uint64_t)atoll(arguments[9]);
  for (int i = 0; i < 20; i++) uniform();
  GPT2 model;
  start(&model, (GPT2Config){context, 256, 256, depth, heads, width});
  int *inputs = malloc((size_t)(batch * context) * sizeof(int)), *targets = malloc((size_t)(batch * context) * sizeof(int));
  double *speeds = malloc((size_t)(steps + 1) * sizeof(double));
  int measured = 0, step = 0;
  for (; step < steps && !(limit > 0 && timed >= limit && measured >= 3); step++) {
    double began = now(), fraction = (double)step / steps;
    for (int row = 0; row < batch; row++) {
      long place = (long)(uniform() * (double)(length - context - 1));
      for (int i = 0; i < context; i++) {
        inputs[row * context + i] = text[place + i];
        targets[row * context + i] = text[place + i + 1];
      }
    }
    double rate = fraction < 0.05 ? (fraction + 0.005) / 0.055 : fmin(1, (1 - fraction) / 0.5);
    gpt2_forward(&model, inputs, targets, (size_t)batch, (size_t)context);
    gpt2_zero_grad(&model);
    gpt2_backward(&model);
    gpt2_update(&model, (float)(1e-3 * rate), 0.9f, 0.95f, 1e-8f, 0.1f, step + 1);
    double seconds = now() - began;
    if (step < warmup) continue;
    speeds[measured++] = batch * context / seconds;
    timed += seconds;
  }
  qsort(speeds, (size_t)measured, sizeof(double), ascending);
  printf("steps: %d\ntrain_loss: %.6f\n", step, model.mean_loss);
  if (measured) printf("tokens_per_second: %.1f\n", (speeds[(measured - 1) / 2] + speeds[measured / 2]) / 2);
  return 0;
}
