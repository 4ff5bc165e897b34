// SPDX-License-Identifier: Apache-2.0
#include "minim_system.h"
