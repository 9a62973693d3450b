/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a launcher and the image server say to each other, over a SOCK_SEQPACKET socket: one request with the
 * descriptor of the image, one reply with the descriptors of its mounts.  After that the connection says only
 * one thing, by being open: the launcher still needs the image, and the server still serves it.
 *
 * Both sides run as the same user; the numbers are in the byte order of the host.  Without GLib, for the front of apprun (runner/front/).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROTOCOL_MAGIC 0x4e61636cu
#define PROTOCOL_VERSION 1u         /* a server of another version answers with status PROTOCOL_OTHER_VERSION */
#define PROTOCOL_OTHER_VERSION 1000
#define PROTOCOL_NAME_MAX 200
#define PROTOCOL_TEXT_MAX 1200

/* Descriptors of a started server: the connection that it was started for, and the folder for its socket, when there
 * is one. */
#define PROTOCOL_SERVER_SOCKET 3
#define PROTOCOL_SERVER_FOLDER 4
#define PROTOCOL_SOCKET_NAME "images.sock"
#define PROTOCOL_LOCK_NAME "images.lock"
#define PROTOCOL_LOG_NAME "images.log"

enum
{
  PROTOCOL_ALLOW_UNSEALED = 1 << 0,
  PROTOCOL_FILES_ONLY = 1 << 1,     /* no descriptor of the root; an older server sends it all the same */
  PROTOCOL_RUN_OFTEN = 1 << 2,      /* programs of it are run again and again */
};

typedef struct
{
  uint32_t magic;
  uint32_t version;
  uint32_t flags;
  char name[PROTOCOL_NAME_MAX];     /* for messages; NUL-terminated */
} ImageRequest;

typedef struct
{
  uint32_t magic;
  uint32_t status;                   /* 0: descriptors follow (root, files); else 1 + ErrorCode */
  char text[PROTOCOL_TEXT_MAX];     /* the error's sentence; NUL-terminated */
} ImageReply;

/* One packet with descriptors; false with errno. */
bool protocol_send (int socket, const void *packet, size_t size, const int *fds, unsigned n_fds);

/* Receive one packet of exactly `size` bytes with at most `max_fds` descriptors, which are O_CLOEXEC and the caller's.
 * false with errno: EPIPE when the other side is gone, EPROTO when the packet has another size or too many
 * descriptors. */
bool protocol_receive (int socket, void *packet, size_t size, int *ret_fds, unsigned max_fds, unsigned *ret_n_fds);

/* The other side runs as `uid` (SO_PEERCRED). */
bool protocol_peer_is (int socket, uint32_t uid);
