import { describe, expect, test } from 'vitest';
import type { AgentDoor } from './fleet.ts';
import { installCommands } from './install-commands.ts';

const KEY = 'pl_abc';
const door = (changes: Partial<AgentDoor> = {}): AgentDoor => ({ host: null, port: 8090, tls: 'known', version: '0.1.0', ...changes });
const all = (of: Partial<AgentDoor>, reachedHost = 'sonde.example') => installCommands({ key: KEY, reachedHost, door: door(of) }).map(({ commands }) => commands);

describe('the commands that start an agent', () => {
  test('hold the key and the address, whichever way', () => {
    for (const commands of all({})) {
      expect(commands).toContain(`\n${KEY}\n`);
      expect(commands).toContain('sonde.example:8090');
      expect(commands).not.toContain('TLS_CA');
      expect(commands).not.toContain('PLAINTEXT');
    }
  });

  test('name the host that the coordinator says, an IPv6 address in brackets', () => {
    for (const commands of all({ host: 'fleet.example' })) expect(commands).toContain('fleet.example:8090');
    for (const commands of all({}, '[2001:db8::1]')) expect(commands).toContain('[2001:db8::1]:8090');
  });

  test('say which authority to trust where agents would not know it', () => {
    for (const commands of all({ tls: 'own' })) expect(commands).toContain('ca.pem');
  });

  test('ask for plaintext only where there is no TLS and another machine is meant', () => {
    expect(all({ tls: 'none' })[3]).toContain('SONDE_FLEET_PLAINTEXT=1');
    expect(all({ tls: 'none' }, '127.0.0.1')[3]).not.toContain('SONDE_FLEET_PLAINTEXT');
  });
});
