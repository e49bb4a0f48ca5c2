import { describe, expect, test } from 'vitest';
import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { Duplex } from '#shared/rpc/duplex.ts';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { aResult } from '#shared/testing/results.ts';
import { MemorySpool } from '../spool/memory-spool.ts';
import { deliverResults } from './deliver-results.ts';

const CREDITS = 4;
const ROWS_A_BATCH = 10;

/** An agent with a backlog, and a coordinator that acknowledges only when told to. */
async function aDelivery({ backlog, credits = CREDITS }: { backlog: number; credits?: number }) {
  const clock = new FakeClock();
  const spool = new MemorySpool({ clock });
  const add = (count: number): void => { for (let n = 0; n < count; n += 1) spool.append({ kind: 'result', result: aResult() }); };
  add(backlog);
  await clock.advance(120_000);

  const batches: pb.SpoolBatch[] = [];
  const inbox: pb.ResultsDown[] = [];
  let wake = (): void => undefined;
  const over = new AbortController();
  const stream: Duplex<pb.ResultsDown, pb.ResultsUp> = {
    messages: (async function* () {
      while (!over.signal.aborted) {
        const next = inbox.shift();
        if (next) yield next;
        else await new Promise<void>((resolve) => { wake = resolve; });
      }
    })(),
    write: async ({ message }: pb.ResultsUp) => { if (message?.$case === 'batch') batches.push(message.value); },
    end: () => {}, destroy: () => over.abort(), signal: over.signal, cause: () => 'over',
  } as unknown as Duplex<pb.ResultsDown, pb.ResultsUp>;
  const settle = async (): Promise<void> => { await clock.advance(50); };
  const say = async (message: NonNullable<pb.ResultsDown['message']>): Promise<void> => {
    inbox.push({ message });
    wake();
    await settle();
  };
  const done = deliverResults(stream, { sessionId: 's', generation: 1n }, spool);
  await say({ $case: 'opened', value: { credits, batchRowsMax: ROWS_A_BATCH } });
  return {
    spool, add, batches, settle,
    acknowledge: (batch: pb.SpoolBatch) => say({ $case: 'acknowledged', value: { spoolId: batch.spoolId, lane: batch.lane, throughSequence: batch.throughSequence, refused: [] } }),
    lanes: () => batches.map(({ lane }) => (lane === 'LANE_LIVE' ? 'live' : 'backfill')),
    async end() {
      over.abort();
      wake();
      await done;
      spool.close();
    },
  };
}

describe('delivering results', () => {
  test('a backlog takes half of the credits at most: a fresh result goes at once, before any of it is committed', async () => {
    const delivery = await aDelivery({ backlog: 1_000 });
    expect(delivery.lanes()).toEqual(['backfill', 'backfill']);
    delivery.add(1);
    await delivery.settle();
    expect(delivery.lanes()).toEqual(['backfill', 'backfill', 'live']);
    await delivery.end();
  });

  test('live results go first whenever there is a choice, and the backlog goes on in their pauses', async () => {
    const delivery = await aDelivery({ backlog: 1_000 });
    delivery.add(2 * ROWS_A_BATCH + 1);
    await delivery.settle();
    expect(delivery.lanes()).toEqual(['backfill', 'backfill', 'live', 'live']);
    await delivery.acknowledge(delivery.batches[0]!);
    expect(delivery.lanes().at(-1)).toBe('live');
    await delivery.acknowledge(delivery.batches[1]!);
    expect(delivery.lanes().at(-1)).toBe('backfill');
    await delivery.end();
  });

  test('results that come while two batches are under way are gathered for the next, a full one goes at once', async () => {
    const delivery = await aDelivery({ backlog: 0 });
    for (let n = 0; n < ROWS_A_BATCH + 1; n += 1) {
      delivery.add(1);
      await delivery.settle();
    }
    const sizes = (): readonly number[] => delivery.batches.map(({ resultSequences }) => resultSequences.length);
    expect(sizes()).toEqual([1, 1]);
    delivery.add(2);
    await delivery.settle();
    expect(sizes()).toEqual([1, 1, ROWS_A_BATCH]);
    await delivery.acknowledge(delivery.batches[0]!);
    expect(sizes()).toEqual([1, 1, ROWS_A_BATCH]);
    await delivery.acknowledge(delivery.batches[1]!);
    expect(sizes()).toEqual([1, 1, ROWS_A_BATCH, 1]);
    await delivery.end();
  });

  test('everything is delivered once and forgotten once acknowledged, whatever the credits', async () => {
    for (const credits of [1, 2, 7]) {
      const delivery = await aDelivery({ backlog: 95, credits });
      delivery.add(33);
      await delivery.settle();
      for (let acknowledged = 0; acknowledged < delivery.batches.length; acknowledged += 1) await delivery.acknowledge(delivery.batches[acknowledged]!);
      const sequences = delivery.batches.flatMap(({ resultSequences }) => resultSequences.map(Number));
      expect(sequences.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 128 }, (_, index) => index + 1));
      expect(delivery.spool.depth()).toBe(0);
      await delivery.end();
    }
  });
});
