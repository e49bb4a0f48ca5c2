import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { startScriptedServer } from '#shared/testing/scripted-server.ts';
import { openModulesFile } from './modules-file.ts';
import { isProbeOnly, readProbeOnlyConfig } from './probe-only-config.ts';
import { startProbeOnly } from './serve-alone.ts';

type Line = { readonly level: string; readonly message: string };

function aLog() {
  const lines: Line[] = [];
  const at = (level: string) => (_facts: unknown, message = ''): void => void lines.push({ level, message });
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } as const;
}

function aModulesFile(text: string): { readonly path: string; write(text: string): void } {
  const dir = mkdtempSync(join(tmpdir(), 'sonde-modules-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const path = join(dir, 'blackbox.yml');
  const write = (content: string): void => writeFileSync(path, content);
  write(text);
  return { path, write };
}

describe('an agent without a coordinator', () => {
  it('answers /probe within its own policy, and counts modules that nobody knows', async () => {
    const target = await startScriptedServer([{ do: 'silence' }]);
    onTestFinished(() => target.close());
    const { path } = aModulesFile('modules: {m: {prober: tcp}}');
    const env = { SONDE_PROBE_MODULES: path, SONDE_AGENT_HTTP_PORT: '0' };
    const get = async (base: string, where: string): Promise<string> => await (await fetch(`${base}${where}`)).text();
    const probe = `/probe?module=m&target=127.0.0.1:${target.port}`;

    for (const [changes, expected] of [[{}, 'probe_failure_info{phase="connect",code="ERR_EGRESS_DENIED"} 1'], [{ SONDE_EGRESS_ALLOW: '127.0.0.0/8' }, 'probe_success 1']] as const) {
      const read = readProbeOnlyConfig({ ...env, ...changes });
      if (!read.ok) throw new Error('the settings are wrong');
      const agent = await startProbeOnly(read.config, aLog() as never);
      onTestFinished(() => agent.stop());
      expect(await get(agent.httpUrl, probe)).toContain(expected);
      await get(agent.httpUrl, '/probe?module=nope&target=a:1');
      expect(await get(agent.httpUrl, '/metrics')).toMatch(/^blackbox_module_unknown_total 1$/m);
      expect(await get(agent.httpUrl, '/readyz')).toContain('"isReady":true');
    }
    expect(target.connections).toHaveLength(1);
  });

  it.each([
    [{ SONDE_PROBE_MODULES: 'a.yml' }, true], [{}, false], [{ SONDE_PROBE_MODULES: 'a.yml', SONDE_COORDINATOR: 'c:1' }, false], [{ SONDE_PROBE_MODULES: ' ' }, false],
  ])('is what %j asks for: %s', (env, alone) => {
    expect(isProbeOnly(env)).toBe(alone);
  });

  it('does not start with a module file that is wrong or away', async () => {
    const { path } = aModulesFile('modules: {m: {prober: tcp, tcp: {a: 1, tls: 5}}}');
    const config = { http: { host: '127.0.0.1', port: 0 }, egress: { allow: [], deny: [] }, resolver: 'dns' as const, secretsPath: null };
    await expect(startProbeOnly({ ...config, probeModulesPath: path }, aLog() as never)).rejects.toThrow(/SONDE_PROBE_MODULES[\s\S]*blackbox\.yml:1:34: modules\.m\.tcp\.a[\s\S]*blackbox\.yml:1:45/);
    await expect(startProbeOnly({ ...config, probeModulesPath: `${path}.not` }, aLog() as never)).rejects.toThrow('cannot read the module file');
  });
});

describe('a module file that changes', () => {
  it('is read again, and a bad one leaves the last good modules', async () => {
    const clock = new FakeClock();
    const log = aLog();
    const file = aModulesFile('modules: {a: {prober: tcp}}');
    const modules = openModulesFile(file.path, { clock, log: log as never });
    const names = async (): Promise<string[]> => {
      await clock.advance(1_000);
      return [...modules().keys()];
    };
    expect(await names()).toEqual(['a']);
    file.write('modules: {a: {prober: tcp}, bee: {prober: tcp}}');
    expect(await names()).toEqual(['a', 'bee']);
    file.write('modules: {a: {prober: tcp, nonsense: 1}}');
    expect([await names(), await names()]).toEqual([['a', 'bee'], ['a', 'bee']]);
    expect(log.lines).toEqual([
      { level: 'info', message: 'the module file was read again' },
      { level: 'error', message: 'the module file has problems; the last good modules stay' },
    ]);
    file.write('modules: {c: {prober: tcp}, dee: {prober: tcp}}');
    expect(await names()).toEqual(['c', 'dee']);
  });
});
