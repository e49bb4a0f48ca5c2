import { CliProblem, type ProblemDetail } from './cli-problem.ts';
import type { FlagFiles } from './commands/flag-files.ts';
import { parseDurationMs, parseMs } from './duration.ts';
import { EXIT } from './exit-codes.ts';
import { assertionFlags, parameterFlags, presetOf, tlsFlags } from './request-flags.ts';

/** What the flags of `checks create`, `checks update` and `run` say; each is as it was typed. */
export type CheckFlags = {
  readonly name?: string;
  readonly description?: string;
  readonly host?: string;
  readonly port?: string;
  readonly locations?: string;
  readonly privateLocations?: string;
  readonly every?: string;
  readonly parallel?: boolean;
  readonly roundRobin?: boolean;
  readonly send?: string;
  readonly format?: string;
  readonly sendAfter?: string;
  readonly expect?: readonly string[];
  readonly match?: readonly string[];
  readonly ipv6?: boolean;
  readonly ipv4?: boolean;
  readonly timeout?: string;
  readonly max?: string;
  readonly degraded?: string;
  readonly shouldFail?: boolean;
  readonly tag?: readonly string[];
  readonly active?: boolean;
  readonly inactive?: boolean;
  readonly muted?: boolean;
  readonly source?: string;
  readonly dnsServer?: string;
  readonly readBytes?: string;
  readonly preset?: string;
  /** `name=value` each. */
  readonly param?: readonly string[];
  /** `SOURCE COMPARISON target` each. */
  readonly assert?: readonly string[];
  /** Paths; what is in them is handed over beside the flags. */
  readonly steps?: string;
  readonly ca?: string;
  readonly tls?: boolean;
  readonly serverName?: string;
  /** false: --no-verify was said. */
  readonly verify?: boolean;
  readonly alpn?: readonly string[];
  readonly minTls?: string;
  readonly clientCertificate?: string;
  readonly expectAlert?: string;
};

export const DATA_FORMATS = ['text', 'escaped', 'hex', 'base64'] as const;

/**
 * The body for the API that the flags describe: only what was said, so that defaults stay the server's. What cannot
 * be understood is told all at once. Limits are judged where they live, by the API.
 */
export function checkFromFlags(flags: CheckFlags, files: FlagFiles = {}): Record<string, unknown> {
  const problems: ProblemDetail[] = [];
  const told = <T>(flag: string, text: string | undefined, parse: (text: string) => T | null, limit: string): T | undefined => {
    if (text === undefined) return undefined;
    const value = parse(text);
    if (value === null) problems.push({ message: `${flag} is '${text}' but must be ${limit}`, flag, value: text, limit });
    return value ?? undefined;
  };
  const everyMs = told('--every', flags.every, parseWholeSeconds, 'a time such as 30s, 5m or 1h, in whole seconds');
  const maxMs = told('--max', flags.max ?? flags.timeout, parseMs, 'a time such as 5000, 5000ms or 5s');
  const degradedMs = told('--degraded', flags.degraded, parseMs, 'a time such as 3000, 3000ms or 3s');
  const port = told('--port', flags.port, parsePort, 'a port from 1 to 65535');
  const dataFormat = told('--format', flags.format, asDataFormat, `one of ${DATA_FORMATS.join(', ')}`);
  const sendAfter = told('--send-after', flags.sendAfter, (text) => (text === 'connect' || text === 'banner' ? text : null), 'connect or banner');
  const maxBytes = told('--read-bytes', flags.readBytes, (text) => (/^\d+$/.test(text) ? Number(text) : null), 'a number of bytes');
  const isPreset = flags.preset !== undefined;
  const preset = presetOf(flags, parameterFlags(flags.param, problems), problems);
  const assertions = [...preset.assertions, ...dataAssertions(flags), ...assertionFlags(flags.assert, problems)];
  const tls = { ...preset.tls, ...tlsFlags(flags, files, problems) };
  if (problems.length > 0) throw usageProblem(problems);
  return defined({
    name: flags.name,
    description: flags.description,
    tags: flags.tag?.length ? flags.tag : undefined,
    activated: eitherOf(flags.active, flags.inactive),
    muted: flags.muted,
    request: orUndefined(defined({
      hostname: flags.host,
      port: port ?? preset.port,
      ipFamily: flags.ipv6 ? 'IPv6' : flags.ipv4 ? 'IPv4' : undefined,
      // A preset takes the place of what was said before it.
      data: flags.send ?? preset.data ?? (isPreset ? null : undefined),
      // On a command line `\r\n` is what a person can type.
      dataFormat: dataFormat ?? (flags.send === undefined ? preset.dataFormat : 'escaped'),
      sendAfter,
      steps: files.steps ?? preset.steps ?? (isPreset ? [] : undefined),
      assertions: assertions.length > 0 ? assertions : undefined,
      tls: orUndefined(defined(tls)),
      read: maxBytes === undefined ? undefined : { maxBytes },
      sourceAddress: flags.source,
      dns: flags.dnsServer === undefined ? undefined : { server: flags.dnsServer },
    })),
    shouldFail: flags.shouldFail,
    degradedResponseTime: degradedMs,
    maxResponseTime: maxMs,
    ...(everyMs === undefined ? {} : frequencyOf(everyMs)),
    locations: listOf(flags.locations),
    privateLocations: listOf(flags.privateLocations),
    runParallel: eitherOf(flags.parallel, flags.roundRobin),
  });
}

