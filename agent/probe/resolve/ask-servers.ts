import type { Clock, Timer } from '#shared/time/clock.ts';
import { answerOfErrorCode, type Answer } from './answer.ts';
import type { ChannelResult, QuestionType } from './channel.ts';
import type { Ask, ChannelPool } from './channel-pool.ts';
import type { Patience } from './patience.ts';

export type Question = { readonly name: string; readonly type: QuestionType; readonly servers: readonly string[] };

/** `values` are addresses or names, as the type has it; otherwise the answer without any. */
export type Reply = { readonly values: readonly string[] } | Exclude<Answer, { kind: 'addresses' }>;

/** Silence is answered by asking again: after a second or a quarter of the time, then after twice as long each. */
const FIRST_RETRY_MS_MAX = 1000;
const FIRST_RETRY_SHARE = 1 / 4;
const TRIES_MAX = 6;

/**
 * Asks the servers, the first one first, until one answers or patience ends.
 *
 * A question asked again leaves the first one listening, so that a slow answer still counts and takes exactly
 * the time it takes; with the newest that makes at most two sockets a question. A server that
 * answers with trouble is not asked again, the next one is asked at once; when all are in trouble, the
 * first one's trouble is the answer. `onSilence` is called once, when the first try stays without an answer.
 */
export function askServers(
  doors: { readonly clock: Clock; readonly pool: ChannelPool },
  question: Question,
  patience: Patience,
  onSilence: () => void = () => {},
): Promise<Reply> {
  return new Promise((resolve) => {
    if (patience.over) return resolve(endOfPatience(patience.over));
    const failed = new Map<string, Exclude<Answer, { kind: 'addresses' }>>();
    let asks: { server: string; ask: Ask }[] = [];
    const triesOf = new Map(question.servers.map((server) => [server, 0]));
    let tries = 0;
    let retry: Timer | null = null;
    let retryMs = Math.min(FIRST_RETRY_MS_MAX, patience.leftMs() * FIRST_RETRY_SHARE);

    const forget = patience.whenOver((over) => settle(endOfPatience(over)));

    const settle = (reply: Reply): void => {
      forget();
      retry?.cancel();
      for (const { ask } of asks) ask.drop();
      asks = [];
      resolve(reply);
    };

    const tryNext = (): void => {
      const server = leastTried(triesOf, failed);
      if (server === null) return settle(failed.values().next().value ?? { kind: 'trouble', trouble: 'unreachable' });
      tries += 1;
      triesOf.set(server, (triesOf.get(server) ?? 0) + 1);
      if (asks.length > 1) asks.pop()?.ask.drop();
      const ask = doors.pool.ask({ name: question.name, type: question.type, server }, (result) => onResult(server, result));
      asks.push({ server, ask });
      retry?.cancel();
      retry = tries < TRIES_MAX ? doors.clock.setTimer(retryMs, onRetry) : null;
    };

    const onRetry = (): void => {
      if (tries === 1) onSilence();
      retryMs *= 2;
      tryNext();
    };

    const onResult = (server: string, result: ChannelResult): void => {
      if ('values' in result) return settle(result);
      const answer = answerOfErrorCode(result.errorCode);
      if (answer.kind !== 'trouble') return settle(answer as Reply);
      failed.set(server, answer);
      for (const one of asks) if (one.server === server) one.ask.drop();
      asks = asks.filter((one) => one.server !== server);
      if (asks.length === 0) tryNext();
    };

    tryNext();
  });
}

function endOfPatience(over: 'late' | 'cancelled'): Reply {
  return over === 'late' ? { kind: 'trouble', trouble: 'timeout' } : { kind: 'cancelled' };
}

/** In the order of the servers; null when all of them failed. */
function leastTried(triesOf: ReadonlyMap<string, number>, failed: ReadonlyMap<string, unknown>): string | null {
  let best: { server: string; tries: number } | null = null;
  for (const [server, tries] of triesOf) {
    if (!failed.has(server) && (!best || tries < best.tries)) best = { server, tries };
  }
  return best?.server ?? null;
}
