import { describe, expect, test } from 'vitest';
import { aProbeSpec } from '#shared/testing/builders.ts';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { A_CHECK, AN_ACCOUNT } from '#shared/testing/results.ts';
import { assignmentToWire, configHash } from '#shared/wire/assignment.ts';
import type { OpenedFile } from '../sealed-file.ts';
import { AssignmentSet } from './assignment-set.ts';
import { snapshotOf, type KeptTimetable } from './kept-timetable.ts';
import { TimetableKeeper } from './timetable-keeper.ts';

const OTHER_CHECK = '4a9b2d63-7a1c-4d5f-8b68-3a7a2e1a9b22';
const OWN = { agentId: '3f2b0c1a-5d5e-4d7e-9a55-1c0c8f1f2a11', coordinator: 'sonde.example:8090' };
const TURNS = [{ fromAtMs: 0, untilMs: null, intervalMs: 10_000, phaseMs: 7, modulus: 1, remainder: 0 }];

function aSet(): AssignmentSet {
  return new AssignmentSet(new Set(), ({ spec }) => (spec.port === 1 ? 'port 1 is not for us' : null));
}

function aToldSet(): AssignmentSet {
  const set = aSet();
  const assignments = [[A_CHECK, 6379], [OTHER_CHECK, 1]].map(([checkId, port]) => assignmentToWire({
    checkId: String(checkId), accountId: AN_ACCOUNT, revision: 3, retry: null, turns: TURNS,
    spec: aProbeSpec({ port: Number(port), payload: Buffer.from('PING\n') }),
  }));
  set.applySnapshot({ revision: 7n, hash: configHash(new Map(assignments.map(({ checkId, digest }) => [checkId, digest]))), assignments, liveAgents: 2 });
  return set;
}

function aKept(set: AssignmentSet, changes: Partial<KeptTimetable> = {}): KeptTimetable {
  return {
    ...OWN, location: { id: 'a', code: 'dc-1', kind: 'private' }, revision: set.revision, hash: set.hash, liveAgents: 2,
    heardAtMs: 1_000, clockOffsetUs: -250_000, assignments: set.encoded(), ...changes,
  };
}

/** A file in memory that counts its writes and can fail. */
function aKeeper(current: () => KeptTimetable | null, refreshMs = 600_000) {
  const clock = new FakeClock();
  const disk = { content: null as Buffer | null, writes: 0, isFull: false };
  const troubles: unknown[] = [];
  const file = {
    read: async (): Promise<OpenedFile> => (disk.content ? { kind: 'opened', content: disk.content } : { kind: 'absent' }),
    write: async (content: Buffer) => {
      if (disk.isFull) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
      disk.content = content;
      disk.writes += 1;
    },
  };
  return { clock, disk, troubles, keeper: new TimetableKeeper({ file, clock, current, refreshMs, onTrouble: (error) => troubles.push(error) }) };
}

describe('the timetable kept on disk', () => {
  test('brings an agent back to what it held, rejected checks included', async () => {
    const set = aToldSet();
    const { clock, keeper } = aKeeper(() => aKept(set));
    keeper.changed();
    await clock.advance(2_000);
    const loaded = await keeper.load(OWN);
    expect(loaded).toMatchObject({ kind: 'kept', kept: { location: { code: 'dc-1' }, liveAgents: 2, heardAtMs: 1_000, clockOffsetUs: -250_000 } });
    const restored = aSet();
    expect(restored.applySnapshot(snapshotOf((loaded as { kept: KeptTimetable }).kept))).toMatchObject({
      kind: 'applied', upserts: [{ checkId: A_CHECK, revision: 3, turns: TURNS, spec: { port: 6379, payload: Buffer.from('PING\n') } }], rejected: [{ checkId: OTHER_CHECK }],
    });
    expect([restored.revision, restored.hash]).toEqual([7, set.hash]);
  });

  test("is not used when it is another agent's, another coordinator's, or damaged", async () => {
    const set = aToldSet();
    const { disk, keeper } = aKeeper(() => aKept(set));
    await keeper.close();
    expect(await keeper.load({ ...OWN, agentId: OTHER_CHECK })).toMatchObject({ kind: 'none', reason: expect.stringContaining('another agent') });
    expect(await keeper.load({ ...OWN, coordinator: 'other.example:8090' })).toMatchObject({ kind: 'none', reason: expect.stringContaining('sonde.example:8090') });
    disk.content = disk.content!.subarray(0, -3);
    expect(await keeper.load(OWN)).toMatchObject({ kind: 'none', reason: expect.stringContaining('damaged') });
    disk.content = null;
    expect(await keeper.load(OWN)).toEqual({ kind: 'none', reason: null });
  });

  test('a thousand changes in a second are one write; without changes it is refreshed now and then', async () => {
    const set = aToldSet();
    const { clock, disk, keeper } = aKeeper(() => aKept(set));
    for (let change = 0; change < 1_000; change += 1) {
      keeper.changed();
      await clock.advance(1);
    }
    await clock.advance(2_000);
    expect(disk.writes).toBe(1);
    await clock.advance(1_800_000);
    expect(disk.writes).toBe(4);
  });

  test('a full disk is told once, and what was kept is written when there is room again', async () => {
    const set = aToldSet();
    const { clock, disk, troubles, keeper } = aKeeper(() => aKept(set));
    disk.isFull = true;
    keeper.changed();
    await clock.advance(120_000);
    expect(troubles).toHaveLength(1);
    disk.isFull = false;
    await clock.advance(30_000);
    expect(disk.writes).toBe(1);
  });

  test('an agent that was told nothing keeps what was there', async () => {
    const { clock, disk, keeper } = aKeeper(() => null);
    keeper.changed();
    await clock.advance(2_000);
    await keeper.close();
    expect(disk.writes).toBe(0);
  });
});
