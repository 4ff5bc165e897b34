// SPDX-License-Identifier: Apache-2.0
// One small kernel, called as often as asked: `kernels NAME TIMES`, for counting its instructions
// (Tools/kernel_costs.py). Without arguments it prints the names.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "minim_kernels.h"

enum { SIZE = 1 << 16 };
static float a[SIZE], b[SIZE], c[SIZE], d[SIZE], e[SIZE], f[SIZE], g[SIZE], h[SIZE];

static void product(void) { minim_product_f32(64, 128, 128, a, 128, 1, b, 1, 128, c, 128, 0); }
static void product_few(void) { minim_product_f32(4, 128, 256, a, 256, 1, b, 1, 256, c, 128, 0); }
static void softmax(void) { minim_softmax_f32(64, 50, a, c); }
static void layer_norm(void) {
  minim_layer_norm_f32(64, 64, 1e-5f, a, NULL, b, d, NULL, c, e, f);
}
static void gelu(void) { minim_unary_f32(MINIM_GELU, 4096, 0, 0, a, c); }
static void gelu_backward(void) { minim_unary_backward_f32(MINIM_GELU, 4096, 0, 0, a, b, d, c); }
static void adam(void) { minim_adam_f32(4096, 1e-3f, 0.9f, 0.999f, 1e-8f, 0, 1, a, b, d, c); }

static const minim_recurrent_shape lstm = {MINIM_LSTM, 16, 20, 8, 8, NULL};
static float *saved;
static void lstm_forward(void) {
  minim_recurrent_forward_f32(&lstm, a, b, b + 256, d, d + 32, NULL, NULL, c, e, saved);
}
static void lstm_backward(void) {
  minim_recurrent_backward_f32(&lstm, a, b, b + 256, NULL, NULL, c, saved, d, NULL, NULL, e, f, g,
                               h, NULL, NULL);
}

static const minim_attention_shape heads = {2, 2, 24, 24, 16, 32, 32, 32, 0, 0.25};
static void attention(void) { minim_attention_forward_f32(&heads, a, b, d, NULL, c, e); }
static void attention_backward(void) {
  minim_attention_backward_f32(&heads, a, b, d, NULL, e, f, c, g, h);
}

static const minim_convolution_shape plane = {2, 8, 0, 16, 1, 12, 12, 3, 3, 1, 1, 1, 1, 12, 12};
static void convolution(void) { minim_convolution_f32(&plane, a, NULL, b, d, c); }
static void convolution_by_input(void) {
  minim_convolution_by_input_f32(&plane, a, b, NULL, c, NULL);
}
static void convolution_by_weight(void) {
  minim_convolution_by_weight_f32(&plane, a, NULL, b, c, d);
}

static const struct {
  const char *name;
  void (*call)(void);
} kernels[] = {
    {"product 64x128x128", product},
    {"product 4x128x256", product_few},
    {"softmax 64x50", softmax},
    {"layer norm 64x64", layer_norm},
    {"gelu 4096", gelu},
    {"gelu backward 4096", gelu_backward},
    {"adam 4096", adam},
    {"lstm forward 16x20, 8 to 8", lstm_forward},
    {"lstm backward 16x20, 8 to 8", lstm_backward},
    {"attention 2x24, 2 heads of 16", attention},
    {"attention backward 2x24, 2 heads of 16", attention_backward},
    {"convolution 3x3, 8 to 16, 12x12", convolution},
    {"convolution by input", convolution_by_input},
    {"convolution by weight", convolution_by_weight},
};

int main(int count, char **arguments) {
  size_t all = sizeof kernels / sizeof *kernels;
  for (size_t i = 0; i < all && count < 3; i++) printf("%s\n", kernels[i].name);
  if (count < 3) return 0;
  minim_set_thread_count(1);
  for (int i = 0; i < SIZE; i++) {
    a[i] = (float)(i * 37 % 101) / 50 - 1;
    b[i] = (float)(i * 53 % 97) / 100 - 0.5f;
    c[i] = d[i] = e[i] = f[i] = (float)(i % 7) / 10 + 0.1f;
  }
  saved = calloc((size_t)minim_recurrent_saved_f32(&lstm), sizeof *saved);
  lstm_forward();
  attention();
  for (size_t i = 0; i < all; i++)
    if (strcmp(kernels[i].name, arguments[1]) == 0)
      for (int call = atoi(arguments[2]); call > 0; call--) kernels[i].call();
  return 0;
}
