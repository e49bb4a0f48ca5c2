import { Buffer } from 'node:buffer';
import type { FailureCode, FailurePhase } from '#shared/run/failure.ts';
import type { TlsFacts } from '#shared/run/report.ts';
import type { Connection, Incoming, TlsRequest, Trouble } from '../probe/engine/engine.ts';
import { showBytes } from '../probe/show-bytes.ts';
import type { Stopwatch } from '../probe/stopwatch.ts';
import { fillGoTemplate, parseGoTemplate } from './go-template.ts';
import type { LineMatch, LinePattern } from './line-pattern.ts';
import type { ProbeLog } from './probe-log.ts';
import type { QueryResponse } from './tcp-module.ts';
import { UnreadLines } from './unread-lines.ts';

/** Why a probe failed; agent faults and egress denials are told by their code. */
export type ProbeFailure = { readonly phase: FailurePhase; readonly code: FailureCode; readonly detail: string };

/** What the dialogue came to. The two claims are blackbox_exporter's: something else was said, not that it was cut off. */
export type DialogueResult = {
  readonly failure: ProbeFailure | null;
  readonly failedDueToRegex: boolean;
  readonly failedDueToBytes: boolean;
  /** Label sets of `probe_expect_info`, in order. */
  readonly expectInfo: readonly Readonly<Record<string, string>>[];
  /** Of the last handshake of this dialogue. */
  readonly tls: TlsFacts | null;
};

export type DialogueDeps = {
  readonly connection: Connection;
  readonly untilUs: number;
  /** Monotonic, µs. */
  readonly nowUs: () => number;
  readonly stopwatch: Stopwatch;
  readonly log: ProbeLog;
  /** For `starttls`. */
  readonly tls: TlsRequest | null;
};

/** blackbox_exporter's own limit on a line (Go's bufio.MaxScanTokenSize). */
export const LINE_BYTES_MAX = 64 * 1024;
/** rules.md 17: some 100 ms of the engine at about 25 ns a step, for all lines of one probe. */
const PATTERN_STEPS_MAX = 4_000_000;
/** Of looking at all, however short the line. */
const OVERHEAD_STEPS = 200;

/**
 * Goes through a module's `query_response` with blackbox_exporter's meaning: `expect` reads lines until one matches,
 * then `expect_bytes` reads that many bytes, then `send` goes out with a newline behind it, then `starttls`. Unlike
 * there, lines and bytes come from one stream, and a short read is read on.
 */
export async function runQueryResponse(deps: DialogueDeps, entries: readonly QueryResponse[]): Promise<DialogueResult> {
  const dialogue = new Dialogue(deps);
  for (const [index, entry] of entries.entries()) {
    deps.log.note('Processing query response entry', { entry_number: index });
    const failure = await dialogue.run(entry);
    if (failure !== null) return dialogue.result(failure);
  }
  return dialogue.result(null);
}

class Dialogue {
  readonly #deps: DialogueDeps;
  readonly #unread = new UnreadLines();
  readonly #expectInfo: Record<string, string>[] = [];
  #failedDueToRegex = false;
  #failedDueToBytes = false;
  #tls: TlsFacts | null = null;
  #stepsLeft = PATTERN_STEPS_MAX;
  #hasReceived = false;
  /** The connection has no more to say; null while it may have. */
  #last: Exclude<Incoming, { kind: 'data' }> | null = null;

  constructor(deps: DialogueDeps) {
    this.#deps = deps;
  }

  result(failure: ProbeFailure | null): DialogueResult {
    return {
      failure, failedDueToRegex: this.#failedDueToRegex, failedDueToBytes: this.#failedDueToBytes,
      expectInfo: this.#expectInfo, tls: this.#tls,
    };
  }

