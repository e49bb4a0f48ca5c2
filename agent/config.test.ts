import { describe, expect, it } from 'vitest';
import { readAgentConfig } from './config.ts';

function transportOf(env: Record<string, string>): unknown {
  const read = readAgentConfig({ SONDE_LOCATION_KEY: 'pl_0123456789abcdef', ...env });
  return read.ok ? read.config.coordinator.transport : read.problems;
}

describe("the agent's config", () => {
  it('needs a coordinator; a location key only until the agent has enrolled', () => {
    const read = readAgentConfig({});
    expect(!read.ok && read.problems.map(({ variable }) => variable)).toEqual(['SONDE_COORDINATOR']);
    const enrolled = readAgentConfig({ SONDE_COORDINATOR: '127.0.0.1:8090' });
    expect(enrolled.ok && enrolled.config.locationKey).toBeNull();
  });

  it('takes the location key from a file when the variable does not give it, and never shows what is in it', () => {
    const files: Record<string, string> = { '/key': ' pl_fedcba9876543210\n', '/empty': '\n', '/other': 'two words of hunter2' };
    const readFile = (path: string): string => files[path] ?? (() => { throw Object.assign(new Error(path), { code: 'ENOENT' }); })();
    const read = (env: Record<string, string>) => readAgentConfig({ SONDE_COORDINATOR: 'sonde.example:8090', ...env }, readFile);
    const keyOf = (env: Record<string, string>) => { const it = read(env); return it.ok ? (it.config.locationKey?.reveal() ?? null) : it.problems.map(({ message }) => message); };
    expect(keyOf({ SONDE_LOCATION_KEY_FILE: '/key' })).toBe('pl_fedcba9876543210');
    expect(keyOf({ SONDE_LOCATION_KEY_FILE: '/key', SONDE_LOCATION_KEY: 'pl_0123456789abcdef' })).toBe('pl_0123456789abcdef');
    expect(keyOf({ SONDE_LOCATION_KEY_FILE: '/empty' })).toBeNull();
    expect(keyOf({ SONDE_LOCATION_KEY_FILE: '/gone' })).toEqual([expect.stringContaining("'/gone' but must be a file that can be read (ENOENT)")]);
    const wrong = read({ SONDE_LOCATION_KEY_FILE: '/other' });
    expect(wrong.ok).toBe(false);
    expect(JSON.stringify(wrong)).not.toContain('hunter2');
  });

  it('takes a CONNECT proxy, hides its password, and refuses one that may never be dialled (rules.md 31)', () => {
    const read = (SONDE_PROXY: string, env: Record<string, string> = {}) => readAgentConfig({ SONDE_COORDINATOR: 'sonde.example:8090', SONDE_PROXY, ...env });
    const proxyOf = (text: string) => { const it = read(text); return it.ok ? it.config.coordinator.proxy : it.problems; };
    expect(proxyOf('http://proxy.example:3128')).toEqual({ host: 'proxy.example', port: 3128, credentials: null });
    expect(proxyOf('http://[fd00::1]')).toMatchObject({ host: 'fd00::1', port: 80 });
    const withPassword = read('http://me:hunter%402@10.0.0.1:3128');
    expect(withPassword.ok && withPassword.config.coordinator.proxy?.credentials?.reveal()).toBe('me:hunter@2');
    expect(JSON.stringify(withPassword)).not.toContain('hunter');
    for (const wrong of ['https://proxy.example', 'proxy.example:3128', 'http://proxy.example/path', 'http://me:hunter2@0.0.0.0:3128']) {
      expect(read(wrong)).toMatchObject({ ok: false, problems: [{ variable: 'SONDE_PROXY' }] });
      expect(JSON.stringify(read(wrong))).not.toContain('hunter2');
    }
    expect(read('http://10.0.0.1:3128', { SONDE_EGRESS_DENY: '10.0.0.0/8' }).ok).toBe(false);
  });

  it('wants a key for a client certificate and a certificate for its key', () => {
    const problemsOf = (name: string) => {
      const read = readAgentConfig({ SONDE_COORDINATOR: 'sonde.example:8090', [name]: 'x.pem' });
      return read.ok ? [] : read.problems.map(({ variable }) => variable);
    };
    expect(problemsOf('SONDE_FLEET_TLS_CLIENT_CERT')).toEqual(['SONDE_FLEET_TLS_CLIENT_KEY']);
    expect(problemsOf('SONDE_FLEET_TLS_CLIENT_KEY')).toEqual(['SONDE_FLEET_TLS_CLIENT_CERT']);
  });

  it.each([
    [{ SONDE_COORDINATOR: '127.0.0.1:8090' }, { kind: 'plaintext' }],
    [{ SONDE_COORDINATOR: 'sonde.example:8090' }, { kind: 'tls', caPath: null, client: null }],
    [{ SONDE_COORDINATOR: 'sonde.example:8090', SONDE_FLEET_PLAINTEXT: '1' }, { kind: 'plaintext' }],
    [{ SONDE_COORDINATOR: '[::1]:8090', SONDE_FLEET_PLAINTEXT: '0' }, { kind: 'tls', caPath: null, client: null }],
    [{ SONDE_COORDINATOR: 'localhost:8090', SONDE_FLEET_TLS_CA: 'ca.pem' }, { kind: 'tls', caPath: 'ca.pem', client: null }],
    [{ SONDE_COORDINATOR: 'localhost:8090', SONDE_FLEET_TLS_CLIENT_CERT: 'c', SONDE_FLEET_TLS_CLIENT_KEY: 'k' }, { kind: 'tls', caPath: null, client: { certPath: 'c', keyPath: 'k' } }],
  ])('speaks TLS to other machines, and to its own when told to: %j', (env, transport) => {
    expect(transportOf(env)).toEqual(transport);
  });
});
