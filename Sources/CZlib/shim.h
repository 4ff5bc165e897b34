// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <zlib.h>
// zlib's inflateInit2 is a macro, which Swift does not see.
static inline int minim_inflate_raw(z_stream *stream) { return inflateInit2(stream, -15); }
