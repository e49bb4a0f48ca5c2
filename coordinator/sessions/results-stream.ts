import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { Log } from '#shared/log.ts';
import type { Duplex } from '#shared/rpc/duplex.ts';
import type { Gap } from '#shared/run/gap.ts';
import type { AttemptResult } from '#shared/run/result.ts';
import { gapsFromWire } from '#shared/wire/gaps.ts';
import { knownResultsFromWire } from '#shared/wire/results-from-wire.ts';
import { WireError } from '#shared/wire/wire-error.ts';
import type { IngestRow, RetryRun, SessionStore } from '../pipeline/ports.ts';
import type { IngestLane } from '../pipeline/waiting-rows.ts';
import type { BackfillGate } from './backfill-gate.ts';
import type { LiveStreams } from './live-streams.ts';

/** Batches an agent may have unacknowledged, and rows in each: at most 2,000 rows of an agent wait here. */
export const CREDITS = 4;
export const BATCH_ROWS_MAX = 500;

/** Whose the run is, if it ever was this location's: decided by `pipeline/admit-results`. */
export type Admission = { readonly kind: 'take'; readonly accountId: string; readonly isSurplus: boolean; readonly as?: RetryRun } | { readonly kind: 'refuse'; readonly code: string };

export type ResultsDeps = {
  readonly store: Pick<SessionStore, 'findSession'>;
  readonly log: Log;
  readonly streams: LiveStreams;
  /** One for all streams. */
  readonly backfill: BackfillGate;
  /** One answer a row, in order. */
  readonly admit: (locationId: string, rows: readonly AdmissionQuestion[]) => Promise<readonly Admission[]>;
  /** Resolves when committed. */
  readonly ingest: (rows: readonly IngestRow[], lane: IngestLane) => Promise<void>;
};

export type AdmissionQuestion = {
  readonly runId: string;
  readonly checkId: string;
  readonly locationOwed: string;
  readonly dueAtMs: number;
  readonly isScheduled: boolean;
  readonly isGap: boolean;
};

/** One agent's results, from open to its end: batches in, acknowledgements out, each after its COMMIT. Never throws. */
export async function serveResults(stream: Duplex<pb.ResultsUp, pb.ResultsDown>, deps: ResultsDeps): Promise<void> {
  const messages = stream.messages[Symbol.asyncIterator]();
  let forget = (): void => undefined;
  try {
    const first = await messages.next();
    const open = first.done ? undefined : first.value.message;
    if (open?.$case !== 'open') return;
    const session = await deps.store.findSession(open.value.sessionId);
    if (!session || session.generation !== Number(open.value.generation)) return;
    forget = deps.streams.add({ sessionId: open.value.sessionId, cut: () => stream.destroy() });
    await stream.write({ message: { $case: 'opened', value: { credits: CREDITS, batchRowsMax: BATCH_ROWS_MAX } } });
    // Batches are admitted and committed side by side, and acknowledged in the order they came, each lane for itself
    // (rules.md 10): what is live does not wait for the backlog before it.
    const previous: Record<IngestLane, Promise<void>> = { live: Promise.resolve(), backfill: Promise.resolve() };
    for (let next = await messages.next(); !next.done; next = await messages.next()) {
      if (next.value.message?.$case !== 'batch') continue;
      const batch = next.value.message.value;
      const lane: IngestLane = batch.lane === 'LANE_BACKFILL' ? 'backfill' : 'live';
      const settled = lane === 'live' ? settle(batch, lane, session, deps) : deps.backfill.through(() => settle(batch, lane, session, deps));
      const before = previous[lane];
      previous[lane] = (async () => {
        const refused = await settled;
        await before;
        if (refused === null) return;
        await stream.write({ message: { $case: 'acknowledged', value: {
          spoolId: batch.spoolId, lane: batch.lane, throughSequence: batch.throughSequence, refused,
        } } });
      })();
      previous[lane].catch((error: unknown) => {
        if (error instanceof WireError) deps.log.warn({ agentId: session.agentId, reason: error.message }, 'an agent sent a batch that makes no sense');
        else deps.log.warn({ err: error }, 'a batch could not be settled');
        stream.destroy();
      });
    }
    await Promise.allSettled([previous.live, previous.backfill]);
  } catch (error) {
    deps.log.warn({ err: error }, 'a results stream ended by an error of the coordinator');
  } finally {
    forget();
    stream.end();
  }
}

/** Commits what is to be taken of a batch; what is refused for good. */
async function settle(
  batch: pb.SpoolBatch, lane: IngestLane, session: { readonly agentId: string; readonly locationId: string }, { admit, ingest, log }: ResultsDeps,
): Promise<pb.RefusedRow[] | null> {
  // Who executed is whom we know, not whom they say.
  for (const check of batch.results?.checks ?? []) check.locationExecuted = session.locationId;
  const results = batch.results ? knownResultsFromWire(batch.results) : [];
  const gaps = batch.gaps ? gapsFromWire(batch.gaps) : [];
  if (results.length !== batch.resultSequences.length || gaps.length !== batch.gapSequences.length) {
    throw new WireError('rows and their sequences differ in number');
  }
  if (results.length + gaps.length > BATCH_ROWS_MAX) throw new WireError(`a batch may have ${BATCH_ROWS_MAX} rows`);
  const questions = [...results.map((result) => result && questionOf(result)), ...gaps.map(questionOfGap)];
  const admitted = (await admit(session.locationId, questions.filter((question) => question !== null))).values();
  // A newer agent may say what this coordinator has no word for: that row alone is refused.
  const answers = questions.map((question): Admission => (question ? admitted.next().value! : { kind: 'refuse', code: 'unknown_value' }));
  const sequences = [...batch.resultSequences, ...batch.gapSequences];
  const rows: IngestRow[] = [];
  const refused: pb.RefusedRow[] = [];
  answers.forEach((answer, index) => {
    if (answer.kind === 'refuse') { refused.push({ sequence: sequences[index]!, code: answer.code }); return; }
    const { accountId, isSurplus } = answer;
    const result = results[index];
    if (result) rows.push({ kind: 'result', accountId, agentId: session.agentId, isSurplus, result: asAttemptOf(answer.as, result) });
    else if (!isSurplus) rows.push({ kind: 'gap', accountId, agentId: session.agentId, gap: gaps[index - results.length]! });
  });
  if (refused.length > 0) log.warn({ agentId: session.agentId, refused: refused.length, code: refused[0]!.code }, 'rows refused');
  await ingest(rows, lane);
  return refused;
}

/** A retry in another location is an attempt of the run it was ordered for; the agent saw a run of its own. */
function asAttemptOf(run: RetryRun | undefined, result: AttemptResult): AttemptResult {
  if (!run) return result;
  const { runId, dueAtMs, locationOwed, attempt } = run;
  return { ...result, runId, dueAtMs, locationOwed, attempt, isFinal: run.isLast || result.outcome !== 'failed' };
}

function questionOf({ runId, checkId, locationOwed, dueAtMs, trigger, attempt }: AttemptResult): AdmissionQuestion {
  return { runId, checkId, locationOwed, dueAtMs, isScheduled: trigger === 'schedule' || (trigger === 'retry' && attempt > 1), isGap: false };
}

function questionOfGap({ runId, checkId, locationOwed, dueAtMs }: Gap): AdmissionQuestion {
  return { runId, checkId, locationOwed, dueAtMs, isScheduled: true, isGap: true };
}
