import { isIPv6 } from 'node:net';
import type { Modules } from '#agent/blackbox/modules.ts';
import { splitTarget } from '#agent/blackbox/split-target.ts';
import { parseCheck } from '#shared/check/parse-check.ts';
import { type ImportNote, type ReadPem, type TranslatedModule, translateModule } from './translate-module.ts';

/** One check to make: a module for a target. */
export type Pairing = {
  readonly module: string;
  readonly target: string;
  readonly tags: readonly string[];
  /** null: what `--every` or the default says. */
  readonly everyMs: number | null;
  /** What Prometheus gave the probe; null: not known. */
  readonly scrapeTimeoutMs: number | null;
};

export type MadeChecks = { readonly checks: readonly Readonly<Record<string, unknown>>[]; readonly notes: readonly ImportNote[] };

export type ImportOptions = {
  readonly everyMs: number | null;
  readonly locations: readonly string[];
  readonly privateLocations: readonly string[];
  readonly readPem: ReadPem;
};

const EVERY_DEFAULT_MS = 60_000;
const EVERY_MIN_MS = 10_000;
/** product.md §1. */
const RESPONSE_TIME_MAX_MS = 45_000;
const NAME_CHARS_MAX = 255;
/** What blackbox_exporter leaves Prometheus of its timeout. */
const SCRAPE_OFFSET_MS = 500;

/** The checks that say the same as a module file and its targets, in the API's shape, and what they cannot say. */
export function makeChecks(modules: Modules, pairings: readonly Pairing[], options: ImportOptions): MadeChecks {
  const notes: ImportNote[] = [];
  const translated = new Map<string, TranslatedModule | null>();
  const translate = (name: string): TranslatedModule | null => {
    const known = translated.get(name);
    if (known !== undefined) return known;
    const module = modules.get(name);
    let made: TranslatedModule | null = null;
    if (module === undefined) notes.push({ kind: 'lost', module: name, key: 'modules', message: 'there is no such module in the file' });
    else if (module.kind === 'other') notes.push({ kind: 'lost', module: name, key: 'prober', message: `'${module.prober}' is no TCP probe; Sonde checks TCP services` });
    else {
      made = translateModule(module, options.readPem);
      notes.push(...made.notes);
      if (made.notes.some(({ kind }) => kind === 'lost')) made = null;
    }
    translated.set(name, made);
    return made;
  };
  const checks = pairings.flatMap((pairing) => {
    const module = translate(pairing.module);
    if (module === null) return [];
    const check = checkOf(pairing, module, options, notes);
    return check === null ? [] : [check];
  });
  return { checks, notes };
}

function checkOf(pairing: Pairing, module: TranslatedModule, options: ImportOptions, notes: ImportNote[]): Readonly<Record<string, unknown>> | null {
  const note = (kind: ImportNote['kind'], key: string, message: string): void => void notes.push({ kind, module: pairing.module, key, message });
  const split = splitTarget(pairing.target);
  if (!split.ok) {
    note('lost', 'target', split.problem);
    return null;
  }
  const isLiteral = isIPv6(split.host) || /^[\d.]+$/.test(split.host);
  const maxResponseTime = maxMsOf(pairing, module, note);
  const check = {
    name: `${pairing.target} (${pairing.module})`.slice(0, NAME_CHARS_MAX),
    tags: [`module:${pairing.module}`, ...pairing.tags],
    request: {
      hostname: split.host, port: split.port,
      ipFamily: isLiteral ? (isIPv6(split.host) ? 'IPv6' : 'IPv4') : module.ipFamily,
      ...(module.steps.length === 0 ? {} : { steps: module.steps }),
      ...(module.tls === null ? {} : { tls: module.tls }),
      ...(module.sourceAddress === null ? {} : { sourceAddress: module.sourceAddress }),
    },
    // A blackbox probe is never "degraded".
    ...(maxResponseTime === null ? {} : { degradedResponseTime: maxResponseTime, maxResponseTime }),
    ...frequencyOf(options.everyMs ?? pairing.everyMs ?? EVERY_DEFAULT_MS, note),
    ...(options.locations.length === 0 ? {} : { locations: options.locations }),
    ...(options.privateLocations.length === 0 ? {} : { privateLocations: options.privateLocations }),
  };
  // Where it runs is not the module's to say; everything else is judged here, before anything is created.
  const parsed = parseCheck(options.locations.length + options.privateLocations.length > 0 ? check : { ...check, locations: ['anywhere'] });
  if (parsed.ok) return check;
  for (const problem of parsed.problems) note('lost', problem.path, `${pairing.target}: ${problem.message}`);
  return null;
}

type Note = (kind: ImportNote['kind'], key: string, message: string) => void;

function maxMsOf(pairing: Pairing, module: TranslatedModule, note: Note): number | null {
  const scrapeMs = pairing.scrapeTimeoutMs === null ? Infinity : Math.max(1, pairing.scrapeTimeoutMs - SCRAPE_OFFSET_MS);
  const ms = Math.min(module.timeoutMs ?? Infinity, scrapeMs);
  if (ms === Infinity) return null;
  if (ms > RESPONSE_TIME_MAX_MS) note('differs', 'timeout', `${pairing.target}: a check waits at most ${RESPONSE_TIME_MAX_MS} ms`);
  return Math.max(1, Math.min(RESPONSE_TIME_MAX_MS, Math.round(ms)));
}

/** Whole minutes where they can be said, else seconds (rules.md 18). */
function frequencyOf(everyMs: number, note: Note): { readonly frequency: number; readonly frequencyOffset?: number } {
  if (everyMs < EVERY_MIN_MS || everyMs % 1000 !== 0) note('differs', 'scrape_interval', 'a check runs every 10 s at most, in whole seconds');
  const seconds = Math.max(EVERY_MIN_MS / 1000, Math.round(everyMs / 1000));
  return seconds % 60 === 0 ? { frequency: seconds / 60 } : { frequency: 0, frequencyOffset: seconds };
}
