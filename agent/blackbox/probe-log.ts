export type LogFields = Readonly<Record<string, string | number>>;
type Level = 'info' | 'error';

/** Lines kept of one probe; a talkative target fills them, and the end is what matters less. */
const LINES_MAX = 1_000;
const VALUE_CHARS_MAX = 500;

/** What happened in one probe, for `debug=true`: logfmt as blackbox_exporter writes it. */
export class ProbeLog {
  readonly #common: LogFields;
  readonly #nowMs: () => number;
  readonly #lines: string[] = [];
  #leftOut = 0;

  constructor(common: LogFields, nowMs: () => number) {
    this.#common = common;
    this.#nowMs = nowMs;
  }

  note(msg: string, fields: LogFields = {}, level: Level = 'info'): void {
    if (this.#lines.length >= LINES_MAX) {
      this.#leftOut += 1;
      return;
    }
    this.#lines.push(logfmt({ ts: new Date(this.#nowMs()).toISOString(), ...this.#common, level, msg, ...fields }));
  }

  text(): string {
    const rest = this.#leftOut === 0 ? [] : [`(${this.#leftOut} more lines)`];
    return [...this.#lines, ...rest].map((line) => `${line}\n`).join('');
  }
}

/** Quoted where it must be; line ends and control characters never stand bare. */
function logfmt(fields: LogFields): string {
  return Object.entries(fields).map(([key, value]) => {
    const text = String(value).slice(0, VALUE_CHARS_MAX).toWellFormed();
    return `${key}=${/^[^\s"=\\\x00-\x1f\x7f]+$/.test(text) ? text : JSON.stringify(text)}`;
  }).join(' ');
}