  async run({ expect, labels, expectBytes, send, startTls }: QueryResponse): Promise<ProbeFailure | null> {
    let bytes = send;
    if (expect !== null) {
      const found = await this.#expect(expect);
      if ('code' in found) return found;
      // Only a send with an expect of its own is a template.
      bytes = fillGoTemplate(parseGoTemplate(send), found.group);
      if (labels !== null) this.#expectInfo.push(Object.fromEntries(labels.map(({ name, value }) => [name, textOf(fillGoTemplate(value, found.group))])));
    }
    return (expectBytes.length > 0 ? await this.#expectBytes(expectBytes) : null)
      ?? (bytes.length > 0 ? await this.#send(bytes) : null)
      ?? (startTls ? await this.#startTls() : null);
  }

  async #expect(expect: LinePattern): Promise<LineMatch | ProbeFailure> {
    for (;;) {
      const line = await this.#line();
      if (line === null) return this.#notSaid(expect);
      if (!(line instanceof Uint8Array)) return line;
      this.#deps.log.note('Read line', { line: showBytes(line) });
      if (this.#stepsLeft <= 0) return failed('read', 'ERR_RESPONSE_TOO_LARGE', `too much was said before a line that matches /${expect.source}/`);
      const match = expect.match(line);
      this.#stepsLeft -= OVERHEAD_STEPS + line.length * (match === null ? 1 : expect.cost);
      if (match === null) continue;
      this.#deps.log.note('Regexp matched', { regexp: expect.source });
      return match;
    }
  }

  /** The next line; at the end also one that no newline ended. null: there is no more. */
  async #line(): Promise<Uint8Array | ProbeFailure | null> {
    for (;;) {
      const line = this.#unread.takeLine();
      if (line !== null) return line;
      if (this.#unread.length >= LINE_BYTES_MAX) return failed('read', 'ERR_RESPONSE_TOO_LARGE', `a line is longer than ${LINE_BYTES_MAX} bytes`);
      const last = await this.#readMore();
      if (last?.kind === 'end') return this.#unread.takeRest();
      if (last?.kind === 'trouble') return failedBy('read', last.trouble, this.#soFar());
    }
  }

  #notSaid(expect: LinePattern): ProbeFailure {
    this.#failedDueToRegex = true;
    this.#deps.log.note('Regexp did not match', { regexp: expect.source }, 'error');
    return failed('read', 'ERR_CLOSED_EARLY', `no line matched /${expect.source}/`);
  }

  /** Reads exactly as many bytes as are expected, and no further than the first that differs. */
  async #expectBytes(expected: Uint8Array): Promise<ProbeFailure | null> {
    for (;;) {
      const seen = this.#unread.peek(expected.length);
      if (!Buffer.from(seen).equals(expected.subarray(0, seen.length))) {
        this.#failedDueToBytes = true;
        this.#deps.log.note('Bytes did not match', { expected: showBytes(expected), bytes: showBytes(seen) }, 'error');
        return failed('read', 'ERR_EXPECT_MISMATCH', `expected ${showBytes(expected)}, received ${showBytes(seen)}`);
      }
      if (seen.length === expected.length) {
        this.#unread.take(expected.length);
        this.#deps.log.note('Bytes matched', { expected: showBytes(expected) });
        return null;
      }
      const last = await this.#readMore();
      if (last?.kind === 'end') return failed('read', 'ERR_CLOSED_EARLY', `expected ${expected.length} bytes, received ${seen.length}`);
      if (last?.kind === 'trouble') return failedBy('read', last.trouble, `expected ${expected.length} bytes, received ${seen.length}`);
    }
  }

  /** null: something came. */
  async #readMore(): Promise<Exclude<Incoming, { kind: 'data' }> | null> {
    if (this.#last !== null) return this.#last;
    const { connection, untilUs, stopwatch } = this.#deps;
    const incoming = await connection.read(untilUs);
    stopwatch.lap(this.#hasReceived ? 'data' : 'firstByte', incoming.atUs);
    if (incoming.kind !== 'data') return (this.#last = incoming);
    this.#hasReceived = true;
    this.#unread.append(incoming.bytes);
    return null;
  }

  /** What is sent may hold a password: the log says how much it was. */
  async #send(bytes: Uint8Array): Promise<ProbeFailure | null> {
    const { connection, untilUs, nowUs, stopwatch, log } = this.#deps;
    log.note('Sending line', { bytes: bytes.length + 1 });
    // What this side took to look at lines is nobody's phase.
    stopwatch.skip(nowUs());
    const written = await connection.write(Buffer.concat([bytes, NEWLINE]), untilUs);
    stopwatch.lap('send', written.atUs);
    return written.ok ? null : failedBy('send', written.trouble, `sending ${bytes.length + 1} bytes`);
  }

  /** Nothing may be left over in front of the handshake: anybody in between could have put it there (CVE-2011-0411). */
  async #startTls(): Promise<ProbeFailure | null> {
    const { connection, tls, untilUs, nowUs, stopwatch, log } = this.#deps;
    if (tls === null) return failed('tls', 'ERR_AGENT_INTERNAL', 'there are no TLS settings');
    this.#unread.append(connection.takeUnread());
    if (this.#unread.length > 0) return failed('tls', 'ERR_STARTTLS_INJECTION', `left over: ${showBytes(this.#unread.peek(LINE_BYTES_MAX))}`);
    stopwatch.skip(nowUs());
    const secured = await connection.startTls(tls, untilUs);
    stopwatch.lap('tls', secured.atUs);
    if (!secured.ok) return failedBy('tls', secured.trouble, 'TLS handshake after starttls');
    log.note('TLS handshake (client) succeeded', { version: secured.facts.version });
    this.#tls = secured.facts;
    return null;
  }

  #soFar(): string {
    return this.#hasReceived ? `the unfinished line is ${showBytes(this.#unread.peek(LINE_BYTES_MAX))}` : 'nothing was received';
  }
}

const NEWLINE = Uint8Array.of(0x0a);

export function failed(phase: FailurePhase, code: FailureCode, detail: string): ProbeFailure {
  return { phase, code, detail };
}

/** Running into the deadline is the phase's timeout; a TLS alert is TLS', whenever it comes. */
export function failedBy(phase: FailurePhase, trouble: Trouble, doing: string): ProbeFailure {
  switch (trouble.kind) {
    case 'timeout': return failed(phase, 'SOCKET_TIMEOUT', doing);
    case 'cancelled': return failed(phase, 'ERR_AGENT_INTERNAL', `${doing}: the scrape was given up`);
    case 'failed': return failed(trouble.code.startsWith('ERR_TLS_') ? 'tls' : phase, trouble.code, trouble.detail === trouble.code ? doing : `${doing}: ${trouble.detail}`);
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
