/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Another machine on another day: a library that `appbuild verify` has loaded into all programs of its second build, as far as they are
 * dynamically linked with the GNU C library.  What they ask for here could be anything on another machine, so a result in which
 * an answer is found is not reproducible:
 *
 *   the time          a year and some hours later (NACELLE_VARY_TIME: that many seconds later or, with '-', earlier)
 *   the kernel        another release and version
 *   lists of files    in the reverse order
 *
 * Later rather than earlier, as files that the kernel has stamped must not lie in the future for make(1).  A static program, and one
 * that calls the kernel itself, sees the truth.
 */
#undef _FILE_OFFSET_BITS /* it would rename what is replaced here */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__ ((visibility ("default")))
#define LATER (398L * 24 * 60 * 60 + 5 * 60 * 60 + 17)

EXPORT int clock_gettime (clockid_t clock, struct timespec *time);
EXPORT int gettimeofday (struct timeval *restrict time, void *restrict zone);
EXPORT time_t time (time_t *ret_time);
EXPORT int timespec_get (struct timespec *time, int base);
EXPORT int pthread_cond_timedwait (pthread_cond_t *restrict condition, pthread_mutex_t *restrict lock,
                                  const struct timespec *restrict until);
EXPORT int sem_timedwait (sem_t *restrict semaphore, const struct timespec *restrict until);
EXPORT int uname (struct utsname *name);
EXPORT struct dirent *readdir (DIR *dir);
EXPORT struct dirent64 *readdir64 (DIR *dir);
EXPORT int closedir (DIR *dir);
EXPORT void rewinddir (DIR *dir);
EXPORT void seekdir (DIR *dir, long place);
EXPORT long telldir (DIR *dir);

static void *
next (const char *name)
{
  return dlsym (RTLD_NEXT, name);
}

static time_t
shift (void)
{
  const char *given = getenv ("NACELLE_VARY_TIME");

  return given != NULL ? (time_t) strtoll (given, NULL, 10) : LATER;
}

int
clock_gettime (clockid_t clock, struct timespec *time_of)
{
  int result = (int) syscall (SYS_clock_gettime, clock, time_of);

  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI))
    time_of->tv_sec += shift ();
  return result;
}

int
gettimeofday (struct timeval *restrict time_of, void *restrict zone)
{
  struct timespec now;

  if (clock_gettime (CLOCK_REALTIME, &now) < 0)
    return -1;
  time_of->tv_sec = now.tv_sec;
  time_of->tv_usec = now.tv_nsec / 1000;
  if (zone != NULL)
    memset (zone, 0, sizeof (struct timezone));
  return 0;
}

time_t
time (time_t *ret_time)
{
  struct timespec now = { 0 };

  (void) clock_gettime (CLOCK_REALTIME, &now); /* it can't fail */
  if (ret_time != NULL)
    *ret_time = now.tv_sec;
  return now.tv_sec;
}

int
timespec_get (struct timespec *time_of, int base)
{
  return base == TIME_UTC && clock_gettime (CLOCK_REALTIME, time_of) == 0 ? base : 0;
}

/* Who waits until a time has asked for it here, and the kernel knows the true one.  A time of the monotonic clock, which is counted from
 * the start of the machine, is none of ours. */
static struct timespec
true_time (const struct timespec *until)
{
  struct timespec result = *until, now = { 0 };

  (void) syscall (SYS_clock_gettime, CLOCK_REALTIME, &now); /* it can't fail */
  if (until->tv_sec > now.tv_sec / 2)
    result.tv_sec -= shift ();
  return result;
}

