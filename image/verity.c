/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/verity.h"

#include <nettle/sha2.h>

void
verity_hash_block (const guint8 *block, guint8 *ret_hash)
{
  struct sha256_ctx context;

  sha256_init (&context);
  sha256_update (&context, IMAGE_BLOCK_SIZE, block);
  sha256_digest (&context, IMAGE_HASH_SIZE, ret_hash);
}
