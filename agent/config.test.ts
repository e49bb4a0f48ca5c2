import { describe, expect, it } from 'vitest';
import { readAgentConfig } from './config.ts';

function transportOf(env: Record<string, string>): unknown {
  const read = readAgentConfig({ SONDE_LOCATION_KEY: 'pl_0123456789abcdef', ...env });
  return read.ok ? read.config.coordinator.transport : read.problems;
}

describe("the agent's config", () => {
  it('needs a coordinator and a location key, and says so of both', () => {
    const read = readAgentConfig({});
    expect(!read.ok && read.problems.map(({ variable }) => variable)).toEqual(['SONDE_COORDINATOR', 'SONDE_LOCATION_KEY']);
  });

  it.each([
    [{ SONDE_COORDINATOR: '127.0.0.1:8090' }, { kind: 'plaintext' }],
    [{ SONDE_COORDINATOR: 'sonde.example:8090' }, { kind: 'tls', caPath: null }],
    [{ SONDE_COORDINATOR: 'sonde.example:8090', SONDE_FLEET_PLAINTEXT: '1' }, { kind: 'plaintext' }],
    [{ SONDE_COORDINATOR: '[::1]:8090', SONDE_FLEET_PLAINTEXT: '0' }, { kind: 'tls', caPath: null }],
    [{ SONDE_COORDINATOR: 'localhost:8090', SONDE_FLEET_TLS_CA: 'ca.pem' }, { kind: 'tls', caPath: 'ca.pem' }],
  ])('speaks TLS to other machines, and to its own when told to: %j', (env, transport) => {
    expect(transportOf(env)).toEqual(transport);
  });
});
