import { randomBytes, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '#shared/settings/secret.ts';
import { systemClock } from '#shared/time/clock.ts';
import { keyRing } from '../secrets/key-ring.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { aDatabase, type ADatabase } from '../store/testing/a-database.ts';
import { anotherAccount } from '../store/testing/another-account.ts';
import { QUIET } from '../store/testing/quiet.ts';
import type { ApiApp } from './api-app.ts';
import { createApi } from './create-api.ts';
import { mintToken } from './keys.ts';
import { SCOPES } from './scopes.ts';
import { aDefinition, hashToken } from './testing/api-for-tests.ts';
import { PublicStatusPageEntity, StatusPageEntity } from './wire/status-page-entity.ts';

const mine = mintToken('account', randomBytes);
const theirs = mintToken('account', randomBytes);
let database: ADatabase;
let store: Store;
let app: ApiApp;
let checkId: string;

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
async function ask(token: string | null, method: Method, url: string, payload?: object) {
  const answer = await app.inject({ method, url, ...(token === null ? {} : { headers: { authorization: `Bearer ${token}` } }), ...(payload ? { payload } : {}) });
  return { status: answer.statusCode, text: answer.body, body: answer.body === '' ? null : answer.json() };
}
const look = (slug = 'acme') => ask(null, 'GET', `/v1/public/status-pages/${slug}`);
const aPage = (changes: object = {}) => ({ slug: 'acme', title: 'Acme status', on: true, sections: [{ name: 'Data', components: [{ checkId, name: 'Database' }] }], ...changes });

beforeAll(async () => {
  database = await aDatabase();
  store = await openStore({ databaseUrl: database.url, applicationName: 'tests', log: QUIET, sealer: keyRing([new Secret<Uint8Array>(randomBytes(32))]) });
  await store.ensureFirstAccount({ name: 'mine', keyHash: hashToken(mine), keyPrefix: 'sk_', scopes: SCOPES });
  await anotherAccount(database.superUrl, { hash: hashToken(theirs), scopes: SCOPES });
  await store.ensureLocations([{ code: 'local-1', name: 'Local 1' }]);
  app = createApi({
    store, hashToken, clock: systemClock, ids: randomUUID, version: '0', log: pino({ level: 'silent' }),
    shots: { run: async () => ({ kind: 'no_agent' }) }, health: () => ({ isReady: true, problems: [] }),
  });
  checkId = (await ask(mine, 'POST', '/v1/checks/tcp', aDefinition({ name: 'internal-name-of-redis' }))).body.id;
  const client = new Client({ connectionString: database.superUrl });
  await client.connect();
  await store.ensurePartitions();
  await client.query(`insert into rollups_check_daily (account_id, check_id, at, passed, degraded, failed, agent_faults, egress_denied, impaired, established, over_max, attempts, gaps)
    select account_id, id, date_trunc('day', now(), 'UTC'), 9, 0, 1, 0, 0, 0, 0, 0, 10, 0 from checks where id = $1`, [checkId]);
  await client.query(`insert into alerts (account_id, id, check_id, kind, opened_at) select account_id, gen_random_uuid(), id, 'failure', now() from checks where id = $1`, [checkId]);
  await client.end();
});
afterAll(async () => {
  await app?.close();
  await store?.close();
  await database?.drop();
});

describe('a public status page', () => {
  it('is there for everybody while it is on, and for nobody otherwise', async () => {
    const created = await ask(mine, 'POST', '/v1/status-pages', aPage({ on: false }));
    expect(created.status).toBe(201);
    StatusPageEntity.parse(created.body);
    expect((await look()).status).toBe(404);
    expect((await look('no-such-page')).text.replace(/no-such-page/g, 'acme')).toBe((await look()).text);

    await ask(mine, 'PUT', `/v1/status-pages/${created.body.id}`, aPage());
    const shown = await look();
    expect(shown.status).toBe(200);
    const { sections: [section], incidents } = PublicStatusPageEntity.parse(shown.body);
    expect(section).toMatchObject({ name: 'Data', components: [{ name: 'Database', uptime: 0.9 }] });
    expect(section!.components[0]!.days.at(-1)).toMatchObject({ state: 'down', availability: 0.9 });
    expect(incidents).toMatchObject([{ component: 'Database', kind: 'failure', endedAt: null }]);
    for (const secret of [checkId, 'internal-name-of-redis', '127.0.0.1', 'local-1', 'mine']) expect(shown.text).not.toContain(secret);

    await ask(mine, 'PUT', `/v1/status-pages/${created.body.id}`, aPage({ on: false }));
    expect((await look()).status).toBe(404);
  });

  it('shows no check of another account, which may not have its address either', async () => {
    const refused = await ask(theirs, 'POST', '/v1/status-pages', aPage({ slug: 'theirs' }));
    expect(refused.body).toMatchObject({ statusCode: 400, errors: [{ path: 'sections.0.components.0.checkId' }] });
    expect((await ask(theirs, 'POST', '/v1/status-pages', aPage({ sections: [] }))).body).toMatchObject({ statusCode: 409, errors: [{ path: 'slug' }] });
  });

  it('shows a check no more that was deleted', async () => {
    const { body: [page] } = await ask(mine, 'GET', '/v1/status-pages');
    await ask(mine, 'DELETE', `/v1/checks/${checkId}`);
    await ask(mine, 'PUT', `/v1/status-pages/${page.id}`, aPage({ sections: [] }));
    expect((await look()).body).toMatchObject({ sections: [], incidents: [], state: 'unknown' });
  });
});
