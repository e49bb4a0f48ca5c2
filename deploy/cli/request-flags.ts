/** The flags of a request that say more than one field: presets, TLS, assertions. Problems are added to a list, so that all are told. */
import { type PresetRequest, presetRequest } from '#shared/check/presets.ts';
import type { CheckFlags } from './check-from-flags.ts';
import type { ProblemDetail } from './cli-problem.ts';
import type { FlagFiles } from './commands/flag-files.ts';
import { type ParsedAssertion, parseAssertion } from './parse-assertion.ts';

type LaidUnder = Omit<PresetRequest, 'assertions'> & { readonly assertions: NonNullable<PresetRequest['assertions']>; readonly port?: number };

/** What the preset says, to be laid under the other flags; empty without one. */
export function presetOf({ preset, param, host, port }: CheckFlags, parameters: Readonly<Record<string, string>>, problems: ProblemDetail[]): LaidUnder {
  if (preset === undefined) {
    if (param !== undefined) problems.push({ message: '--param is a parameter of a preset: add --preset <name> (see `sonde presets`)', flag: '--param' });
    return { assertions: [] };
  }
  const made = presetRequest(preset, parameters, host === undefined ? null : { hostname: host, port: port === undefined ? null : Number(port) });
  if (made.ok) return { assertions: [], ...made.request, port: made.defaultPort };
  for (const message of made.problems) problems.push({ message: `--preset: ${message}`, flag: '--preset', value: preset });
  return { assertions: [] };
}

/** `name=value`; a value may have further `=` in it. */
export function parameterFlags(given: readonly string[] | undefined, problems: ProblemDetail[]): Readonly<Record<string, string>> {
  const parameters: Record<string, string> = {};
  for (const text of given ?? []) {
    const at = text.indexOf('=');
    // What was typed may be a secret: it is not repeated.
    if (at > 0) parameters[text.slice(0, at).trim()] = text.slice(at + 1);
    else problems.push({ message: '--param must be name=value, for example --param helo=probe.example.com', flag: '--param' });
  }
  return parameters;
}

export function assertionFlags(given: readonly string[] | undefined, problems: ProblemDetail[]): readonly ParsedAssertion[] {
  return (given ?? []).flatMap((text) => {
    const parsed = parseAssertion(text);
    if (parsed.ok) return [parsed.assertion];
    problems.push({ message: `--assert '${text}': ${parsed.problem}`, flag: '--assert', value: text });
    return [];
  });
}

/** Only what was said; without a flag of TLS nothing. */
export function tlsFlags(flags: CheckFlags, files: FlagFiles, problems: ProblemDetail[]): Record<string, unknown> {
  const minVersion = flags.minTls === undefined ? undefined : tlsVersion(flags.minTls);
  if (minVersion === null) problems.push({ message: `--min-tls is '${flags.minTls}' but must be 1.0, 1.1, 1.2 or 1.3`, flag: '--min-tls', value: flags.minTls });
  const said = {
    mode: flags.tls ? 'implicit' : undefined,
    serverName: flags.serverName,
    verify: flags.verify === false ? false : undefined,
    ca: files.ca,
    alpn: flags.alpn?.flatMap((list) => list.split(',')).map((protocol) => protocol.trim()).filter((protocol) => protocol !== ''),
    minVersion: minVersion ?? undefined,
    clientCertificate: flags.clientCertificate,
    expectAlert: flags.expectAlert,
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

function tlsVersion(text: string): string | null {
  const number = /^(?:tlsv?)?1(?:\.([0-3]))?$/i.exec(text.trim());
  if (number === null) return null;
  return number[1] === undefined || number[1] === '0' ? 'TLSv1' : `TLSv1.${number[1]}`;
}
