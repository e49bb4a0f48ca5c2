import { classifyHost } from '#shared/check/host.ts';
import { CliProblem } from './cli-problem.ts';
import { EXIT } from './exit-codes.ts';

/** `host:port` or `[v6]:port` as typed; a CliProblem says what to write instead. */
export function parseTarget(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([^\]]*)\]|(.*)):([^:]*)$/.exec(text);
  if (!match) throw usage(`'${text}' has no port: write ${text}:<port>`);
  const [, inBrackets, plain = '', portText = ''] = match;
  if (inBrackets === undefined && plain.includes(':')) throw usage(`'${text}': write an IPv6 address in brackets, as in [::1]:6379`);
  const host = inBrackets ?? plain;
  const judged = classifyHost(host);
  if (judged.kind === 'invalid') throw usage(`'${text}': ${judged.problem}`);
  if (inBrackets !== undefined && judged.kind !== 'ipv6') throw usage(`'${text}': only an IPv6 address is written in brackets`);
  const port = /^\d{1,9}$/.test(portText) ? Number(portText) : Number.NaN;
  if (!(port >= 1 && port <= 65_535)) throw usage(`'${text}': the port '${portText}' is not a number from 1 to 65535`);
  return { host, port };
}

function usage(message: string): CliProblem {
  return new CliProblem(EXIT.usage, message);
}
