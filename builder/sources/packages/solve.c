/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/packages/solve.h"

#include <solv/chksum.h>
#include <solv/knownid.h>
#include <solv/repo.h>
#include <solv/solver.h>
#include <solv/transaction.h>
#include <string.h>

#include "base/error.h"
#include "base/verb.h"
#include "builder/sources/packages/mirror.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pool, pool_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Solver, solver_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Transaction, transaction_free)

static gboolean
solve_is_excluded (const ManifestSource *source, const char *name)
{
  return source->exclude != NULL && g_strv_contains ((const char *const *) source->exclude, name);
}

/* An excluded package stays in the pool, so that what depends on it can be resolved, but asks for nothing and
 * forbids nothing; the result leaves it out. */
static void
solve_hollow_excluded (Pool *pool, const ManifestSource *source)
{
  static const Id keys[] = { SOLVABLE_REQUIRES, SOLVABLE_CONFLICTS, SOLVABLE_OBSOLETES };
  Queue none;
  Id id;

  queue_init (&none);
  FOR_POOL_SOLVABLES (id)
    {
      Solvable *solvable = pool_id2solvable (pool, id);

      if (solve_is_excluded (source, pool_id2str (pool, solvable->name)))
        for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
          solvable_set_deparray (solvable, keys[i], &none, 0);
    }
  queue_free (&none);
}

static const char *
solve_suggest (Pool *pool, const char *name)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  Id id;

  FOR_POOL_SOLVABLES (id)
    g_ptr_array_add (names, (char *) pool_id2str (pool, pool_id2solvable (pool, id)->name));
  g_ptr_array_add (names, NULL);
  return verb_suggest (name, (const char *const *) names->pdata);
}

static gboolean
solve_has_name (Pool *pool, Id name)
{
  Id provider, p;

  FOR_PROVIDES (provider, p, name)
    if (pool_id2solvable (pool, provider)->name == name)
      return TRUE;
  return FALSE;
}

static gboolean
solve_jobs (Pool *pool, const ManifestSource *source, const SourceContext *context, Queue *jobs, GError **error)
{
  if (source->packages == NULL || source->packages[0] == NULL)
    return error_throw (error, "A source of type packages needs a list of packages");
  for (gsize i = 0; source->packages[i] != NULL; i++)
    {
      const char *name = source->packages[i];
      Id id = pool_str2id (pool, name, 0);

      if (solve_is_excluded (source, name))
        return error_throw (error, "The package %s is both asked for and excluded", name);
      if (id == 0 || !solve_has_name (pool, id))
        {
          const char *near = solve_suggest (pool, name);

          return error_throw (error, "There is no package %s in %s for %s%s%s%s", name, source->suite, context->arch,
                              near != NULL ? "; did you mean " : "", near != NULL ? near : "", near != NULL ? "?" : "");
        }
      queue_push2 (jobs, SOLVER_INSTALL | SOLVER_SOLVABLE_NAME, id);
    }
  return TRUE;
}

/* "a | b" means a, and b only where a cannot be; libsolv takes either.  So the first of them that anything provides is
 * favoured, for every such dependency of what was chosen.  FALSE when all of them are favoured already. */
static gboolean
solve_favour_first (Pool *pool, Solver *solver, Queue *jobs)
{
  g_autoptr (Transaction) transaction = solver_create_transaction (solver);
  const Id how = SOLVER_FAVOR | SOLVER_SOLVABLE_PROVIDES;
  Queue installed, requires;
  int before = jobs->count;

  queue_init (&installed);
  queue_init (&requires);
  transaction_installedresult (transaction, &installed);
  for (int i = 0; i < installed.count; i++)
    {
      queue_empty (&requires);
      solvable_lookup_deparray (pool_id2solvable (pool, installed.elements[i]), SOLVABLE_REQUIRES, &requires, 0);
      for (int j = 0; j < requires.count; j++)
        {
          Id dep = requires.elements[j];
          gboolean known = FALSE;

          if (!ISRELDEP (dep) || GETRELDEP (pool, dep)->flags != REL_OR)
            continue;
          while (ISRELDEP (dep) && GETRELDEP (pool, dep)->flags == REL_OR)
            {
              const Reldep *either = GETRELDEP (pool, dep);

              dep = pool_whatprovides_ptr (pool, either->name)[0] != 0 ? either->name : either->evr;
            }
          for (int k = 0; k < jobs->count; k += 2)
            known = known || (jobs->elements[k] == how && jobs->elements[k + 1] == dep);
          if (!known)
            queue_push2 (jobs, how, dep);
        }
    }
  queue_free (&installed);
  queue_free (&requires);
  return jobs->count > before;
}

