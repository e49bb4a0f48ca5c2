import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { anApi } from './testing/api-for-tests.ts';

const siteDir = mkdtempSync(join(tmpdir(), 'sonde-site-'));
mkdirSync(join(siteDir, 'assets'));
writeFileSync(join(siteDir, 'index.html'), '<!doctype html><meta name="csp-nonce" content="__SONDE_NONCE__">');
writeFileSync(join(siteDir, 'assets', 'main-abc.js'), 'let one = 1;');
writeFileSync(join(siteDir, 'assets', 'main-abc.js.gz'), gzipSync('let one = 1;'));
const { app } = anApi({ dashboard: { siteDir } });
afterAll(async () => {
  await app.close();
  rmSync(siteDir, { recursive: true });
});
const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers });

describe('the dashboard', () => {
  test('is the same page on every path of its own, under a policy with a nonce of its own', async () => {
    const [home, check] = [await get('/'), await get('/checks/some-id?tab=runs')];
    for (const answer of [home, check]) {
      expect([answer.statusCode, answer.headers['content-type'], answer.headers['cache-control']]).toEqual([200, 'text/html; charset=utf-8', 'no-cache']);
      const nonce = /content="([^"]+)"/.exec(answer.body)?.[1];
      expect(nonce?.length).toBeGreaterThanOrEqual(24);
      expect(answer.headers['content-security-policy']).toContain(`style-src 'self' 'nonce-${nonce}'`);
      expect(answer.headers['content-security-policy']).not.toMatch(/unsafe|https?:|data:/);
    }
    expect(home.body).not.toBe(check.body);
  });

  test('has assets that are kept for good, compressed where that is asked for', async () => {
    const plain = await get('/assets/main-abc.js');
    expect([plain.statusCode, plain.body, plain.headers['cache-control']]).toEqual([200, 'let one = 1;', 'public, max-age=31536000, immutable']);
    const packed = await get('/assets/main-abc.js', { 'accept-encoding': 'gzip' });
    expect([packed.headers['content-encoding'], packed.headers['content-type']]).toEqual(['gzip', expect.stringMatching(/javascript/)]);
  });

  test('is never the answer to what the API or a file does not have', async () => {
    for (const url of ['/v1/nothing', '/v9/checks', '/docs/nothing', '/assets/gone.js', '/robots.txt', '/assets/..%2findex.html', '/assets/%2e%2e/index.html']) {
      const answer = await get(url);
      expect([url, answer.statusCode, answer.headers['content-type']]).toEqual([url, 404, 'application/json; charset=utf-8']);
    }
    expect((await app.inject({ method: 'POST', url: '/checks' })).statusCode).toBe(404);
  });
});
