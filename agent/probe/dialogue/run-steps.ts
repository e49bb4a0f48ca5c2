import { boundedText } from '#shared/assertion/bounded-text.ts';
import { type Attempt, type Stop, textOf } from '../attempt.ts';
import type { ClientCertificate, Connection } from '../engine/engine.ts';
import { failing } from '../failing.ts';
import { secure } from '../secure.ts';
import { send } from '../send.ts';
import { showBytes } from '../show-bytes.ts';
import type { CompiledStep } from './compile-spec.ts';
import { expectStep } from './expect-step.ts';
import { fillTemplate } from './send-template.ts';
import { UnreadStream } from './unread-stream.ts';

export type Dialogue = {
  readonly steps: readonly CompiledStep[];
  readonly clientCertificate: ClientCertificate | null;
};

/** Goes through the steps in order; null when all are done. Every step begun is in the attempt's report. */
export async function runSteps(connection: Connection, attempt: Attempt, dialogue: Dialogue): Promise<Stop | null> {
  const unread = new UnreadStream();
  for (const [index, step] of dialogue.steps.entries()) {
    const beforeUs = attempt.stopwatch.totalUs;
    const { stop, detail } = await runStep(connection, attempt, unread, step, index, dialogue.clientCertificate);
    // Waits that only found the end of an answer are idle time, of a step as of the whole.
    attempt.steps.push({ kind: step.kind, us: attempt.stopwatch.totalUs - beforeUs, ok: stop === null || stop.failure === null, detail: boundedText(detail) });
    if (stop !== null) return stop;
  }
  return null;
}

type Ran = { readonly stop: Stop | null; readonly detail: string };

async function runStep(
  connection: Connection, attempt: Attempt, unread: UnreadStream, step: CompiledStep, index: number, clientCertificate: ClientCertificate | null,
): Promise<Ran> {
  switch (step.kind) {
    case 'expect': {
      const expected = await expectStep(connection, attempt, unread, step.pattern, index);
      return 'matched' in expected ? { stop: null, detail: textOf(expected.matched) } : { stop: expected, detail: '' };
    }
    case 'send': {
      const bytes = fillTemplate(step.template, attempt.captures);
      return { stop: await send(connection, attempt, bytes, index), detail: textOf(bytes) };
    }
    case 'startTls':
      return { stop: await startTls(connection, attempt, unread, index, clientCertificate), detail: attempt.tls?.version ?? '' };
  }
}

/**
 * Nothing may be left over in front of the handshake: whoever sits between could have put it there, and it would be
 * taken for something the other side said under TLS (CVE-2011-0411).
 */
async function startTls(
  connection: Connection, attempt: Attempt, unread: UnreadStream, index: number, clientCertificate: ClientCertificate | null,
): Promise<Stop | null> {
  const arrived = connection.takeUnread();
  if (arrived.length > 0) unread.append(attempt.take(arrived, attempt.lastActivityUs));
  if (unread.isEmpty) return await secure(connection, attempt, clientCertificate, index);
  const detail = `left over: ${showBytes(unread.bytes())}; let the last expect match all of the line`;
  return failing(attempt, { phase: 'tls', code: 'ERR_STARTTLS_INJECTION', detail, step: index });
}
