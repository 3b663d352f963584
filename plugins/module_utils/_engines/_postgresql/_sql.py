# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The questions that are put to the server; every answer is one line of JSON.

All run with ``search_path = pg_catalog``. Names are put into statements by the
server itself (``format('%I')`` and psql's ``\\gexec``), never here.
"""

from __future__ import annotations

_USER_SCHEMA = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"


def _own(catalog: str, oid: str) -> str:
    """Not a member of an extension, which CREATE EXTENSION makes anew."""
    return (
        f"NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = '{catalog}'::regclass"
        f" AND d.objid = {oid} AND d.deptype = 'e')"
    )


_DUMPED = (
    f"({_own('pg_class', 'c.oid')}"
    " OR c.oid = ANY (SELECT unnest(e.extconfig) FROM pg_extension AS e WHERE e.extconfig IS NOT NULL))"
)
_RELATIONS = f"FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE {_USER_SCHEMA}"

CLUSTER = f"""
SELECT json_build_object(
  'version', current_setting('server_version'), 'number', current_setting('server_version_num')::int,
  'recovery', pg_is_in_recovery(), 'user', current_user, 'database', current_database(),
  'empty', NOT EXISTS (SELECT {_RELATIONS}),
  'role_passwords', has_table_privilege('pg_authid', 'SELECT'));
SELECT json_build_object(
  'name', datname, 'template', datistemplate, 'open', datallowconn AND datconnlimit <> -2,
  'grant', has_database_privilege(oid, 'CONNECT'))
FROM pg_database ORDER BY datname;
"""

_MISSING = f"""
SELECT json_build_object('bytes', pg_table_size('pg_largeobject')
  + (SELECT coalesce(sum(pg_table_size(c.oid)), 0) {_RELATIONS} AND {_DUMPED} AND c.relkind = 'r'));
SELECT json_build_object('what', w.what, 'count', count(*), 'names', (array_agg(w.name ORDER BY w.name))[1:10])
FROM (
  SELECT 'schema' AS what, format('%I', n.nspname) AS name FROM pg_namespace AS n
  WHERE {_USER_SCHEMA} AND NOT has_schema_privilege(n.oid, 'USAGE')
    AND EXISTS (SELECT FROM pg_class AS c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'S'))
  UNION ALL
  SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, format('%I.%I', n.nspname, c.relname)
  {_RELATIONS} AND {_DUMPED} AND CASE WHEN c.relkind = 'S' THEN NOT has_sequence_privilege(c.oid, 'SELECT')
    WHEN c.relkind IN ('r', 'p') THEN NOT has_table_privilege(c.oid, 'SELECT') ELSE false END
  UNION ALL
  SELECT 'row security', format('%I.%I', n.nspname, c.relname)
  {_RELATIONS} AND {_DUMPED} AND c.relkind IN ('r', 'p') AND c.relrowsecurity AND row_security_active(c.oid)
  UNION ALL
  SELECT 'large object', m.oid::text FROM pg_largeobject_metadata AS m WHERE NOT ({{large_object}})
  UNION ALL
  SELECT 'foreign table', format('%I.%I', n.nspname, c.relname) {_RELATIONS} AND {_DUMPED} AND c.relkind = 'f'
  UNION ALL
  SELECT CASE WHEN pg_is_in_recovery() THEN 'unlogged on a standby' ELSE 'unlogged' END,
    format('%I.%I', n.nspname, c.relname)
  {_RELATIONS} AND {_DUMPED} AND c.relkind = 'r' AND c.relpersistence = 'u'
  UNION ALL
  SELECT 'sequences', format('%I.%I', n.nspname, c.relname) {_RELATIONS} AND {_DUMPED} AND c.relkind = 'S'
) AS w GROUP BY w.what ORDER BY w.what;
"""
_READABLE = """
  current_setting('lo_compat_privileges') = 'on' OR pg_has_role(m.lomowner, 'USAGE')
  OR EXISTS (SELECT FROM aclexplode(m.lomacl) AS a WHERE a.privilege_type = 'SELECT'
    AND (a.grantee = 0 OR pg_has_role(a.grantee, 'USAGE')))"""


def grants(server_number: int) -> str:
    """The size of the rows, what keeps this role from dumping all of a database, and what a dump does not carry."""
    readable = "has_largeobject_privilege(m.oid, 'SELECT')" if server_number >= 180000 else _READABLE
    return _MISSING.format(large_object=readable)


# kind, name as SQL writes it, schema and name as they are, OID, file number in the snapshot, data in the dump
_OBJECTS = f"""
SELECT json_build_array('object', o.kind, o.name, o.plain, o.oid, o.file, o.data) FROM (
  SELECT CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned_table' WHEN 'f' THEN 'foreign_table'
      WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view' WHEN 'S' THEN 'sequence' ELSE 'index' END AS kind,
    format('%I.%I', n.nspname, c.relname) AS name, n.nspname || '.' || c.relname AS plain, c.oid::bigint AS oid,
    c.relfilenode::bigint AS file,
    c.relkind = 'r' AND NOT (c.relpersistence = 'u' AND pg_is_in_recovery()) AS data
  {_RELATIONS} AND {_DUMPED} AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'i', 'I')
  UNION ALL
  SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
    format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), '', 0, 0, false
  FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
  WHERE {_USER_SCHEMA} AND {_own("pg_proc", "p.oid")}
  UNION ALL
  SELECT 'trigger', format('%I.%I.%I', n.nspname, c.relname, t.tgname), '', 0, 0, false
  FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE {_USER_SCHEMA} AND NOT t.tgisinternal AND {_own("pg_class", "c.oid")}
  UNION ALL
  SELECT 'policy', format('%I.%I.%I', n.nspname, c.relname, p.polname), '', 0, 0, false
  FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE {_USER_SCHEMA} AND {_own("pg_class", "c.oid")}
  UNION ALL
  SELECT 'extension', format('%I', e.extname), '', 0, 0, false FROM pg_extension AS e
  UNION ALL
  SELECT 'type', format('%I.%I', n.nspname, t.typname), '', 0, 0, false
  FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace LEFT JOIN pg_class AS c ON c.oid = t.typrelid
  WHERE {_USER_SCHEMA} AND {_own("pg_type", "t.oid")} AND t.typtype IN ('c', 'd', 'e', 'r')
    AND (t.typtype <> 'c' OR c.relkind = 'c')
  UNION ALL
  SELECT 'schema', format('%I', n.nspname), '', 0, 0, false FROM pg_namespace AS n
  WHERE {_USER_SCHEMA} AND {_own("pg_namespace", "n.oid")}
) AS o ORDER BY o.kind, o.name COLLATE "C";
SELECT json_build_array('large_objects', count(*)) FROM pg_largeobject_metadata;
"""
_EACH_TABLE = f"""{_RELATIONS} AND {_DUMPED} AND c.relkind = 'r'
  AND NOT (c.relpersistence = 'u' AND pg_is_in_recovery()) ORDER BY 1"""
_PATIENT = "SET LOCAL lock_timeout = '5s';\n\\set ON_ERROR_STOP 0\n\\set ON_ERROR_ROLLBACK on\n"
_STRICT = "\\set ON_ERROR_ROLLBACK off\n\\set ON_ERROR_STOP 1\n"
_COUNTS = rf"""
SELECT format('SELECT json_build_array(''rows'', %s, count(*), pg_relation_filenode(%s)::bigint) FROM ONLY %I.%I',
  c.oid, c.oid, n.nspname, c.relname)
{_EACH_TABLE}
\gexec
"""
# The sum of the rows' hashes does not depend on their order; two halves of 64 bits each.
_HALVES = (
    "count(*), {file}, sum((''x'' || substr(q.h, 1, 16))::bit(64)::bigint)::text,"
    " sum((''x'' || substr(q.h, 17, 16))::bit(64)::bigint)::text"
)
_DIGESTS = rf"""
SELECT format('SELECT json_build_array(''rows'', %s, {_HALVES.format(file="pg_relation_filenode(%s)::bigint")})
  FROM (SELECT encode(sha256(textsend((r.*)::text)), ''hex'') AS h FROM ONLY %I.%I AS r OFFSET 0) AS q',
  c.oid, c.oid, n.nspname, c.relname)
{_EACH_TABLE}
\gexec
SELECT json_build_array('large_object_digest', {_HALVES.format(file="0").replace("''", "'")})
FROM (SELECT encode(sha256(m.oid::text::bytea || lo_get(m.oid)), 'hex') AS h
  FROM pg_largeobject_metadata AS m OFFSET 0) AS q;
"""


def inventory(depth: str) -> str:
    """The script that lists the objects of a database, and counts or digests their rows."""
    if depth == "objects":
        return _OBJECTS
    return _OBJECTS + _PATIENT + (_DIGESTS if depth == "digests" else _COUNTS) + _STRICT
