import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import type { ApiApp, Health } from '../api-app.ts';
import { createApi, type ApiOptions } from '../create-api.ts';
import { mintToken, tokenHasher } from '../keys.ts';
import type { ShotRunner } from '../ports.ts';
import { SCOPES, type Scope } from '../scopes.ts';
import { MemoryStore } from './memory-store.ts';

export const MY_ACCOUNT = '11111111-1111-4111-8111-111111111111';
export const OTHER_ACCOUNT = '22222222-2222-4222-8222-222222222222';
export const hashToken = tokenHasher(Buffer.from('a master key for tests'));

type Shot = Parameters<ShotRunner['run']>[0];
type ShotAnswer = Awaited<ReturnType<ShotRunner['run']>>;

/** Everything an API test touches; what the store and the agent say is the test's to set. */
export type ApiForTests = {
  readonly app: ApiApp;
  readonly store: MemoryStore;
  readonly clock: FakeClock;
  readonly token: string;
  readonly log: string[];
  readonly shots: Shot[];
  /** What the next runs are answered with. */
  answerShotsWith(answer: ShotAnswer): void;
  tokenWith(...scopes: Scope[]): string;
};

export function anApi(changes: Partial<ApiOptions> & { health?: () => Health } = {}): ApiForTests {
  const clock = new FakeClock();
  const store = new MemoryStore(() => clock.nowMs());
  store.locations.push(
    { id: 'loc-1', code: 'local-1', name: 'Local 1', kind: 'public', accountId: null, liveAgents: 1, available: true, capacity: 1_000 },
    { id: 'loc-2', code: 'local-2', name: 'Local 2', kind: 'public', accountId: null, liveAgents: 1, available: true, capacity: 1_000 },
    { id: 'loc-3', code: 'dc-1', name: 'Datacentre', kind: 'private', accountId: MY_ACCOUNT, liveAgents: 1, available: true, capacity: 1_000 },
  );
  const log: string[] = [];
  const shots: Shot[] = [];
  let answer: ShotAnswer = { kind: 'no_agent' };
  const app = createApi({
    store, clock, hashToken, ids: randomUUID, version: '0.0.0-test',
    shots: { run: async (shot) => { shots.push(shot); return answer; } },
    health: () => ({ isReady: true, problems: [] }),
    metrics: async () => '# HELP sonde_up is it up\nsonde_up 1\n',
    log: pino({ level: 'info' }, { write: (line: string) => { log.push(line); } }),
    ...changes,
  });
  const tokenWith = (...scopes: Scope[]): string => {
    const token = mintToken('account', (size) => crypto.getRandomValues(new Uint8Array(size)));
    store.addCaller(hashToken(token), { accountId: MY_ACCOUNT, keyId: randomUUID(), scopes });
    return token;
  };
  return { app, store, clock, log, shots, token: tokenWith(...SCOPES), tokenWith, answerShotsWith: (next) => { answer = next; } };
}

/** The smallest definition of a check that is complete. */
export function aDefinition(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { name: 'redis', request: { hostname: 'redis.example', port: 6379 }, locations: ['local-1'], ...changes };
}
