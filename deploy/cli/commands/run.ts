import { agentSettings } from '#agent/config.ts';
import { attemptWith } from '#agent/executor/attempt.ts';
import { openProbe } from '#agent/probe/open-probe.ts';
import { parseCheck } from '#shared/check/parse-check.ts';
import { toProbeSpec } from '#shared/check/to-probe-spec.ts';
import { decideEgress, type EgressDecision } from '#shared/net/egress-policy.ts';
import type { Outcome } from '#shared/run/result.ts';
import { readSettings } from '#shared/settings/read-settings.ts';
import { systemClock } from '#shared/time/clock.ts';
import { type CheckFlags, checkFromFlags, usageProblem, withChanges } from '../check-from-flags.ts';
import { settingsProblem } from '../cli-settings.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { runReportDocument, runReportLines } from '../render/run-report.ts';
import { parseTarget } from '../target.ts';

/** `sonde run`: one probe from this very process, judged as an agent judges it; no server is asked. */
export async function runCommand({ env, output, stop }: Context, target: string, flags: CheckFlags): Promise<ExitCode> {
  const settings = readSettings({ resolver: agentSettings.resolver }, env);
  if (!settings.ok) throw settingsProblem(settings.problems);
  const { host, port } = parseTarget(target);
  const definition = withChanges(checkFromFlags(flags), {
    name: 'sonde run', locations: ['here'],
    // An IPv6 literal says which family it wants.
    request: { hostname: host, port, ...(host.includes(':') && !flags.ipv6 ? { ipFamily: 'IPv6' } : {}) },
  });
  const parsed = parseCheck(definition);
  if (!parsed.ok) throw usageProblem(parsed.problems.map((problem) => ({ ...problem })));
  const { check } = parsed;
  const { probe, close } = openProbe({ resolver: settings.settings.resolver, egress: hardDenialsOnly, clock: systemClock });
  try {
    const attempt = attemptWith({ probe, nowMs: () => systemClock.nowMs(), isImpaired: () => false });
    const { report, ...judgement } = await attempt(toProbeSpec(check), stop);
    const run = { target, assertions: check.request.assertions, report, judgement };
    output.answer(runReportDocument(run), () => runReportLines(run, output.colors));
    return exitCodeOf(judgement.outcome);
  } finally {
    close();
  }
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
