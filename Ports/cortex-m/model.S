// SPDX-License-Identifier: Apache-2.0
  .section .model, "a"
  .balign 16
  .global model, model_end
model:
  .incbin MODEL_PATH
model_end:
