import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sondeOnScriptedApi, type SondeOnScriptedApi } from '../testing/sonde-on-scripted-api.ts';

let api: SondeOnScriptedApi;
const KEY = { id: 'key-1', rawKey: 'pl_secret', maskedKey: 'pl_...cret', created_at: '2026-01-01T00:00:00.000Z', oneTime: true, expiresAt: null, maxAgents: null, requireApproval: true };
const PLACE = { id: 'place-1', slugName: 'rack-1', name: 'Rack 1', agentCount: 2, lastSeen: null, keys: [KEY] };

beforeAll(async () => {
  api = await sondeOnScriptedApi((method, path) => {
    if (method === 'DELETE' || path.endsWith('/approve') || path.endsWith('/drain')) return {};
    if (path.endsWith('/keys')) return { body: method === 'GET' ? [KEY] : KEY };
    return { body: method === 'GET' ? [PLACE] : PLACE };
  });
});
beforeEach(() => { api.asked.length = 0; });
afterAll(() => api.close());

describe('sonde', () => {
  it.each([
    [['private-locations', 'create', 'rack-1', '--name', 'Rack 1'], ['POST /v1/private-locations {"slugName":"rack-1","name":"Rack 1"}'], 'key, shown this once: pl_secret'],
    [['private-locations', 'list'], ['GET /v1/private-locations'], 'rack-1'],
    [['private-locations', 'delete', 'rack-1'], ['GET /v1/private-locations', 'DELETE /v1/private-locations/place-1'], 'deleted private location rack-1'],
    [['private-locations', 'add-key', 'rack-1', '--one-time'], ['GET /v1/private-locations', 'POST /v1/private-locations/place-1/keys {"oneTime":true}'], 'pl_secret'],
    [['private-locations', 'revoke-key', 'rack-1', 'key-1'], ['GET /v1/private-locations', 'DELETE /v1/private-locations/place-1/keys/key-1'], 'revoked key key-1'],
    [['locations', 'add-key', 'eu-1', '--max-agents', '3', '--approval', '--expires', '2099-01-01T00:00:00Z'],
      ['POST /v1/locations/eu-1/keys {"requireApproval":true,"expiresAt":"2099-01-01T00:00:00Z","maxAgents":3}'], 'pl_secret'],
    [['locations', 'keys', 'eu-1'], ['GET /v1/locations/eu-1/keys'], 'one agent, by approval'],
    [['locations', 'revoke-key', 'eu-1', 'key-1'], ['DELETE /v1/locations/eu-1/keys/key-1'], 'revoked key key-1'],
    [['agents', 'approve', 'agent-1'], ['POST /v1/agents/agent-1/approve'], 'approved agent agent-1'],
    [['agents', 'drain', 'agent-1'], ['POST /v1/agents/agent-1/drain'], 'agent-1 hands its checks over'],
    [['agents', 'drain', 'agent-1', '--undo'], ['DELETE /v1/agents/agent-1/drain'], 'agent-1 is back at work'],
    [['agents', 'revoke', 'agent-1'], ['DELETE /v1/agents/agent-1'], 'revoked agent agent-1'],
  ])('%j', async (args, requests, shown) => {
    const forPeople = await api.sonde(...args);
    expect(api.asked).toEqual(requests);
    expect([forPeople.code, forPeople.out]).toEqual([0, expect.stringContaining(shown)]);
    const inJson = await api.sonde(...args, '--json');
    expect(inJson.code).toBe(0);
    expect(() => JSON.parse(inJson.out)).not.toThrow();
  });

  it('says which private locations there are not', async () => {
    expect(await api.sonde('private-locations', 'delete', 'nowhere')).toEqual({ code: 1, out: expect.stringContaining("no private location 'nowhere'") });
  });
});