int
pthread_cond_timedwait (pthread_cond_t *restrict condition, pthread_mutex_t *restrict lock, const struct timespec *restrict until)
{
  static int (*real) (pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
  const struct timespec then = true_time (until);

  if (real == NULL)
    real = (int (*) (pthread_cond_t *, pthread_mutex_t *, const struct timespec *)) next ("pthread_cond_timedwait");
  return real (condition, lock, &then);
}

int
sem_timedwait (sem_t *restrict semaphore, const struct timespec *restrict until)
{
  static int (*real) (sem_t *, const struct timespec *);
  const struct timespec then = true_time (until);

  if (real == NULL)
    real = (int (*) (sem_t *, const struct timespec *)) next ("sem_timedwait");
  return real (semaphore, &then);
}

int
uname (struct utsname *name)
{
  int result = (int) syscall (SYS_uname, name);

  if (result == 0)
    {
      /* A later one than any: programs ask whether a kernel is new enough. */
      memcpy (name->release, "99.1.7-another", sizeof "99.1.7-another");
      memcpy (name->version, "#7 Another", sizeof "#7 Another");
    }
  return result;
}

/* A directory that is being read: all of its entries, taken from the end. */
typedef struct Listing
{
  struct Listing *following;
  DIR *dir;
  struct dirent **entries;
  size_t n, left;
} Listing;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* of the chain */
static Listing *listings;

/* Out of the chain when `take`.  NULL: not begun. */
static Listing *
find (DIR *dir, int take)
{
  Listing **at = &listings;

  pthread_mutex_lock (&mutex);
  while (*at != NULL && (*at)->dir != dir)
    at = &(*at)->following;
  Listing *found = *at;
  if (found != NULL && take)
    *at = found->following;
  pthread_mutex_unlock (&mutex);
  return found;
}

static void
forget (DIR *dir)
{
  Listing *listing = find (dir, 1);

  if (listing == NULL)
    return;
  for (size_t i = 0; i < listing->n; i++)
    free (listing->entries[i]);
  free (listing->entries);
  free (listing);
}

/* FALSE (0) with errno when it cannot be read to the end. */
static int
read_all (Listing *listing)
{
  static struct dirent *(*real) (DIR *dir);
  size_t allocated = 0;

  if (real == NULL)
    real = (struct dirent *(*) (DIR *)) next ("readdir");
  for (;;)
    {
      errno = 0;
      struct dirent *entry = real (listing->dir);
      if (entry == NULL)
        return errno == 0;
      if (listing->n == allocated)
        {
          allocated = allocated * 2 + 32;
          struct dirent **grown = realloc (listing->entries, allocated * sizeof *grown);
          if (grown == NULL)
            return 0;
          listing->entries = grown;
        }
      struct dirent *copy = malloc (entry->d_reclen);
      if (copy == NULL)
        return 0;
      memcpy (copy, entry, entry->d_reclen);
      listing->entries[listing->n++] = copy;
    }
}

static Listing *
begin (DIR *dir)
{
  Listing *listing = calloc (1, sizeof *listing);
  int saved_errno = errno;

  if (listing == NULL)
    return NULL;
  listing->dir = dir;
  if (!read_all (listing) && listing->n == 0)
    {
      free (listing->entries);
      free (listing);
      return NULL;
    }
  errno = saved_errno;
  listing->left = listing->n;
  pthread_mutex_lock (&mutex);
  listing->following = listings;
  listings = listing;
  pthread_mutex_unlock (&mutex);
  return listing;
}

struct dirent *
readdir (DIR *dir)
{
  Listing *listing = find (dir, 0);

  if (listing == NULL)
    listing = begin (dir);
  return listing != NULL && listing->left > 0 ? listing->entries[--listing->left] : NULL;
}

/* Elsewhere struct dirent64 is another one. */
#if __SIZEOF_LONG__ == 8
struct dirent64 *
readdir64 (DIR *dir)
{
  return (struct dirent64 *) readdir (dir);
}
#endif

int
closedir (DIR *dir)
{
  static int (*real) (DIR *dir);

  if (real == NULL)
    real = (int (*) (DIR *)) next ("closedir");
  forget (dir);
  return real (dir);
}

void
rewinddir (DIR *dir)
{
  static void (*real) (DIR *dir);

  if (real == NULL)
    real = (void (*) (DIR *)) next ("rewinddir");
  forget (dir);
  real (dir);
}

long
telldir (DIR *dir)
{
  Listing *listing = find (dir, 0);

  if (listing == NULL)
    listing = begin (dir);
  return listing != NULL ? (long) (listing->n - listing->left) : 0;
}

void
seekdir (DIR *dir, long place)
{
  Listing *listing = find (dir, 0);

  if (listing == NULL)
    listing = begin (dir);
  if (listing != NULL && place >= 0 && (size_t) place <= listing->n)
    listing->left = listing->n - (size_t) place;
}
