import { describe, expect, test } from 'vitest';
import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import { createLog } from '#shared/log.ts';
import type { Duplex } from '#shared/rpc/duplex.ts';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { configHash } from '#shared/wire/assignment.ts';
import { newPrivateKeyPem, ownKeyOf } from '../own-key.ts';
import { AssignmentSet } from './assignment-set.ts';
import { ClockOffsetEstimate } from './clock-offset.ts';
import { holdSession, type SessionDeps } from './hold-session.ts';

const HOUR_MS = 3_600_000;

/** A coordinator that has all its words ready; each takes its time on the way. */
function streamOf(clock: FakeClock, words: readonly { readonly afterMs: number; readonly message: NonNullable<pb.CoordinatorMessage['message']> }[]): Duplex<pb.CoordinatorMessage, pb.AgentMessage> {
  return {
    messages: (async function* () {
      for (const { afterMs, message } of words) {
        await clock.advance(afterMs);
        yield { message };
      }
    })(),
    write: async () => {}, end: () => {}, destroy: () => {}, signal: new AbortController().signal, cause: () => 'ended',
  };
}

const WELCOME = {
  sessionId: '5f0f2a0e-6a3a-4a8e-9d5a-0a1b2c3d4e5f', generation: 1n, locationId: '7b1d2c3e-4f5a-4b6c-8d7e-9f0a1b2c3d4e', locationCode: 'here', locationKind: 'private',
  features: [], heartbeatIntervalMs: 2_000, reconnectWindowMs: 1_000, witnesses: [],
};

function depsOf(clock: FakeClock, clockOffset: ClockOffsetEstimate, onAssignments: SessionDeps['onAssignments']): SessionDeps {
  return {
    identity: {
      agentId: '4a9b2d63-7a1c-4d5f-8b68-3a7a2e1a9b22', instanceId: '0c8f7a55-1f0e-4a1b-9d92-5b1b8a7c6d5e', name: 'one', version: '0.1.0', features: [], capacity: 8,
      ownKey: ownKeyOf(newPrivateKeyPem()),
    },
    clock, clockOffset, onAssignments, log: createLog('test', 'silent'), assignments: new AssignmentSet(new Set(), () => null), locationKey: () => '',
    onWelcome: () => {}, onHeard: () => {}, onLiveAgents: () => {}, onShot: () => {},
    vitals: () => ({ inFlight: 0, spoolDepth: 0n, spoolOldestAgeMs: 0n, latenessP99Us: 0, loopDelayP99Us: 0 }),
  };
}

describe('a session', () => {
  test('tells the coordinator\'s time before it has anything run, however wrong the machine\'s clock is', async () => {
    const clock = new FakeClock();
    const clockOffset = new ClockOffsetEstimate();
    const seen: (typeof clockOffset.best)[] = [];
    const challengedMs = clock.nowMs() + 300;
    await holdSession(streamOf(clock, [
      { afterMs: 300, message: { $case: 'challenge', value: { nonce: Buffer.alloc(32) } } },
      // 30 ms there, 10 ms with the coordinator, 20 ms back: it said this when it was an hour before our own time.
      { afterMs: 60, message: { $case: 'welcome', value: { ...WELCOME, nowUs: BigInt((challengedMs + 40 - HOUR_MS) * 1000) } } },
      { afterMs: 5, message: { $case: 'snapshot', value: { revision: 1n, hash: configHash(new Map()), assignments: [], liveAgents: 1 } } },
    ]), depsOf(clock, clockOffset, () => seen.push(clockOffset.best)));
    expect(seen).toEqual([{ offsetUs: (HOUR_MS - 10) * 1000, errorUs: 30_000 }]);
  });

  test('with a coordinator that does not tell its time waits for a heartbeat', async () => {
    const clock = new FakeClock();
    const clockOffset = new ClockOffsetEstimate();
    const unknown = clockOffset.best;
    await holdSession(streamOf(clock, [{ afterMs: 60, message: { $case: 'welcome', value: { ...WELCOME, nowUs: 0n } } }]), depsOf(clock, clockOffset, () => {}));
    expect(clockOffset.best).toEqual(unknown);
  });
});
