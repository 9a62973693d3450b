/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tests of a finished bundle: what the manifest's `tests` say that it can do and cannot do, tried in the sandbox that `apprun` makes.
 *
 * apprun is started as a user would start it, as a program: its plan of the sandbox is the one that counts, and builder and runner know
 * nothing of each other.  Only what belongs to the user is another: home and runtime directory are new and empty, no display or bus is
 * there, and the store's overrides don't apply, so that the same bundle has the same result everywhere.  Files and connections are tried
 * by nacelle-probe (probe.c), which comes in as standard input.
 */
#pragma once

#include "builder/manifest/manifest.h"

typedef struct
{
  const char *image;         /* path of the image file */
  const GPtrArray *tests;    /* ManifestTest */
  int place_fd;              /* a folder of ours, to make the home in */
  const char *place;         /* its path */
  int echo_fd;               /* say there what is tried; -1: don't */
  GPtrArray *failures;       /* each that failed is appended (TestingFailure) besides being told in the error; may be NULL */
} TestingRequest;

/* A test that failed. */
typedef struct
{
  ManifestPlace place;       /* of its text */
  char *test, *text;         /* "can-read", "/etc/passwd" */
  char *message;             /* what was expected, and what happened */
} TestingFailure;

void testing_failure_free (gpointer data);

/* Run all of them.  The error lists each that failed with the place of its text, what was expected, and what happened.  *ret_n: how
 * many there were. */
gboolean testing_run (const TestingRequest *request, guint *ret_n, GError **error);
