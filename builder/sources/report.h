/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What people and programs are told while sources are fetched, and what they are told when some could not be.
 *
 * For people: on a terminal a line for each thing that is on its way, else a plain line when one begins.  For programs: one JSON
 * object a line,
 *
 *   {"event": "start", "name": ..., "url": ..., "size": ...}     url and size as far as they are known
 *   {"event": "progress", "name": ..., "done": ..., "total": ...}     bytes; at most twice a second
 *   {"event": "done", "name": ..., "size": ...}
 *   {"event": "failed", "name": ..., "reason": ...}
 *   {"event": "note", "text": ...}
 *
 * All functions may be called from any thread, and take NULL for nobody to tell.
 */
#pragma once

#include "base/terminal.h"

typedef struct FetchReport FetchReport;
typedef struct FetchJob FetchJob;

/* Takes one event, without the end of the line. */
typedef void (*FetchEventFunc) (const char *json);

/* `progress` may be NULL; it must outlive the report.  With `event` it is not used. */
FetchReport *fetch_report_new (Progress *progress, FetchEventFunc event);
void fetch_report_free (FetchReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FetchReport, fetch_report_free)

/* So many more things will be fetched. */
void fetch_report_expect (FetchReport *report, guint n);
/* A line that stays.  The same text is not said again: many files may wait for one host. */
void fetch_report_note (FetchReport *report, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* One thing begins.  `url` may be NULL, `size` 0. */
FetchJob *fetch_job_new (FetchReport *report, const char *name, const char *url, guint64 size);
void fetch_job_set (FetchJob *job, guint64 done, guint64 total);
/* The end of it; both free the job.  `reason` NULL: it is there. */
void fetch_job_end (FetchJob *job, const char *reason);

/* One that needs no job: somebody else brought it, or it is not even tried. */
void fetch_report_skip (FetchReport *report, const char *name, const char *reason);

/* ---- failures -------------------------------------------------------------------------------------------------------- */

typedef struct
{
  char *place;             /* "FILE:LINE" that asked for it, or NULL */
  char *name;
  char *host;              /* when only that host is to blame, else NULL */
  char *host_reason;       /* what is wrong with it */
  GError *error;
} FetchFailure;

GPtrArray *fetch_failures_new (void);      /* of FetchFailure */
/* Takes `error`; copies the rest, which may be NULL but for `name`. */
void fetch_failures_add (GPtrArray *failures, const char *place, const char *name, GError *error);
/* One error that has all of them, of what fails at the same host one sentence.  FALSE, or TRUE when there is none. */
gboolean fetch_failures_throw (const GPtrArray *failures, GError **error);