static gboolean
solve_problems (Solver *solver, const ManifestSource *source, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  unsigned count = solver_problem_count (solver);

  for (unsigned problem = 1; problem <= MIN (count, 5); problem++)
    {
      Queue rules;

      queue_init (&rules);
      solver_findallproblemrules (solver, problem, &rules);
      for (int i = 0; i < MIN (rules.count, 8); i++)
        {
          Id from, to, dep;
          SolverRuleinfo type = solver_ruleinfo (solver, rules.elements[i], &from, &to, &dep);

          g_string_append_printf (text, "%s%s", text->len > 0 ? "; " : "",
                                  solver_problemruleinfo2str (solver, type, from, to, dep));
        }
      queue_free (&rules);
    }
  return error_throw (error, "The packages cannot be had together from %s: %s", source->suite, text->str);
}

static Package *
solve_package (Pool *pool, Solvable *solvable, GError **error)
{
  Id type = 0;
  const char *sum = solvable_lookup_checksum (solvable, SOLVABLE_CHECKSUM, &type);
  const char *path = solvable_lookup_location (solvable, NULL);

  /* "./pool/..." stands in flat indexes. */
  while (path != NULL && g_str_has_prefix (path, "./"))
    path += 2;
  return package_new (pool_id2str (pool, solvable->name), pool_id2str (pool, solvable->evr),
                      pool_id2str (pool, solvable->arch), path, type == REPOKEY_TYPE_SHA256 ? sum : NULL,
                      solvable_lookup_num (solvable, SOLVABLE_DOWNLOADSIZE, 0), error);
}

static GPtrArray *
solve_result (Pool *pool, Solver *solver, const ManifestSource *source, GError **error)
{
  g_autoptr (Transaction) transaction = solver_create_transaction (solver);
  g_autoptr (GPtrArray) packages = packages_new ();
  Queue installed;
  gboolean ok = TRUE;

  queue_init (&installed);
  transaction_installedresult (transaction, &installed);
  for (int i = 0; ok && i < installed.count; i++)
    {
      Solvable *solvable = pool_id2solvable (pool, installed.elements[i]);
      Package *package = NULL;

      if (solve_is_excluded (source, pool_id2str (pool, solvable->name)))
        continue;
      package = solve_package (pool, solvable, error);
      ok = package != NULL;
      if (ok)
        g_ptr_array_add (packages, package);
    }
  queue_free (&installed);
  packages_sort (packages);
  return ok ? g_steal_pointer (&packages) : NULL;
}

static gboolean
solve_load (Pool *pool, const PackageFormat *format, const ManifestSource *source, const SourceContext *context,
            GError **error)
{
  g_auto (GStrv) suites = mirror_words (source->suite);
  g_autofree char *mirror = NULL;

  if (suites[0] == NULL)
    return error_throw (error, "A source of type packages needs a suite");
  if (format->arch (context->arch) == NULL)
    return error_throw (error, "%s packages do not exist for the architecture %s", format->name, context->arch);
  mirror = source_mirror (source, context, error);
  if (mirror == NULL)
    return FALSE;
  for (gsize i = 0; suites[i] != NULL; i++)
    if (!format->load (pool, source, suites[i], mirror, context, error))
      return FALSE;
  return TRUE;
}

GPtrArray *
packages_solve (const PackageFormat *format, const ManifestSource *source, const SourceContext *context, GError **error)
{
  g_autoptr (Pool) pool = pool_create ();
  g_autoptr (Solver) solver = NULL;
  GPtrArray *packages = NULL;
  Queue jobs;

  pool_setdisttype (pool, format->solv_type);
  if (format->arch (context->arch) != NULL)
    pool_setarch (pool, format->arch (context->arch));
  if (!solve_load (pool, format, source, context, error))
    return NULL;
  solve_hollow_excluded (pool, source);
  pool_createwhatprovides (pool);
  solver = solver_create (pool);
  solver_set_flag (solver, SOLVER_FLAG_IGNORE_RECOMMENDED, 1);
  queue_init (&jobs);
  if (solve_jobs (pool, source, context, &jobs, error))
    {
      int problems = solver_solve (solver, &jobs);

      /* Another choice may bring other dependencies; each round adds at least one favour, so this ends. */
      while (problems == 0 && solve_favour_first (pool, solver, &jobs))
        problems = solver_solve (solver, &jobs);
      if (problems != 0)
        solve_problems (solver, source, error);
      else
        packages = solve_result (pool, solver, source, error);
    }
  queue_free (&jobs);
  return packages;
}
