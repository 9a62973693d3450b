/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Options that bubblewrap does not have.
 */
#include "sandbox/appbox/environment.h"
#include "sandbox/appbox/number.h"
#include "sandbox/appbox/options.h"
#include "sandbox/plan-namespace.h"

#include <errno.h>
#include <linux/securebits.h>
#include <stdlib.h>
#include <string.h>

/* The next word of a list with commas, in place; NULL at its end. */
static char *
word_next (char **rest)
{
  char *word = *rest;

  if (word == NULL)
    return NULL;
  *rest = strchr (word, ',');
  if (*rest != NULL)
    *(*rest)++ = '\0';
  return word;
}

static char *
list_copy (const char *list)
{
  char *copy = strdup (list);

  if (copy == NULL)
    appbox_die ("out of memory");
  return copy;
}

static int64_t
seconds_value (const char *word, const char *text)
{
  char *end;
  long long seconds;

  errno = 0;
  seconds = strtoll (text, &end, 10);
  if (end == text || *end != '\0' || errno != 0 || strspn (text, "+-0123456789") != strlen (text))
    appbox_die ("Invalid argument to --time-offset: “%s” is not a number of seconds", word);
  return seconds;
}

void
option_time_offset (Appbox *box, char **values)
{
  static const char *const clocks[] = { [SANDBOX_CLOCK_MONOTONIC] = "monotonic=", [SANDBOX_CLOCK_BOOTTIME] = "boottime=" };
  char *copy = list_copy (values[0]);
  char *rest = copy;
  char *word;

  while ((word = word_next (&rest)) != NULL)
    {
      size_t i = 0;

      while (i < sizeof clocks / sizeof clocks[0] && strncmp (word, clocks[i], strlen (clocks[i])) != 0)
        i++;
      if (i == sizeof clocks / sizeof clocks[0])
        appbox_die ("Invalid argument to --time-offset: “%s”; write monotonic=SECONDS, boottime=SECONDS, or both with a comma", word);
      (void) sandbox_plan_time_offset (box->plan, (SandboxClock) i, seconds_value (word, word + strlen (clocks[i])), box->origin);
    }
  free (copy);
}

void
option_map (Appbox *box, char **values)
{
  const char *text = box->option->n_values == 0 ? "auto" : values[0];
  char *copy = list_copy (text);
  char *outer = strchr (copy, ':');
  char *count = outer != NULL ? strchr (outer + 1, ':') : NULL;
  uint32_t numbers[3];

  if (strcmp (text, "auto") != 0)
    {
      if (count == NULL)
        appbox_die ("Invalid argument to %s: “%s”; write INNER:OUTER:COUNT, or auto", box->origin, text);
      *outer++ = '\0';
      *count++ = '\0';
      numbers[0] = (uint32_t) number_value (box->origin, copy, UINT32_MAX - 1);
      numbers[1] = (uint32_t) number_value (box->origin, outer, UINT32_MAX - 1);
      numbers[2] = (uint32_t) number_value (box->origin, count, UINT32_MAX - 1);
      if (numbers[2] == 0)
        appbox_die ("%s %s: a range has at least one id", box->origin, text);
    }
  else
    memset (numbers, 0, sizeof numbers);
  (void) sandbox_plan_map_range (box->plan, box->option->bits, numbers[0], numbers[1], numbers[2], box->origin);
  free (copy);
}

void
option_net_pasta (Appbox *box, char **values)
{
  box->has_pasta = true;
  box->namespaces |= APPBOX_NEW_NET;
}

void
option_publish (Appbox *box, char **values)
{
  const char **ports = reallocarray (box->ports, box->n_ports + 1, sizeof *ports);

  if (ports == NULL)
    appbox_die ("out of memory");
  box->ports = ports;
  box->ports[box->n_ports++] = values[0];
}

void
option_netns (Appbox *box, char **values)
{
  (void) sandbox_plan_join (box->plan, SANDBOX_JOIN_NET, descriptor_value (box->origin, values[0]), box->origin);
  box->has_netns = true;
}

void
option_join (Appbox *box, char **values)
{
  (void) sandbox_plan_enter (box->plan, (pid_t) number_value (box->origin, values[0], INT32_MAX), box->origin);
  box->has_join = true;
}

void
option_pty (Appbox *box, char **values)
{
  (void) sandbox_plan_terminal (box->plan, box->origin);
}

/* The names of setpriv(1). */
void
option_securebits (Appbox *box, char **values)
{
  static const struct { const char *name; unsigned bit; } bits[] = {
    { "noroot", SECBIT_NOROOT }, { "noroot_locked", SECBIT_NOROOT_LOCKED },
    { "no_setuid_fixup", SECBIT_NO_SETUID_FIXUP }, { "no_setuid_fixup_locked", SECBIT_NO_SETUID_FIXUP_LOCKED },
    { "keep_caps_locked", SECBIT_KEEP_CAPS_LOCKED }, { "no_cap_ambient_raise", SECBIT_NO_CAP_AMBIENT_RAISE },
    { "no_cap_ambient_raise_locked", SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED },
  };
  char *copy = list_copy (values[0]);
  char *rest = copy;
  char *word;

  while ((word = word_next (&rest)) != NULL)
    {
      size_t i = 0;

      while (i < sizeof bits / sizeof bits[0] && strcmp (word, bits[i].name) != 0)
        i++;
      if (i == sizeof bits / sizeof bits[0])
        appbox_die ("unknown securebit: %s (noroot, no_setuid_fixup, no_cap_ambient_raise, each also with _locked, and "
                    "keep_caps_locked)", word);
      (void) sandbox_plan_securebits (box->plan, bits[i].bit, box->origin);
    }
  free (copy);
}

/* One of the filters that Nacelle's apps have; the words behind the first loosen it. */
void
option_filter (Appbox *box, char **values)
{
  static const struct { const char *name; unsigned bit; } words[] = {
    { "default", SANDBOX_FILTER_DEFAULT }, { "devel", SANDBOX_FILTER_DEVEL }, { "multiarch", SANDBOX_FILTER_MULTIARCH },
    { "bluetooth", SANDBOX_FILTER_BLUETOOTH }, { "canbus", SANDBOX_FILTER_CANBUS },
  };
  char *copy = list_copy (values[0]);
  char *rest = copy;
  char *word;

  box->has_filter = true;
  box->filter = 0;
  while ((word = word_next (&rest)) != NULL)
    {
      size_t i = 0;

      while (i < sizeof words / sizeof words[0] && strcmp (word, words[i].name) != 0)
        i++;
      if (i == sizeof words / sizeof words[0])
        appbox_die ("--filter %s: “%s” is no word for a filter; there are default, devel, multiarch, bluetooth and canbus", values[0],
                    word);
      box->filter |= words[i].bit;
    }
  free (copy);
}

void
option_safe_env (Appbox *box, char **values)
{
  environment_make_safe ();
}
