import { describe, expect, test } from 'vitest';
import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import { aProbeSpec } from '#shared/testing/builders.ts';
import { A_CHECK, AN_ACCOUNT } from '#shared/testing/results.ts';
import { assignmentToWire, configHash } from '#shared/wire/assignment.ts';
import { AssignmentSet } from './assignment-set.ts';

const OTHER_CHECK = '4a9b2d63-7a1c-4d5f-8b68-3a7a2e1a9b22';
const TURNS = [{ fromAtMs: 0, untilMs: null, intervalMs: 10_000, phaseMs: 7, modulus: 1, remainder: 0 }];

function anAssignment(checkId = A_CHECK, port = 6379): pb.Assignment {
  return assignmentToWire({ checkId, accountId: AN_ACCOUNT, revision: 1, spec: aProbeSpec({ port }), retry: null, turns: TURNS });
}

function hashOf(...assignments: pb.Assignment[]): Buffer {
  return configHash(new Map(assignments.map(({ checkId, digest }) => [checkId, digest])));
}

function snapshot(revision: number, ...assignments: pb.Assignment[]): pb.Snapshot {
  return { revision: BigInt(revision), hash: hashOf(...assignments), assignments, liveAgents: 1 };
}

const aSet = (accept: (port: number) => string | null = () => null) => new AssignmentSet(new Set(['tls']), ({ spec }) => accept(spec.port));

describe('an agent\'s assignments', () => {
  test('a snapshot replaces everything', () => {
    const set = aSet();
    set.applySnapshot(snapshot(3, anAssignment(), anAssignment(OTHER_CHECK)));
    const applied = set.applySnapshot(snapshot(5, anAssignment()));
    expect(applied).toMatchObject({ kind: 'applied', upserts: [{ checkId: A_CHECK }], removals: [OTHER_CHECK] });
    expect(set.revision).toBe(5);
    expect(set.hash).toEqual(hashOf(anAssignment()));
  });

  test('a delta applies only to its base', () => {
    const set = aSet();
    set.applySnapshot(snapshot(3, anAssignment()));
    const next = anAssignment(A_CHECK, 6380);
    const delta = { baseRevision: 2n, revision: 4n, hash: hashOf(next), upserts: [next], removals: [], liveAgents: 1 };
    expect(set.applyDelta(delta)).toMatchObject({ kind: 'resync' });
    expect(set.revision).toBe(3);
    expect(set.applyDelta({ ...delta, baseRevision: 3n })).toMatchObject({ kind: 'applied', upserts: [{ spec: { port: 6380 } }] });
  });

  test('a delta whose content hash differs changes nothing and asks for a snapshot', () => {
    const set = aSet();
    set.applySnapshot(snapshot(3, anAssignment()));
    const before = set.hash;
    expect(set.applyDelta({ baseRevision: 3n, revision: 4n, hash: Buffer.alloc(32), upserts: [anAssignment(OTHER_CHECK)], removals: [], liveAgents: 1 })).toMatchObject({ kind: 'resync' });
    expect(set.hash).toEqual(before);
  });

  test('poison config: only the bad check is rejected, and its earlier revision stops (F15)', () => {
    const set = aSet((port) => (port === 1 ? 'port 1 is not for us' : null));
    set.applySnapshot(snapshot(3, anAssignment(), anAssignment(OTHER_CHECK)));
    const needy = { ...anAssignment(), needs: ['quantum'] };
    const odd = anAssignment(OTHER_CHECK, 1);
    const future = { ...anAssignment('5b1c3d74-8b2d-4e60-9c79-4b8b3f2bac33'), spec: { ...anAssignment().spec!, ipFamily: 'UNRECOGNIZED' as const } };
    const applied = set.applySnapshot(snapshot(4, needy, odd, future, anAssignment('6c2d4e85-9c3e-4f71-8d8a-5c9c4a3cbd44')));
    expect(applied).toMatchObject({
      kind: 'applied',
      upserts: [{ checkId: '6c2d4e85-9c3e-4f71-8d8a-5c9c4a3cbd44' }],
      removals: [A_CHECK, OTHER_CHECK, future.checkId],
      rejected: [{ reason: expect.stringContaining('quantum') }, { reason: 'port 1 is not for us' }, { reason: expect.stringContaining('IP family') }],
    });
    expect(set.revision).toBe(4);
    set.applySnapshot(snapshot(5, anAssignment()));
    expect(set.rejected.map(({ checkId }) => checkId)).not.toContain(A_CHECK);
  });
});
