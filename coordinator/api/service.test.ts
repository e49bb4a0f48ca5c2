import { afterAll, describe, expect, it } from 'vitest';
import { anApi } from './testing/api-for-tests.ts';

const { app } = anApi();
afterAll(() => app.close());

describe('the service itself', () => {
  it('is alive while it answers, and ready when it says so', async () => {
    expect((await app.inject('/healthz')).json()).toEqual({ status: 'ok', version: '0.0.0-test' });
    expect((await app.inject('/readyz')).json()).toEqual({ status: 'ready', problems: [] });
    const tired = anApi({ health: () => ({ isReady: false, problems: ['the database does not answer'] }) });
    const answer = await tired.app.inject('/readyz');
    expect([answer.statusCode, answer.json()]).toEqual([503, { status: 'not ready', problems: ['the database does not answer'] }]);
  });

  it('gives its metrics as Prometheus reads them', async () => {
    const answer = await app.inject('/metrics');
    expect([answer.headers['content-type'], answer.body]).toEqual(['text/plain; version=0.0.4; charset=utf-8', '# HELP sonde_up is it up\nsonde_up 1\n']);
  });

  it('sends headers that keep a browser from doing anything with an answer', async () => {
    for (const url of ['/healthz', '/v1/checks', '/nowhere']) {
      expect((await app.inject(url)).headers).toMatchObject({ 'content-security-policy': "default-src 'none'; frame-ancestors 'none'", 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    }
  });
});

describe('the description', () => {
  type Operation = { security: object[]; responses: Record<string, unknown>; summary?: string; tags?: string[]; description?: string };
  type Description = { openapi: string; paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, unknown> } };

  it('is OpenAPI 3.1 and has every route with its scope, its key and its errors', async () => {
    const description: Description = (await app.inject('/openapi.json')).json();
    expect(description.openapi).toBe('3.1.0');
    const routes = app.registeredRoutes.filter((route) => route.method !== 'HEAD' && !/^\/(docs|openapi)/.test(route.url));
    for (const { method, url, scope } of routes) {
      const operation = description.paths[url.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
      expect(operation, `${method} ${url}`).toMatchObject({ summary: expect.any(String), tags: [expect.any(String)] });
      expect(operation?.security).toEqual(scope === 'public' ? [] : [{ apiKey: [] }]);
      if (scope !== 'public') {
        expect(operation?.description).toContain(`Scope: \`${scope}\``);
        expect(operation?.responses).toMatchObject({ '4XX': expect.anything(), '5XX': expect.anything() });
      }
    }
    expect(Object.keys(description.components.schemas)).toEqual(expect.arrayContaining(['Check', 'CheckWrite', 'CheckResult', 'Error', 'Location']));
  });

  it('refers only to schemas that are there', async () => {
    const { body } = await app.inject('/openapi.json');
    const { components }: Description = JSON.parse(body);
    const names = [...body.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !(name in components.schemas))).toEqual([]);
    expect(body).not.toMatch(/"\$ref":"(?!#\/components\/)/);
  });

  it('has a page whose every asset comes from here', async () => {
    const page = await app.inject('/docs');
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    const assets = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(assets.length).toBeGreaterThan(4);
    for (const asset of assets) {
      expect(asset).toMatch(/^(\/docs|\.\/docs|\.\/static)\//);
      expect((await app.inject(new URL(asset, 'http://here/docs').pathname)).statusCode, asset).toBe(200);
    }
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|\*/);
    expect((await app.inject('/docs/json')).json().openapi).toBe('3.1.0');
  });
});
