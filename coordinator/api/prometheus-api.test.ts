import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { anApi, MY_ACCOUNT, OTHER_ACCOUNT } from './testing/api-for-tests.ts';

it('the metrics of an account are its own alone, plain or compressed, by its id or as mine', async () => {
  const { app, store, token } = anApi();
  store.accountFacts = { checks: [{ checkId: 'c-1', name: 'redis', tags: ['team:infra'], groupName: null, muted: false, activated: true, status: 'passing' }], counted: [], privateLocations: [] };
  const scrape = (id: string, query = '', encoding = 'identity') => app.inject({ url: `/accounts/${id}/v2/prometheus/metrics${query}`, headers: { authorization: `Bearer ${token}`, 'accept-encoding': encoding } });
  const plain = await scrape(MY_ACCOUNT);
  expect([plain.statusCode, plain.headers['content-type'], plain.body.includes('team="infra",status="passing"} 1')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8', true]);
  const zipped = await scrape('me', '', 'gzip');
  expect([zipped.headers['content-encoding'], gunzipSync(zipped.rawPayload).toString()]).toEqual(['gzip', plain.body]);
  expect((await scrape('me', '?disableTagParsing=true')).body).not.toContain('team="infra"');
  expect((await scrape(OTHER_ACCOUNT)).statusCode).toBe(404);
});
