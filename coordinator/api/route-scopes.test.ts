import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCOPES } from './scopes.ts';
import { A_CHECK_ID, A_RUN_ID } from './testing/a-stored-result.ts';
import { anApi } from './testing/api-for-tests.ts';

const api = anApi();
const { app } = api;

/** A path of the route that could exist. */
function pathOf(url: string): string {
  return url.replace(/:(id|checkId)\b/g, A_CHECK_ID).replace(':resultId', A_RUN_ID).replace(':code', 'local-1').replace(':keyId', 'a-key').replace(':key', 'KEY').replace(':name', 'redis').replace('*', 'x');
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
const routes = (): { method: Method; url: string; scope: string }[] => app.registeredRoutes.map((route) => ({ ...route, method: route.method as Method }));
const guarded = (): ReturnType<typeof routes> => routes().filter((route) => route.scope !== 'public');

describe('every route', () => {
  beforeAll(() => app.ready());
  afterAll(() => app.close());

  it('is registered with its scope', () => {
    const listed = guarded().filter((route) => route.method !== 'HEAD').map((route) => `${route.method} ${route.url} ${route.scope}`).sort();
    expect(listed).toEqual([
      'DELETE /v1/agents/:id locations:write',
      'DELETE /v1/agents/:id/drain locations:write',
      'DELETE /v1/alert-channels/:id channels:write',
      'DELETE /v1/check-groups/:id groups:write',
      'DELETE /v1/checks/:id checks:write',
      'DELETE /v1/checks/tcp/:id checks:write',
      'DELETE /v1/locations/:code/keys/:keyId operator',
      'DELETE /v1/maintenance-windows/:id maintenance:write',
      'DELETE /v1/private-locations/:id locations:write',
      'DELETE /v1/private-locations/:id/keys/:keyId locations:write',
      'DELETE /v1/status-pages/:id account:write',
      'DELETE /v1/variables/:key variables:write',
      'DELETE /v2/check-groups/:id groups:write',
      'GET /accounts/:id/v2/prometheus/metrics results:read',
      'GET /v1/account/alert-settings account:read',
      'GET /v1/account/badges account:read',
      'GET /v1/account/retention account:read',
      'GET /v1/accounts/me account:read',
      'GET /v1/agents agents:read',
      'GET /v1/alert-channel-forms channels:read',
      'GET /v1/alert-channels channels:read',
      'GET /v1/alert-channels/:id channels:read',
      'GET /v1/alert-notifications channels:read',
      'GET /v1/alerts alerts:read',
      'GET /v1/alerts/:id alerts:read',
      'GET /v1/analytics/tcp-checks/:id results:read',
      'GET /v1/badges/checks/:id checks:read',
      'GET /v1/check-alerts alerts:read',
      'GET /v1/check-alerts/:checkId alerts:read',
      'GET /v1/check-groups groups:read',
      'GET /v1/check-groups/:id groups:read',
      'GET /v1/check-groups/:id/checks groups:read',
      'GET /v1/check-results/:checkId results:read',
      'GET /v1/check-results/:checkId/:resultId results:read',
      'GET /v1/check-results/:checkId/:resultId/around results:read',
      'GET /v1/check-statuses checks:read',
      'GET /v1/check-statuses/:checkId checks:read',
      'GET /v1/checks checks:read',
      'GET /v1/checks/:id checks:read',
      'GET /v1/checks/:id/completeness results:read',
      'GET /v1/checks/:id/effective checks:read',
      'GET /v1/checks/:id/results.csv results:read',
      'GET /v1/checks/:id/series results:read',
      'GET /v1/checks/:id/standing results:read',
      'GET /v1/checks/overview checks:read',
      'GET /v1/checks/summary results:read',
      'GET /v1/checks/tcp/:id checks:read',
      'GET /v1/completeness results:read',
      'GET /v1/locations locations:read',
      'GET /v1/locations/:code/keys operator',
      'GET /v1/maintenance-windows maintenance:read',
      'GET /v1/maintenance-windows/:id maintenance:read',
      'GET /v1/presets checks:read',
      'GET /v1/private-locations locations:read',
      'GET /v1/private-locations/:id locations:read',
      'GET /v1/reporting results:read',
      'GET /v1/secrets/sealing operator',
      'GET /v1/status-pages account:read',
      'GET /v1/status-pages/:id account:read',
      'GET /v1/usage/series account:read',
      'GET /v1/usage/summary account:read',
      'GET /v1/variables variables:read',
      'GET /v1/variables/:key variables:read',
      'GET /v2/check-groups groups:read',
      'GET /v2/check-groups/:id groups:read',
      'GET /v2/check-groups/:id/checks groups:read',
      'GET /v2/check-results/:checkId results:read',
      'POST /v1/agents/:id/approve locations:write',
      'POST /v1/agents/:id/drain locations:write',
      'POST /v1/alert-channels channels:write',
      'POST /v1/alert-channels/:id/test channels:write',
      'POST /v1/alert-channels/test channels:write',
      'POST /v1/alert-notifications/:id/resend channels:write',
      'POST /v1/alerts/:id/acknowledge alerts:write',
      'POST /v1/alerts/:id/resolve alerts:write',
      'POST /v1/alerts/:id/snooze alerts:write',
      'POST /v1/alerts/:id/unacknowledge alerts:write',
      'POST /v1/analytics/checks results:read',
      'POST /v1/check-groups groups:write',
      'POST /v1/checks/:id/run checks:run',
      'POST /v1/checks/tcp checks:write',
      'POST /v1/checks/tcp/run checks:write',
      'POST /v1/checks/tcp/validate checks:write',
      'POST /v1/locations operator',
      'POST /v1/locations/:code/keys operator',
      'POST /v1/maintenance-windows maintenance:write',
      'POST /v1/presets/:name/request checks:read',
      'POST /v1/private-locations locations:write',
      'POST /v1/private-locations/:id/keys locations:write',
      'POST /v1/secrets/sealing/rotate operator',
      'POST /v1/status-pages account:write',
      'POST /v1/usage/external account:write',
      'POST /v1/variables variables:write',
      'POST /v2/check-groups groups:write',
      'PUT /v1/account/alert-settings account:write',
      'PUT /v1/account/badges account:write',
      'PUT /v1/account/retention account:write',
      'PUT /v1/alert-channels/:id channels:write',
      'PUT /v1/alert-channels/:id/subscriptions channels:write',
      'PUT /v1/check-groups/:id groups:write',
      'PUT /v1/checks/:id checks:write',
      'PUT /v1/checks/tcp/:id checks:write',
      'PUT /v1/maintenance-windows/:id maintenance:write',
      'PUT /v1/private-locations/:id locations:write',
      'PUT /v1/status-pages/:id account:write',
      'PUT /v1/usage/quota account:write',
      'PUT /v1/variables/:key variables:write',
      'PUT /v2/check-groups/:id groups:write',
    ]);
  });

  it('is public only where nothing belongs to anybody, or an account shows it to everybody', () => {
    const open = routes().filter((route) => route.scope === 'public' && route.method !== 'HEAD').map((route) => route.url);
    expect(open.filter((url) => !url.startsWith('/docs')).sort()).toEqual(['/healthz', '/metrics', '/openapi.json', '/readyz', '/v1/public/badges/checks/:id', '/v1/public/status-pages/:slug']);
  });

  it('fails to register without a scope, or with one that is unknown', async () => {
    expect(() => anApi().app.get('/v1/forgotten', async () => ({}))).toThrow('GET /v1/forgotten does not declare its scope');
    expect(() => anApi().app.get('/v1/x', { config: { scope: 'checks:raed' as 'checks:read' } }, async () => ({}))).toThrow('does not declare its scope');
  });

  it('asks for a key unless it is public', async () => {
    expect(guarded().length).toBeGreaterThan(15);
    for (const route of guarded()) {
      const answer = await app.inject({ method: route.method, url: pathOf(route.url) });
      expect([route.url, answer.statusCode, answer.headers['www-authenticate']]).toEqual([route.url, 401, 'Bearer']);
    }
  });

  it('names the scope a key has not, and lets no other scope stand in for it', async () => {
    for (const route of guarded()) {
      const token = api.tokenWith(...SCOPES.filter((scope) => scope !== route.scope));
      const answer = await app.inject({ method: route.method, url: pathOf(route.url), headers: { authorization: `Bearer ${token}` } });
      expect([route.url, answer.statusCode]).toEqual([route.url, 403]);
      if (route.method !== 'HEAD') expect(answer.json().message).toBe(`this API key has not the scope ${route.scope}`);
    }
  });

  it('opens for a key that has its scope alone', async () => {
    for (const route of guarded()) {
      const token = api.tokenWith(...SCOPES.filter((scope) => scope === route.scope));
      const answer = await app.inject({ method: route.method, url: pathOf(route.url), headers: { authorization: `Bearer ${token}` } });
      expect([401, 403, 500]).not.toContain(answer.statusCode);
    }
  });
});
