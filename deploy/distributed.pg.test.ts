import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aStore, type AStore } from '#coordinator/store/testing/a-store.ts';

const STATEMENTS = readFileSync(join(import.meta.dirname, 'distributed.sql'), 'utf8');
const named = (how: 'distributed' | 'reference'): readonly string[] => [...STATEMENTS.matchAll(new RegExp(`create_${how}_table\\('(\\w+)'`, 'g'))].map(([, table]) => table!);

describe('the statements for a distributed engine', () => {
  let at: AStore;
  beforeAll(async () => { at = await aStore(); });
  afterAll(() => at?.end());

  it('name tables that exist, and every one that is cut by time', async () => {
    const { rows } = await at.client.query(`select relname, relkind from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition`);
    const tables = rows.map(({ relname }) => relname);
    expect(named('reference').filter((table) => !tables.includes(table))).toEqual([]);
    expect([...named('distributed')].sort()).toEqual(rows.filter(({ relkind }) => relkind === 'p').map(({ relname }) => relname).sort());
  });

  it('spread only tables whose every key has the account, and that no foreign key ties to others', async () => {
    const { rows: keys } = await at.client.query(`
      select i.indrelid::regclass::text as table, array_agg(a.attname::text) as columns from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
      where i.indisunique and i.indrelid = any($1::regclass[]) group by i.indexrelid, i.indrelid`, [named('distributed')]);
    expect(keys.length).toBe(named('distributed').length);
    for (const { table, columns } of keys) expect([table, columns]).toEqual([table, expect.arrayContaining(['account_id'])]);
    const { rows: ties } = await at.client.query(`select conname from pg_constraint where contype = 'f' and (conrelid = any($1::regclass[]) or confrelid = any($1::regclass[]))`, [named('distributed')]);
    expect(ties).toEqual([]);
  });
});