/** The flags laid over a check as it is: an object's fields one by one, a list as a whole. */
export function withChanges(check: Readonly<Record<string, unknown>>, changes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...check };
  for (const [key, value] of Object.entries(changes)) {
    const before = merged[key];
    merged[key] = isPlain(before) && isPlain(value) ? withChanges(before, value) : value;
  }
  return merged;
}

/** Whole minutes where they can be said, else seconds (rules.md 18). */
function frequencyOf(everyMs: number): { frequency: number; frequencyOffset?: number } {
  const isMinutes = everyMs >= 60_000 && everyMs % 60_000 === 0;
  return isMinutes ? { frequency: everyMs / 60_000 } : { frequency: 0, frequencyOffset: everyMs / 1_000 };
}

function dataAssertions(flags: CheckFlags): readonly Record<string, string>[] {
  const assertion = (comparison: string) => (target: string) => ({ source: 'RESPONSE_DATA', property: '', comparison, target });
  return [...(flags.expect ?? []).map(assertion('CONTAINS')), ...(flags.match ?? []).map(assertion('MATCHES'))];
}

function parseWholeSeconds(text: string): number | null {
  const ms = parseDurationMs(text);
  return ms !== null && ms > 0 && ms % 1_000 === 0 ? ms : null;
}

/** A number is passed on, however large, so that the one who owns the limit names it. */
function parsePort(text: string): number | null {
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

function asDataFormat(text: string): string | null {
  return DATA_FORMATS.find((format) => format === text.toLowerCase()) ?? null;
}

function eitherOf(yes: boolean | undefined, no: boolean | undefined): boolean | undefined {
  return yes ? true : no ? false : undefined;
}

function listOf(text: string | undefined): readonly string[] | undefined {
  return text?.split(',').map((part) => part.trim()).filter((part) => part !== '');
}

function defined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function orUndefined(values: Record<string, unknown>): Record<string, unknown> | undefined {
  return Object.keys(values).length > 0 ? values : undefined;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One sentence, or a list of them. */
export function usageProblem(problems: readonly ProblemDetail[]): CliProblem {
  const [first] = problems;
  return problems.length === 1 && first
    ? new CliProblem(EXIT.usage, first.message)
    : new CliProblem(EXIT.usage, `${problems.length} problems`, problems);
}
