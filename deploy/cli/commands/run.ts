import { agentSettings } from '#agent/config.ts';
import { attemptWith } from '#agent/executor/attempt.ts';
import { openProbe } from '#agent/probe/open-probe.ts';
import { type AgentSecrets, openAgentSecrets } from '#agent/secrets.ts';
import type { Check } from '#shared/check/check.ts';
import { parseCheck } from '#shared/check/parse-check.ts';
import { presets, presetSecretSteps } from '#shared/check/presets.ts';
import { toProbeSpec } from '#shared/check/to-probe-spec.ts';
import { decideEgress, type EgressDecision } from '#shared/net/egress-policy.ts';
import type { Outcome } from '#shared/run/result.ts';
import { readSettings } from '#shared/settings/read-settings.ts';
import { systemClock } from '#shared/time/clock.ts';
import { type CheckFlags, checkFromFlags, usageProblem, withChanges } from '../check-from-flags.ts';
import { CliProblem } from '../cli-problem.ts';
import { settingsProblem } from '../cli-settings.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { runReportDocument, runReportLines } from '../render/run-report.ts';
import { parameterFlags } from '../request-flags.ts';
import { parseTarget } from '../target.ts';
import { warmUp } from '../warm-up.ts';
import { type FlagFiles, readFlagFiles } from './flag-files.ts';

export type RunFlags = CheckFlags & { readonly raw?: boolean; readonly hex?: boolean };

/** `sonde run`: one probe from this very process, judged as an agent judges it; no server is asked. */
export async function runCommand({ env, output, stop }: Context, target: string, flags: RunFlags): Promise<ExitCode> {
  const settings = readSettings({ resolver: agentSettings.resolver, secretsFile: agentSettings.secretsFile, engine: agentSettings.probeEngine }, env);
  if (!settings.ok) throw settingsProblem(settings.problems);
  if (flags.raw && flags.hex) throw new CliProblem(EXIT.usage, '--raw and --hex are two ways to show the same bytes: use one of them');
  const files = await readFlagFiles(flags);
  const check = checkOf(target, flags, files);
  const secrets = secretsOf(settings.settings.secretsFile, check, output);
  const { probe, engineChosen, close } = openProbe({
    resolver: settings.settings.resolver, egress: hardDenialsOnly, clock: systemClock, engine: settings.settings.engine,
    clientCertificates: (name) => secrets.clientCertificate(name),
  });
  try {
    const engine = await engineChosen;
    if (engine.kind === 'plain' && settings.settings.engine === 'kernel') output.note(`timed in user space: ${engine.reason}`);
    await warmUp(probe, usesTls(check));
    const attempt = attemptWith({ probe, nowMs: () => systemClock.nowMs(), isImpaired: () => false });
    const { report, ...judgement } = await attempt(toProbeSpec(check), stop);
    const run = {
      target, request: check.request, report, judgement, nowMs: systemClock.nowMs(),
      view: flags.hex ? 'hex' : flags.raw ? 'raw' : 'escaped',
      secretSteps: files.steps === undefined ? secretStepsOf(flags, check) : NO_STEPS,
    } as const;
    output.answer(runReportDocument(run), () => runReportLines(run, output.colors));
    return exitCodeOf(judgement.outcome);
  } finally {
    close();
  }
}

function checkOf(target: string, flags: RunFlags, files: FlagFiles): Check {
  const { host, port } = parseTarget(withPort(target, flags.preset));
  const definition = withChanges(checkFromFlags({ ...flags, host, port: String(port) }, files), {
    name: 'sonde run', locations: ['here'],
    // An IPv6 literal says which family it wants.
    request: host.includes(':') && !flags.ipv6 && !flags.ipv4 ? { ipFamily: 'IPv6' } : {},
  });
  const parsed = parseCheck(definition);
  if (!parsed.ok) throw usageProblem(parsed.problems.map((problem) => ({ ...problem })));
  refuseIdleTlsFlags(parsed.check, flags);
  return parsed.check;
}

/** A preset knows its protocol's port. */
function withPort(target: string, preset: string | undefined): string {
  const known = presets.find(({ name }) => name === preset?.toLowerCase());
  return known !== undefined && /^(\[[^\]]*\]|[^:[\]]+)$/.test(target) ? `${target}:${known.defaultPort}` : target;
}

/** Somebody who asks for a check of the certificate must not be told "passed" without one. */
function refuseIdleTlsFlags({ request }: Pick<Check, 'request'>, flags: RunFlags): void {
  if (usesTls({ request })) return;
  const idle = [
    ['--server-name', flags.serverName], ['--ca', flags.ca], ['--no-verify', flags.verify === false ? true : undefined], ['--alpn', flags.alpn],
    ['--min-tls', flags.minTls], ['--client-certificate', flags.clientCertificate], ['--expect-alert', flags.expectAlert],
  ].flatMap(([flag, value]) => (value === undefined ? [] : [String(flag)]));
  if (idle.length === 0) return;
  throw new CliProblem(EXIT.usage, `${idle.join(', ')} would have no effect, because nothing here begins TLS: add --tls, or steps or a preset with startTls`);
}

function usesTls({ request }: Pick<Check, 'request'>): boolean {
  return request.tls?.mode === 'implicit' || request.steps.some(({ kind }) => kind === 'startTls');
}

function secretsOf(path: string | null, { request }: Check, output: Output): AgentSecrets {
  const name = request.tls?.clientCertificate ?? null;
  const opened = openAgentSecrets(name === null ? null : path, () => performance.now(), {
    onWarning: (warnings) => warnings.forEach((warning) => output.note(`warning: ${warning}`)), onTrouble() {}, onReread() {},
  });
  if (!opened.ok) throw usageProblem(opened.problems.map((message) => ({ message })));
  if (name !== null && opened.secrets.clientCertificate(name) === null) {
    const where = path === null ? 'set SONDE_SECRETS_FILE to a file that has it under clientCertificates' : `${path} has none of that name`;
    throw new CliProblem(EXIT.usage, `there is no client certificate '${name}': ${where}`);
  }
  return opened.secrets;
}

const NO_STEPS: ReadonlySet<number> = new Set();

function secretStepsOf({ preset, param }: RunFlags, { request }: Check): ReadonlySet<number> {
  return preset === undefined ? NO_STEPS : presetSecretSteps(preset, parameterFlags(param, []), request);
}

/** The user of this machine may dial what the machine may (rules.md 31). */
function hardDenialsOnly(address: string): EgressDecision {
  return decideEgress(address, { kind: 'open', localAllow: [], localDeny: [], serverAllow: [], serverDeny: [], ownAddresses: [] });
}

function exitCodeOf(outcome: Outcome): ExitCode {
  switch (outcome) {
    case 'passed': case 'degraded': return EXIT.ok;
    case 'failed': return EXIT.failed;
    case 'agent_fault': case 'egress_denied': return EXIT.agentFault;
  }
}
