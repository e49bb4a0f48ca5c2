import type { Outcome } from '#shared/run/result.ts';
import { asRecord } from '../api-client.ts';
import type { Colors } from '../output.ts';
import { safeText, shortened } from './safe-text.ts';

/** What a line of the live view shows, out of a result of the API. Times in ms. */
export type ShownResult = {
  readonly id: string;
  readonly atMs: number;
  readonly check: string;
  readonly location: string;
  readonly outcome: Outcome;
  readonly trigger: string;
  readonly dnsMs: number;
  readonly connectMs: number;
  readonly dataMs: number;
  readonly totalMs: number;
  readonly latenessMs: number;
  /** Why it failed, or what went wrong with a pass by `shouldFail`; '' when there is nothing to say. */
  readonly remark: string;
};

const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  passed: '✓ passed', degraded: '! degraded', failed: '✗ failed', agent_fault: '? agent fault', egress_denied: '⊘ denied',
};
const OUTCOME_WIDTH = 13;
const NAME_WIDTH = 30;
const LOCATION_WIDTH = 12;

/** A result as the API answers it; null when it is none. */
export function shownResult(result: unknown): ShownResult | null {
  const outer = asRecord(result);
  const tcp = asRecord(outer['tcpCheckResult']);
  const phases = asRecord(tcp['timingPhases']);
  const outcome = tcp['outcome'];
  if (typeof outer['id'] !== 'string' || typeof outcome !== 'string' || !Object.hasOwn(OUTCOME_WORDS, outcome)) return null;
  return {
    id: outer['id'],
    atMs: Date.parse(String(outer['startedAt'])),
    check: String(outer['name']),
    location: String(outer['runLocation']),
    outcome: outcome as Outcome,
    trigger: String(tcp['trigger']),
    dnsMs: Number(phases['dns']), connectMs: Number(phases['connection']), dataMs: Number(phases['data']), totalMs: Number(phases['total']),
    latenessMs: Number(tcp['latenessUs']) / 1000,
    remark: remarkOf(tcp),
  };
}

export function resultLineHead(colors: Colors): string {
  return colors.dim([
    'time'.padEnd(8), 'check'.padEnd(NAME_WIDTH), 'location'.padEnd(LOCATION_WIDTH), 'outcome'.padEnd(OUTCOME_WIDTH),
    ...['dns', 'connect', 'data', 'total', 'late'].map((title) => title.padStart(8)), '(ms)',
  ].join(' '));
}

/** One line; cut to `columns` where a terminal would wrap it. Local time of day. */
export function resultLine(result: ShownResult, colors: Colors, columns: number | null): string {
  const plain = [
    timeOfDay(result.atMs),
    shortened(safeText(result.check), NAME_WIDTH).padEnd(NAME_WIDTH),
    shortened(safeText(result.location), LOCATION_WIDTH).padEnd(LOCATION_WIDTH),
  ].join(' ');
  const times = [result.dnsMs, result.connectMs, result.dataMs, result.totalMs].map(formatMs).join(' ');
  const late = result.trigger === 'schedule' ? formatMs(result.latenessMs) : shortened(result.trigger, 8).padStart(8);
  const word = OUTCOME_WORDS[result.outcome].padEnd(OUTCOME_WIDTH);
  const used = plain.length + OUTCOME_WIDTH + times.length + late.length + 5;
  const room = columns === null ? 200 : columns - used;
  const remark = room > 4 ? shortened(safeText(result.remark), room) : '';
  return `${plain} ${paintOutcome(result.outcome, colors)(word)} ${times} ${late}${remark === '' ? '' : `  ${colors.dim(remark)}`}`;
}

export function outcomeWord(outcome: Outcome): string {
  return OUTCOME_WORDS[outcome];
}

/** Colour beside the word, never instead of it. */
export function paintOutcome(outcome: Outcome, colors: Colors): (text: string) => string {
  switch (outcome) {
    case 'passed': return colors.green;
    case 'degraded': return colors.yellow;
    case 'failed': return colors.red;
    case 'agent_fault': return colors.magenta;
    case 'egress_denied': return colors.magenta;
  }
}

/** ms with as many decimals as eight characters bear. */
export function formatMs(ms: number): string {
  const digits = Math.abs(ms) < 10 ? 3 : Math.abs(ms) < 1000 ? 1 : 0;
  return (Number.isFinite(ms) ? ms.toFixed(digits) : '-').padStart(8);
}

export function timeOfDay(ms: number): string {
  const date = new Date(ms);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

function remarkOf(tcp: Readonly<Record<string, unknown>>): string {
  const error = asRecord(tcp['error']);
  if (typeof error['message'] === 'string' && error['code'] !== 'ERR_ASSERTION') return error['message'];
  const assertions = Array.isArray(tcp['assertions']) ? tcp['assertions'].map(asRecord) : [];
  const failed = assertions.find((assertion) => assertion['passed'] === false);
  if (failed) return String(failed['error']);
  return typeof error['message'] === 'string' ? error['message'] : '';
}
