import { expect, test } from 'vitest';
import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { Duplex } from '#shared/rpc/duplex.ts';
import { A_LOCATION, AN_ACCOUNT, aResult } from '#shared/testing/results.ts';
import { gapsToWire } from '#shared/wire/gaps.ts';
import { resultsToWire } from '#shared/wire/results-to-wire.ts';
import type { IngestLane } from '../pipeline/waiting-rows.ts';
import { BackfillGate } from './backfill-gate.ts';
import { LiveStreams } from './live-streams.ts';
import { serveResults } from './results-stream.ts';

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const aTurn = () => new Promise((resolve) => { setImmediate(resolve); });

function aBatch(lane: pb.Lane, sequence: number): pb.ResultsUp {
  return { message: { $case: 'batch', value: {
    spoolId: 's', lane, throughSequence: BigInt(sequence), resultSequences: [BigInt(sequence)], results: resultsToWire([aResult()]), gapSequences: [], gaps: gapsToWire([]),
  } } };
}

test('what is live is acknowledged while the backlog before it waits for its commit, and each lane in its order', async () => {
  const commits: { readonly lane: IngestLane; readonly done: () => void }[] = [];
  const told: string[] = [];
  const up = [
    { message: { $case: 'open', value: { sessionId: 'x', generation: 1n } } } as const,
    aBatch('LANE_BACKFILL', 1), aBatch('LANE_BACKFILL', 2), aBatch('LANE_LIVE', 3), aBatch('LANE_LIVE', 4),
  ];
  const stream = {
    messages: (async function* () { yield* up; })(),
    write: async ({ message }: pb.ResultsDown) => { if (message?.$case === 'acknowledged') told.push(`${message.value.lane} ${message.value.throughSequence}`); },
    end() {}, destroy() {}, signal: new AbortController().signal, cause: () => 'open',
  } as unknown as Duplex<pb.ResultsUp, pb.ResultsDown>;
  const served = serveResults(stream, {
    log: SILENT, streams: new LiveStreams(), backfill: new BackfillGate(),
    store: { findSession: async () => ({ agentId: 'a', locationId: A_LOCATION, generation: 1, isNewest: true }) },
    admit: async (_, rows) => rows.map(() => ({ kind: 'take', accountId: AN_ACCOUNT, isSurplus: false })),
    ingest: (_, lane) => new Promise((done) => { commits.push({ lane, done }); }),
  });
  while (commits.length < 4) await aTurn();
  expect(commits.map(({ lane }) => lane)).toEqual(['backfill', 'backfill', 'live', 'live']);
  for (const index of [3, 2, 1, 0]) {
    commits[index]!.done();
    await aTurn();
  }
  await served;
  expect(told).toEqual(['LANE_LIVE 3', 'LANE_LIVE 4', 'LANE_BACKFILL 1', 'LANE_BACKFILL 2']);
});
