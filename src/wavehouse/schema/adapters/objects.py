"""Every object of a database with its attributes, read by one statement for each kind.

Definitions come from the server (``pg_get_*def``) with an empty search_path, so the same schema
gives the same text on any server. Left out are objects of the system and of extensions, and the
runner's own tables. Flags of incomplete objects (an invalid index, a constraint that is not
validated or not enforced, disabled triggers) are attributes.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any, LiteralString

from psycopg import Connection, Cursor

from wavehouse.schema.rules.hints import PATTERN
from wavehouse.schema.types import Snapshot

_TOKENS = {
    "ours": "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'",
    "own": "NOT (n.nspname = 'schema_ops' AND c.relname IN ('history', 'journal'))",
    "name": "n.nspname || '.' || c.relname",
}
_CALLS: dict[str, str] = {
    # Rights of roles other than the owner, with defaults filled in: NULL equals their text.
    "acl": """(SELECT coalesce(jsonb_agg(t.x ORDER BY t.x COLLATE "C"), '[]') FROM (
        SELECT coalesce(r.rolname, 'PUBLIC') || ': ' || a.privilege_type
          || CASE WHEN a.is_grantable THEN ' with grant option' ELSE '' END AS x
        FROM pg_catalog.aclexplode(coalesce($1, pg_catalog.acldefault('$2', $3))) a
          LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
        WHERE a.grantee <> $3) t)""",
    # obj_description and col_description are SQL functions, ten times as slow.
    "comment": """(SELECT e.description FROM pg_catalog.pg_description e
        WHERE e.objoid = $1 AND e.classoid = 'pg_catalog.$2'::pg_catalog.regclass
          AND e.objsubid = 0)""",
    # Class hints are derived from the classification, so no comparison may see them.
    "column_comment": f"""(SELECT nullif(pg_catalog.regexp_replace(e.description, '{PATTERN}', ''),
          '') FROM pg_catalog.pg_description e
        WHERE e.objoid = $1 AND e.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
          AND e.objsubid = $2)""",  # noqa: S608  the pattern is a constant
    "member": """NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
        WHERE e.deptype = 'e' AND e.classid = 'pg_catalog.$1'::pg_catalog.regclass
          AND e.objid = $2)""",
}
_CALL = re.compile(r"@(acl|comment|column_comment|member)\(([^()]*)\)")
_TOKEN = re.compile(r"@(ours|own|name)\b")


@cache
def _statements(*, members: bool = True) -> tuple[LiteralString, ...]:
    """The statements with their shared parts expanded; all text is in this file.

    ``members`` false omits the check for members of extensions, for databases without any.
    """

    def called(match: re.Match[str]) -> str:
        if match[1] == "member" and not members:
            return "true"
        text = _CALLS[match[1]]
        for index, value in enumerate(match[2].split(","), start=1):
            text = text.replace(f"${index}", value.strip())
        return text

    return tuple(
        _TOKEN.sub(lambda match: _TOKENS[match[1]], _CALL.sub(called, text)) for text in _STATEMENTS
    )


_STATEMENTS = (
    """
    SELECT 'schema ' || n.nspname, jsonb_build_object('owner', pg_get_userbyid(n.nspowner),
    'comment', @comment(n.oid, pg_namespace), 'acl', @acl(n.nspacl, n, n.nspowner)) FROM
    pg_namespace n WHERE @ours AND n.nspname <> 'schema_ops' AND @member(pg_namespace, n.oid)
    """,
    """
    SELECT 'extension ' || x.extname, jsonb_build_object('version', x.extversion, 'schema',
    n.nspname, 'comment', @comment(x.oid, pg_extension)) FROM pg_extension x JOIN
    pg_namespace n ON n.oid = x.extnamespace WHERE x.extname <> 'plpgsql'
    """,
    """
    SELECT CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' WHEN 'f' THEN
    'foreign table ' WHEN 'c' THEN 'composite type ' ELSE 'table ' END || @name,
    jsonb_build_object('owner', pg_get_userbyid(c.relowner), 'persistence', c.relpersistence,
    'options', to_jsonb(c.reloptions), 'row_security', c.relrowsecurity, 'forced_row_security',
    c.relforcerowsecurity, 'replica_identity', c.relreplident, 'partition_key', CASE c.relkind
    WHEN 'p' THEN pg_get_partkeydef(c.oid) END, 'partition_bound', pg_get_expr(c.relpartbound,
    c.oid), 'parents', (SELECT jsonb_agg(i.inhparent::regclass::text ORDER BY i.inhseqno) FROM
    pg_inherits i WHERE i.inhrelid = c.oid), 'detach_pending', (SELECT bool_or((to_jsonb(i) ->>
    'inhdetachpending')::boolean) FROM pg_inherits i WHERE i.inhrelid = c.oid), 'access_method',
    (SELECT amname FROM pg_am WHERE oid = c.relam), 'tablespace', (SELECT spcname FROM
    pg_tablespace WHERE oid = c.reltablespace), 'of_type', nullif(c.reloftype,
    0)::regtype::text, 'definition', CASE WHEN c.relkind IN ('v', 'm') THEN
    pg_get_viewdef(c.oid) END, 'populated', CASE c.relkind WHEN 'm' THEN c.relispopulated END,
    'server', (SELECT s.srvname || ' ' || coalesce(f.ftoptions::text, '') FROM pg_foreign_table
    f JOIN pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = c.oid), 'comment',
    @comment(c.oid, pg_class), 'acl', @acl(c.relacl, r, c.relowner)) FROM pg_class c JOIN
    pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
    AND @ours AND @own AND @member(pg_class, c.oid)
    """,
    """
    SELECT 'column ' || @name || '.' || a.attname, jsonb_build_object('type',
    format_type(a.atttypid, a.atttypmod), 'not_null', a.attnotnull, 'default', CASE WHEN
    a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END, 'generated', CASE WHEN
    a.attgenerated <> '' THEN a.attgenerated::text || ' ' || pg_get_expr(d.adbin, d.adrelid)
    END, 'identity', nullif(a.attidentity, ''), 'collation', CASE WHEN a.attcollation <>
    t.typcollation THEN a.attcollation::regcollation::text END, 'storage', CASE WHEN
    a.attstorage <> t.typstorage THEN a.attstorage END, 'compression', nullif(a.attcompression,
    ''), 'statistics', CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END, 'options',
    to_jsonb(a.attoptions), 'fdw_options', to_jsonb(a.attfdwoptions), 'inherited', a.attinhcount
    > 0, 'local', a.attislocal, 'comment', @column_comment(c.oid, a.attnum), 'acl', CASE WHEN
    a.attacl IS NOT NULL THEN @acl(a.attacl, c, c.relowner) END, 'position', row_number() OVER
    (PARTITION BY a.attrelid ORDER BY a.attnum), 'not_null_name', k.conname,
    'not_null_validated', CASE WHEN NOT k.convalidated THEN false END) FROM pg_attribute a JOIN
    pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type
    t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum =
    a.attnum LEFT JOIN pg_constraint k ON k.conrelid = a.attrelid AND k.contype = 'n' AND
    k.conkey[1] = a.attnum WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND a.attnum > 0
    AND NOT a.attisdropped AND @ours AND @own AND @member(pg_class, c.oid)
    """,
    """
    SELECT 'constraint ' || @name || '.' || k.conname, jsonb_build_object('definition',
    pg_get_constraintdef(k.oid), 'validated', k.convalidated, 'enforced', coalesce((to_jsonb(k)
    ->> 'conenforced')::boolean, true), 'deferrable', k.condeferrable, 'deferred',
    k.condeferred, 'local', k.conislocal, 'triggers_off', (SELECT jsonb_agg(DISTINCT
    g.tgenabled) FROM pg_trigger g WHERE g.tgconstraint = k.oid AND g.tgenabled <> 'O'),
    'comment', @comment(k.oid, pg_constraint)) FROM pg_constraint k JOIN pg_class c ON c.oid =
    k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE k.contype IN ('p', 'u', 'f',
    'c', 'x') AND k.conparentid = 0 AND @ours AND @own AND @member(pg_class, c.oid)
    """,
    """
    SELECT 'index ' || n.nspname || '.' || x.relname, jsonb_build_object('definition',
    pg_get_indexdef(i.indexrelid), 'valid', i.indisvalid, 'ready', i.indisready, 'clustered',
    i.indisclustered, 'replica_identity', i.indisreplident, 'tablespace', (SELECT spcname FROM
    pg_tablespace WHERE oid = x.reltablespace), 'statistics', (SELECT jsonb_agg(a.attstattarget
    ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = x.oid AND a.attstattarget >= 0),
    'comment', @comment(x.oid, pg_class)) FROM pg_index i JOIN pg_class x ON x.oid =
    i.indexrelid JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid =
    x.relnamespace WHERE @ours AND @own AND @member(pg_class, c.oid)
    """,
    """
    SELECT 'trigger ' || @name || '.' || g.tgname, jsonb_build_object('definition',
    pg_get_triggerdef(g.oid), 'enabled', g.tgenabled, 'comment', @comment(g.oid, pg_trigger))
    FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid =
    c.relnamespace WHERE NOT g.tgisinternal AND g.tgparentid = 0 AND @ours AND @own
    """,
    """
    SELECT 'rule ' || @name || '.' || w.rulename, jsonb_build_object('definition',
    pg_get_ruledef(w.oid), 'enabled', w.ev_enabled, 'comment', @comment(w.oid, pg_rewrite)) FROM
    pg_rewrite w JOIN pg_class c ON c.oid = w.ev_class JOIN pg_namespace n ON n.oid =
    c.relnamespace WHERE w.rulename <> '_RETURN' AND @ours
    """,
    """
    SELECT 'policy ' || @name || '.' || p.polname, jsonb_build_object('command', p.polcmd,
    'permissive', p.polpermissive, 'roles', (SELECT jsonb_agg(coalesce(r.rolname, 'PUBLIC')
    ORDER BY r.rolname COLLATE "C") FROM unnest(p.polroles) AS o LEFT JOIN pg_roles r ON r.oid =
    o), 'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck,
    p.polrelid), 'comment', @comment(p.oid, pg_policy)) FROM pg_policy p JOIN pg_class c ON
    c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE @ours
    """,
    """
    SELECT 'sequence ' || @name, jsonb_build_object('type', format_type(s.seqtypid, NULL),
    'start', s.seqstart, 'increment', s.seqincrement, 'max', s.seqmax, 'min', s.seqmin, 'cache',
    s.seqcache, 'cycle', s.seqcycle, 'owner', pg_get_userbyid(c.relowner), 'persistence',
    c.relpersistence, 'owned_by', (SELECT d.deptype::text || ' ' || d.refobjid::regclass::text
    || '.' || a.attname FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND
    a.attnum = d.refobjsubid WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND
    d.deptype IN ('a', 'i') AND d.refclassid = 'pg_class'::regclass), 'comment', @comment(c.oid,
    pg_class), 'acl', @acl(c.relacl, s, c.relowner)) FROM pg_sequence s JOIN pg_class c ON c.oid
    = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE @ours AND NOT (n.nspname =
    'schema_ops' AND c.relname = 'journal_journal_id_seq') AND @member(pg_class, c.oid)
    """,
    """
    SELECT CASE p.prokind WHEN 'p' THEN 'procedure ' WHEN 'a' THEN 'aggregate ' WHEN 'w' THEN
    'window function ' ELSE 'function ' END || n.nspname || '.' || p.proname || '(' ||
    pg_get_function_identity_arguments(p.oid) || ')', jsonb_build_object('definition', CASE WHEN
    p.prokind = 'a' THEN (SELECT concat_ws(' ', g.aggtransfn::text, g.aggfinalfn::text,
    g.aggcombinefn::text, g.aggtranstype::regtype::text, g.agginitval, g.aggkind,
    g.aggsortop::regoper::text) FROM pg_aggregate g WHERE g.aggfnoid = p.oid) ELSE
    pg_get_functiondef(p.oid) END, 'result', pg_get_function_result(p.oid), 'owner',
    pg_get_userbyid(p.proowner), 'comment', @comment(p.oid, pg_proc), 'acl', @acl(p.proacl, f,
    p.proowner)) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE @ours AND
    @member(pg_proc, p.oid)
    """,
    """
    SELECT CASE t.typtype WHEN 'e' THEN 'enum ' WHEN 'd' THEN 'domain ' WHEN 'r' THEN 'range '
    ELSE 'type ' END || n.nspname || '.' || t.typname, jsonb_build_object('labels', (SELECT
    jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
    'base', CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
    'not_null', t.typnotnull, 'default', t.typdefault, 'collation', CASE t.typtype WHEN 'd' THEN
    nullif(t.typcollation, 0)::regcollation::text END, 'constraints', (SELECT
    jsonb_agg(jsonb_build_array(k.conname, pg_get_constraintdef(k.oid), k.convalidated) ||
    coalesce(to_jsonb(@comment(k.oid, pg_constraint)), '[]') ORDER BY k.conname COLLATE "C")
    FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'),
    'subtype', (SELECT concat_ws(' ', g.rngsubtype::regtype::text, g.rngcollation::text,
    g.rngcanonical::text, g.rngsubdiff::text) FROM pg_range g WHERE g.rngtypid = t.oid),
    'owner', pg_get_userbyid(t.typowner), 'comment', @comment(t.oid, pg_type), 'acl',
    @acl(t.typacl, T, t.typowner)) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('e', 'd', 'r', 'b') AND t.typelem = 0 AND @ours AND @member(pg_type,
    t.oid)
    """,
    """
    SELECT 'collation ' || n.nspname || '.' || l.collname, (to_jsonb(l) -
    '{oid,collname,collnamespace,collowner,collversion}'::text[]) || jsonb_build_object('owner',
    pg_get_userbyid(l.collowner), 'comment', @comment(l.oid, pg_collation)) FROM pg_collation l
    JOIN pg_namespace n ON n.oid = l.collnamespace WHERE @ours AND @member(pg_collation, l.oid)
    """,
    """
    SELECT 'cast ' || k.castsource::regtype || ' as ' || k.casttarget::regtype,
    jsonb_build_object('function', nullif(k.castfunc, 0)::regprocedure::text, 'context',
    k.castcontext, 'method', k.castmethod, 'comment', @comment(k.oid, pg_cast)) FROM pg_cast k
    WHERE k.oid >= 16384 AND @member(pg_cast, k.oid)
    """,
    """
    SELECT 'operator ' || o.oid::regoperator, jsonb_build_object('function', o.oprcode::text,
    'result', o.oprresult::regtype::text, 'commutator', o.oprcom::regoperator::text, 'negator',
    o.oprnegate::regoperator::text, 'restrict', o.oprrest::text, 'join', o.oprjoin::text,
    'merges', o.oprcanmerge, 'hashes', o.oprcanhash, 'owner', pg_get_userbyid(o.oprowner),
    'comment', @comment(o.oid, pg_operator)) FROM pg_operator o JOIN pg_namespace n ON n.oid =
    o.oprnamespace WHERE @ours AND @member(pg_operator, o.oid)
    """,
    """
    SELECT 'operator class ' || n.nspname || '.' || o.opcname || ' using ' || m.amname,
    jsonb_build_object('type', o.opcintype::regtype::text, 'default', o.opcdefault, 'family',
    f.opfname, 'key', nullif(o.opckeytype, 0)::regtype::text, 'members', (SELECT
    jsonb_agg(s.amopstrategy || ' ' || s.amopopr::regoperator::text ORDER BY s.amopstrategy,
    s.amopopr::regoperator::text) FROM pg_amop s WHERE s.amopfamily = f.oid), 'procedures',
    (SELECT jsonb_agg(s.amprocnum || ' ' || s.amproc::text ORDER BY s.amprocnum, s.amproc::text)
    FROM pg_amproc s WHERE s.amprocfamily = f.oid), 'owner', pg_get_userbyid(o.opcowner)) FROM
    pg_opclass o JOIN pg_opfamily f ON f.oid = o.opcfamily JOIN pg_am m ON m.oid = o.opcmethod
    JOIN pg_namespace n ON n.oid = o.opcnamespace WHERE @ours AND @member(pg_opclass, o.oid)
    """,
    """
    SELECT 'statistics ' || n.nspname || '.' || s.stxname, jsonb_build_object('definition',
    pg_get_statisticsobjdef(s.oid), 'target', CASE WHEN s.stxstattarget >= 0 THEN
    s.stxstattarget END, 'owner', pg_get_userbyid(s.stxowner), 'comment', @comment(s.oid,
    pg_statistic_ext)) FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
    WHERE @ours
    """,
    """
    SELECT 'publication ' || p.pubname, (to_jsonb(p) - '{oid,pubname,pubowner,pubgencols}'::text[])
    || jsonb_build_object('generated', nullif(to_jsonb(p) ->> 'pubgencols', 'n'), 'owner',
    pg_get_userbyid(p.pubowner), 'tables', (SELECT
    jsonb_agg(jsonb_build_array(r.prrelid::regclass::text, pg_get_expr(r.prqual, r.prrelid),
    r.prattrs::text) ORDER BY r.prrelid::regclass::text) FROM pg_publication_rel r WHERE
    r.prpubid = p.oid), 'schemas', (SELECT jsonb_agg(s.pnnspid::regnamespace::text ORDER BY 1)
    FROM pg_publication_namespace s WHERE s.pnpubid = p.oid), 'comment', @comment(p.oid,
    pg_publication)) FROM pg_publication p
    """,
    """
    SELECT 'event trigger ' || v.evtname, jsonb_build_object('event', v.evtevent, 'function',
    v.evtfoid::regproc::text, 'enabled', v.evtenabled, 'tags', to_jsonb(v.evttags), 'owner',
    pg_get_userbyid(v.evtowner), 'comment', @comment(v.oid, pg_event_trigger)) FROM
    pg_event_trigger v WHERE @member(pg_event_trigger, v.oid)
    """,
    """
    SELECT 'language ' || l.lanname, jsonb_build_object('trusted', l.lanpltrusted, 'owner',
    pg_get_userbyid(l.lanowner), 'comment', @comment(l.oid, pg_language), 'acl', @acl(l.lanacl,
    l, l.lanowner)) FROM pg_language l WHERE l.lanispl AND l.oid >= 16384 AND
    @member(pg_language, l.oid)
    """,
    """
    SELECT 'foreign data wrapper ' || w.fdwname, jsonb_build_object('handler',
    nullif(w.fdwhandler, 0)::regproc::text, 'options', to_jsonb(w.fdwoptions), 'comment',
    @comment(w.oid, pg_foreign_data_wrapper), 'owner', pg_get_userbyid(w.fdwowner), 'acl',
    @acl(w.fdwacl, F, w.fdwowner)) FROM pg_foreign_data_wrapper w WHERE
    @member(pg_foreign_data_wrapper, w.oid)
    """,
    """
    SELECT 'foreign server ' || s.srvname, jsonb_build_object('type', s.srvtype, 'version',
    s.srvversion, 'options', to_jsonb(s.srvoptions), 'comment', @comment(s.oid,
    pg_foreign_server), 'owner', pg_get_userbyid(s.srvowner),
    'acl', @acl(s.srvacl, S, s.srvowner)) FROM pg_foreign_server s WHERE
    @member(pg_foreign_server, s.oid)
    """,
    """
    SELECT 'text search configuration ' || n.nspname || '.' || t.cfgname,
    jsonb_build_object('parser', t.cfgparser::text, 'comment', @comment(t.oid, pg_ts_config),
    'owner', pg_get_userbyid(t.cfgowner), 'map',
    (SELECT jsonb_agg(jsonb_build_array(m.maptokentype, m.mapdict::regdictionary::text) ORDER BY
    m.maptokentype, m.mapseqno) FROM pg_ts_config_map m WHERE m.mapcfg = t.oid)) FROM
    pg_ts_config t JOIN pg_namespace n ON n.oid = t.cfgnamespace WHERE @ours AND
    @member(pg_ts_config, t.oid)
    """,
    """
    SELECT 'text search dictionary ' || n.nspname || '.' || t.dictname,
    jsonb_build_object('options', t.dictinitoption, 'comment', @comment(t.oid, pg_ts_dict),
    'owner', pg_get_userbyid(t.dictowner)) FROM
    pg_ts_dict t JOIN pg_namespace n ON n.oid = t.dictnamespace WHERE @ours AND
    @member(pg_ts_dict, t.oid)
    """,
    """
    SELECT 'default privileges ' || pg_get_userbyid(a.defaclrole) || ' ' ||
    a.defaclobjtype::text || ' ' || coalesce(n.nspname, ''), jsonb_build_object('acl', (SELECT
    jsonb_agg(t.x ORDER BY t.x) FROM (SELECT coalesce(r.rolname, 'PUBLIC') || ': ' ||
    g.privilege_type AS x FROM aclexplode(a.defaclacl) g LEFT JOIN pg_roles r ON r.oid =
    g.grantee WHERE g.grantee <> a.defaclrole) t)) FROM pg_default_acl a LEFT JOIN pg_namespace
    n ON n.oid = a.defaclnamespace
    """,
    """
    SELECT 'conversion ' || n.nspname || '.' || v.conname, jsonb_build_object('from',
    pg_encoding_to_char(v.conforencoding), 'to', pg_encoding_to_char(v.contoencoding),
    'function', v.conproc::text, 'default', v.condefault, 'owner', pg_get_userbyid(v.conowner),
    'comment', @comment(v.oid, pg_conversion)) FROM pg_conversion v JOIN pg_namespace n ON
    n.oid = v.connamespace WHERE @ours AND @member(pg_conversion, v.oid)
    """,
    """
    SELECT 'access method ' || m.amname, jsonb_build_object('handler', m.amhandler::text, 'type',
    m.amtype, 'comment', @comment(m.oid, pg_am)) FROM pg_am m WHERE m.oid >= 16384 AND
    @member(pg_am, m.oid)
    """,
    """
    SELECT 'operator family ' || n.nspname || '.' || f.opfname || ' using ' || m.amname,
    jsonb_build_object('owner', pg_get_userbyid(f.opfowner), 'members', (SELECT
    jsonb_agg(s.amopstrategy || ' ' || s.amopopr::regoperator::text ORDER BY s.amopstrategy,
    s.amopopr::regoperator::text) FROM pg_amop s WHERE s.amopfamily = f.oid), 'procedures',
    (SELECT jsonb_agg(s.amprocnum || ' ' || s.amproc::text ORDER BY s.amprocnum, s.amproc::text)
    FROM pg_amproc s WHERE s.amprocfamily = f.oid), 'comment', @comment(f.oid, pg_opfamily))
    FROM pg_opfamily f JOIN pg_am m ON m.oid = f.opfmethod JOIN pg_namespace n ON n.oid =
    f.opfnamespace WHERE @ours AND @member(pg_opfamily, f.oid)
    """,
    """
    SELECT 'shell type ' || n.nspname || '.' || t.typname, jsonb_build_object('owner',
    pg_get_userbyid(t.typowner), 'comment', @comment(t.oid, pg_type)) FROM pg_type t JOIN
    pg_namespace n ON n.oid = t.typnamespace WHERE NOT t.typisdefined AND @ours AND
    @member(pg_type, t.oid)
    """,
    """
    SELECT 'grants on language ' || l.lanname, jsonb_build_object('acl', @acl(l.lanacl, l,
    l.lanowner)) FROM pg_language l WHERE l.oid < 16384 AND l.lanacl IS NOT NULL AND @acl(l.lanacl,
    l, l.lanowner) <> (CASE WHEN l.lanpltrusted THEN '["PUBLIC: USAGE"]' ELSE '[]' END)::jsonb
    """,
    """
    SELECT 'database', jsonb_build_object('acl', @acl(d.datacl, d, d.datdba), 'comment',
    shobj_description(d.oid, 'pg_database')) FROM pg_database d WHERE d.datname =
    current_database() AND (shobj_description(d.oid, 'pg_database') IS NOT NULL OR @acl(d.datacl,
    d, d.datdba) <> '["PUBLIC: CONNECT", "PUBLIC: TEMPORARY"]'::jsonb)
    """,
    """
    SELECT CASE WHEN s.setrole = 0 THEN 'settings of the database' ELSE 'settings of role ' ||
    pg_get_userbyid(s.setrole) END, jsonb_build_object('settings', to_jsonb(s.setconfig)) FROM
    pg_db_role_setting s WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname =
    current_database())
    """,
)
# Kinds that most databases lack, and where they would be found. Each check finds at least what the
# kind's statement finds; planning that statement costs more than checking whether it is needed.
_MEMBERS = "members of extensions"
_RARE: dict[str, LiteralString] = {
    "trigger": "pg_trigger WHERE NOT tgisinternal",
    "rule": "pg_rewrite WHERE rulename <> '_RETURN' AND ev_class >= 16384",
    "policy": "pg_policy",
    "sequence": "pg_sequence WHERE seqrelid >= 16384 AND seqrelid IS DISTINCT FROM"
    " to_regclass('schema_ops.journal_journal_id_seq')",
    "collation": "pg_collation WHERE collnamespace <> 'pg_catalog'::regnamespace",
    "cast": "pg_cast WHERE oid >= 16384",
    "operator": "pg_operator WHERE oprnamespace <> 'pg_catalog'::regnamespace",
    "operator class": "pg_opclass WHERE opcnamespace <> 'pg_catalog'::regnamespace",
    "statistics": "pg_statistic_ext",
    "publication": "pg_publication",
    "event trigger": "pg_event_trigger",
    "language": "pg_language WHERE lanispl AND oid >= 16384",
    "foreign data wrapper": "pg_foreign_data_wrapper",
    "foreign server": "pg_foreign_server",
    "text search configuration": "pg_ts_config WHERE cfgnamespace <> 'pg_catalog'::regnamespace",
    "text search dictionary": "pg_ts_dict WHERE dictnamespace <> 'pg_catalog'::regnamespace",
    "default privileges": "pg_default_acl",
    "conversion": "pg_conversion WHERE oid >= 16384",
    "access method": "pg_am WHERE oid >= 16384",
    "operator family": "pg_opfamily WHERE opfnamespace <> 'pg_catalog'::regnamespace",
    "shell type": "pg_type WHERE NOT typisdefined",
    "grants on language": "pg_language WHERE oid < 16384 AND lanacl IS NOT NULL",
    _MEMBERS: "pg_depend WHERE deptype = 'e' AND objid >= 16384",
}
_SETTINGS_NOW = """
    SELECT current_setting('search_path'), current_setting('timezone'),
           current_setting('datestyle'), current_setting('intervalstyle'),
           current_setting('bytea_output'), current_setting('extra_float_digits')
"""
_PINNED: tuple[LiteralString, ...] = (
    "search_path = ''",
    "timezone = 'UTC'",
    "datestyle = 'ISO'",
    "intervalstyle = 'postgres'",
    "bytea_output = 'hex'",
    "extra_float_digits = 1",
)
"""Literals are printed the same whatever the session's settings."""
_SET_BACK = """
    SELECT set_config('search_path', %s, false), set_config('timezone', %s, false),
           set_config('datestyle', %s, false), set_config('intervalstyle', %s, false),
           set_config('bytea_output', %s, false), set_config('extra_float_digits', %s, false)
"""
_KIND = re.compile(r"\s*SELECT '([a-z ]+) '")
_PREPARED: LiteralString = "wavehouse_"
OWNER = "$owner"


def objects(connection: Connection, *, own_transaction: bool = True) -> Snapshot:
    """A snapshot of the connected database.

    With ``own_transaction`` false it reads in the caller's open transaction and sees its changes.
    """
    with connection.pipeline():
        if own_transaction:
            with connection.transaction():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                for setting in _PINNED:
                    connection.execute(f"SET LOCAL {setting}")
                read = _read(connection)
        else:
            before = connection.execute(_SETTINGS_NOW)
            for setting in _PINNED:
                connection.execute(f"SET {setting}")
            read = _read(connection)
            connection.execute(_SET_BACK, before.fetchone())
    return Snapshot(
        _with_owner({name: attributes for cursor in read for name, attributes in cursor})
    )


def _read(connection: Connection) -> list[Cursor[Any]]:
    """In a pipeline, two round trips: which kinds exist, then their objects."""
    absent, prepared, doublings = _told(connection.execute(_asked()).fetchone() or ())
    read: list[Cursor[Any]] = []
    for statement in _statements(members=_MEMBERS not in absent):
        kind = _KIND.match(statement)
        if kind is None or kind[1] not in absent:
            name = _name(statement, doublings)
            if name not in prepared:
                connection.execute(f"PREPARE {name} AS {statement}")
            read.append(connection.execute(f"EXECUTE {name}"))
    return read


@cache
def _name(statement: str, doublings: int) -> LiteralString:
    """The server-side name of a statement, which is planned once for all snapshots of a session.

    It is planned again whenever the catalogue doubles, as a plan for ten tables is slow for a
    thousand. psycopg's own preparation is not used, because it drops its statements with every
    rollback and every DROP.
    """
    digest: Any = hashlib.sha256(f"{doublings} {statement}".encode()).hexdigest()[:16]
    name: LiteralString = digest
    return _PREPARED + name


@cache
def _asked() -> LiteralString:
    """Which of the rare kinds exist; which statements are prepared; how large the catalogue is."""
    there: list[LiteralString] = [f"EXISTS (SELECT FROM {location})" for location in _RARE.values()]
    more: list[LiteralString] = [
        "ARRAY(SELECT name FROM pg_prepared_statements)",
        "pg_relation_size('pg_attribute')",
    ]
    asked: LiteralString = ", ".join(there + more)
    return "SELECT " + asked


def _told(row: Sequence[Any]) -> tuple[set[str], set[str], int]:
    """The rare kinds that do not exist; the names of prepared statements; the catalogue's size."""
    *there, prepared, size = row
    absent = {kind for kind, is_there in zip(_RARE, there, strict=True) if not is_there}
    return absent, set(prepared), size.bit_length()


def _with_owner(objects: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Replace the role that owns most objects by *the* owner: its name differs between servers."""
    owners = Counter(
        a["owner"] for name, a in objects.items() if name != "schema public" and "owner" in a
    )
    if not owners:
        return objects
    owner = min(owners, key=lambda name: (-owners[name], name))
    prefix = f"{owner}: "
    fields = {}
    for name, attributes in objects.items():
        changed = {key: value for key, value in attributes.items() if value is not None}
        if changed.get("owner") == owner:
            changed["owner"] = OWNER
        if "acl" in changed:
            changed["acl"] = [
                OWNER + text[len(owner) :] if text.startswith(prefix) else text
                for text in changed["acl"]
            ]
        fields[name.replace(f"default privileges {owner} ", f"default privileges {OWNER} ")] = (
            changed
        )
    return fields
