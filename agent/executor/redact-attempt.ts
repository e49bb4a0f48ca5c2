import { Buffer } from 'node:buffer';
import { REDACTED } from '#shared/settings/secret.ts';
import type { ProbeReport } from '#shared/run/report.ts';
import type { Failure } from '#shared/run/failure.ts';
import { showBytes } from '../probe/show-bytes.ts';
import type { SeenAttempt } from './settle-attempt.ts';

/** A shorter piece of a secret is in every text by chance. */
const PIECE_CHARS_MIN = 4;

export type Redactor = {
  text(text: string): string;
  bytes(bytes: Uint8Array): Uint8Array;
};

/**
 * What an attempt saw without the secrets that were in its spec, before it leaves the thread that saw it: nothing
 * that is spooled, sent, stored or logged holds them. Judged is what was really seen.
 *
 * Found are the values as they are and as protocols and our own sentences write them: escaped, in hex, in base64 at
 * each of its three alignments, URL-encoded, in JSON, as a pattern. A piece that a limit cut off at the end, and a text
 * that is a piece of a value, go as well.
 */
export function redactAttempt(seen: SeenAttempt, secrets: readonly string[]): SeenAttempt {
  if (secrets.length === 0) return seen;
  const redactor = redactorOf(secrets);
  return {
    ...seen,
    report: redactedReport(seen.report, redactor),
    failure: redactedFailure(seen.failure, redactor),
    assertions: seen.assertions.map((assertion) => ({
      ...assertion, actual: redactor.text(assertion.actual), error: assertion.error === null ? null : redactor.text(assertion.error),
    })),
  };
}

/** Of these values. Those of a spec are few and short, so that this is made anew for each attempt. */
export function redactorOf(secrets: readonly string[]): Redactor {
  const texts = longestFirst(secrets.flatMap(formsOf));
  const raws = texts.map((form) => Buffer.from(form, 'utf8').toString('latin1'));
  return {
    text: (text) => redacted(text, texts),
    bytes: (bytes) => {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
      const without = redacted(text, raws);
      return without === text ? bytes : new Uint8Array(Buffer.from(without, 'latin1'));
    },
  };
}

function redactedReport(report: ProbeReport, { text, bytes }: Redactor): ProbeReport {
  return {
    ...report,
    failure: redactedFailure(report.failure, { text, bytes }),
    response: bytes(report.response),
    steps: report.steps.map((step) => ({ ...step, detail: text(step.detail) })),
    captures: Object.fromEntries(Object.entries(report.captures).map(([name, value]) => [name, text(value)])),
  };
}

function redactedFailure(failure: Failure | null, { text }: Redactor): Failure | null {
  return failure === null ? null : { ...failure, message: text(failure.message) };
}

function redacted(text: string, forms: readonly string[]): string {
  if (text.length >= PIECE_CHARS_MIN && forms.some((form) => form.includes(text))) return REDACTED;
  const whole = forms.reduce((rest, form) => rest.replaceAll(form, REDACTED), text);
  return withoutCutEnd(whole, forms);
}

/** What a limit cut: the beginning of a value at the very end, or before the mark of the cut. */
function withoutCutEnd(text: string, forms: readonly string[]): string {
  const marks = CUT_MARKS.flatMap((mark) => mark.exec(text)?.[0] ?? []);
  const [longest] = marks.map((mark) => {
    const kept = text.slice(0, text.length - mark.length);
    return { mark, kept, cut: Math.max(0, ...forms.map((form) => cutLength(kept, form))) };
  }).toSorted((a, b) => b.cut - a.cut);
  return longest === undefined || longest.cut === 0 ? text : `${longest.kept.slice(0, -longest.cut)}${REDACTED}${longest.mark}`;
}

/** As our sentences end what they cut, and plain. */
const CUT_MARKS = [/$/, /"$/, /…(?: \(\d+ bytes\))?$/, /"…(?: \(\d+ bytes\))?$/];

/** How many characters at the end of the text are the beginning of this form. */
function cutLength(text: string, form: string): number {
  for (let length = Math.min(form.length - 1, text.length); length >= PIECE_CHARS_MIN; length -= 1) {
    if (text.endsWith(form.slice(0, length))) return length;
  }
  return 0;
}

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const hex = bytes.toString('hex');
  return [
    secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed()), secret.replaceAll('\\', '\\\\'),
    secret.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'), shown(bytes), hex, hex.toUpperCase(),
    ...base64Forms(bytes), ...base64Forms(bytes).map((form) => form.replaceAll('+', '-').replaceAll('/', '_')),
  ].filter((form) => form.length >= Math.min(PIECE_CHARS_MIN, secret.length));
}

/** As our sentences show bytes; in pieces, because those sentences are cut and this must not be. */
function shown(bytes: Buffer): string {
  return Array.from(bytes, (byte) => showBytes(Uint8Array.of(byte)).slice(1, -1)).join('');
}

/** The characters that depend on these bytes alone, wherever in a base64 text they begin. */
function base64Forms(bytes: Buffer): readonly string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64').replaceAll('=', '');
    return text.slice(before === 0 ? 0 : before + 1, (before + bytes.length) % 3 === 0 ? text.length : -1);
  });
}

function longestFirst(forms: readonly string[]): readonly string[] {
  return [...new Set(forms)].filter((form) => form !== '').toSorted((a, b) => b.length - a.length);
}
