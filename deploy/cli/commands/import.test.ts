import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseCheck } from '#shared/check/parse-check.ts';
import { CliProblem } from '../cli-problem.ts';
import { createOutput } from '../output.ts';
import { importCommand, type ImportFlags } from './import.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sonde-import-'));
  writeFileSync(join(dir, 'blackbox.yml'), 'modules: {ssh: {prober: tcp, tcp: {query_response: [{expect: "^SSH-2.0-"}]}}, open: {prober: tcp, tcp: {preferred_ip_protocol: ip4, ip_protocol_fallback: false}}, web: {prober: http}}');
  writeFileSync(join(dir, 'prometheus.yml'), 'scrape_configs: [{job_name: j, metrics_path: /probe, params: {module: [ssh]}, static_configs: [{targets: ["a.example:22"]}]}]');
});
afterAll(() => rmSync(dir, { recursive: true }));

async function imported(flags: ImportFlags, { json = false, env = {}, file = 'blackbox.yml' } = {}) {
  const text = { out: '', err: '' };
  const output = createOutput({ json, env, stdout: { write: (part) => (text.out += part) }, stderr: { write: (part) => (text.err += part) } });
  const { signal } = new AbortController();
  const code = await importCommand({ env, output, stop: signal, force: signal }, join(dir, file), flags);
  return { code, ...text };
}

describe('sonde import', () => {
  it('prints a YAML document for each module and target, ready for `checks create --file`', async () => {
    const { code, out, err } = await imported({ targets: 'a.example:22, 192.0.2.1:22', modules: 'ssh,open', locations: 'eu-1', every: '30s' });
    const checks = parseAllDocuments(out).map((document) => document.toJS() as unknown);
    expect(checks.map((check) => parseCheck(check))).toMatchObject(Array(4).fill({ ok: true }));
    expect(checks[0]).toMatchObject({ name: 'a.example:22 (ssh)', frequency: 0, frequencyOffset: 30, locations: ['eu-1'] });
    expect([code, err]).toEqual([0, expect.stringMatching(/^differs: ssh: ip_protocol_fallback: [^\n]*\n$/)]);
  });

  it('takes targets from Prometheus, and answers in JSON with what it could not say', async () => {
    const { code, out, err } = await imported({ prometheus: join(dir, 'prometheus.yml') }, { json: true });
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toMatchObject({ checks: [{ name: 'a.example:22 (ssh)', tags: ['module:ssh', 'job:j'], maxResponseTime: 9500 }], notes: [{ kind: 'differs' }] });
  });

  it('is 1 when a module makes no check', async () => {
    const { code, err } = await imported({ targets: 'a.example:22' });
    expect([code, err]).toEqual([1, expect.stringContaining("not imported: web: prober: 'http' is no TCP probe")]);
  });

  it('creates them, each under a key of its own that the same import repeats', async () => {
    const requests: { url: string | undefined; headers: IncomingHttpHeaders; body: string }[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => { body += part.toString(); }).on('end', () => {
        requests.push({ url: request.url, headers: request.headers, body });
        response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ ...JSON.parse(body) as object, id: 'id-1' }));
      });
    });
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    const env = { SONDE_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, SONDE_API_KEY: 'k'.repeat(20) };
    const flags = { targets: 'a.example:22', modules: 'open', locations: 'eu-1', create: true };
    for (let turn = 0; turn < 2; turn += 1) expect(await imported(flags, { env })).toMatchObject({ code: 0, out: 'created a.example:22 (open) (id-1)\n' });
    expect(requests.map(({ url }) => url)).toEqual(['/v1/checks/tcp', '/v1/checks/tcp']);
    expect(requests[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f]{64}$/);
    expect(requests[0]?.headers['idempotency-key']).toBe(requests[1]?.headers['idempotency-key']);
  });

  it.each([
    [{}, {}, 'a module file has no targets'],
    [{ targets: 'a:1', modules: 'nope' }, {}, '--modules: there is no module nope; there are ssh, open, web'],
    [{ targets: 'a:1', every: 'often' }, {}, "--every is 'often'"],
    [{ targets: 'a:1', modules: 'open', create: true }, {}, 'say where the checks shall run'],
    [{ targets: 'a:1' }, { file: 'nope.yml' }, 'there is no such file'],
    [{ targets: 'a:1' }, { file: 'prometheus.yml' }, 'has a problem'],
  ] as const)('with %j is wrong usage', async (flags, options, message) => {
    await expect(imported(flags, options)).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(message) });
    await expect(imported(flags, options)).rejects.toBeInstanceOf(CliProblem);
  });
});
