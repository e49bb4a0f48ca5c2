import { isProbeOnly, readProbeOnlyConfig } from '#agent/blackbox/probe-only-config.ts';
import { agentSettings, readAgentConfig } from '#agent/config.ts';
import { hasIdentity } from '#agent/identity.ts';
import { createLog } from '#shared/log.ts';
import { settingProblem } from '#shared/settings/read-settings.ts';
import { tellSupervisor } from '../../local/child-message.ts';
import { settingsProblem } from '../cli-settings.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { runServer } from '../run-server.ts';
import { startProblem } from '../start-problem.ts';

/** `sonde agent`: runs until it is stopped; with modules for `/probe` and no coordinator it serves just these. */
export async function agentCommand(context: Context): Promise<ExitCode> {
  if (isProbeOnly(context.env)) return probeOnly(context);
  const read = readAgentConfig(context.env);
  if (!read.ok) throw settingsProblem(read.problems);
  const { config } = read;
  if (config.locationKey === null && !hasIdentity(config.dataDir)) {
    throw settingsProblem([settingProblem(agentSettings.locationKey, null, `set, because ${config.dataDir} holds no agent that has enrolled`)]);
  }
  return runServer(context, async () => {
    const { startAgent } = await import('#agent/main.ts');
    try {
      const running = await startAgent(config, createLog('agent', config.logLevel));
      await tellSupervisor({ kind: 'ready', httpUrl: running.httpUrl });
      const { httpUrl } = running;
      context.output.item({ event: 'ready', httpUrl }, () => `agent: ${httpUrl}/metrics, coordinator ${config.coordinator.host}:${config.coordinator.port}`);
      return running;
    } catch (error) {
      throw startProblem(error, { listeners: [{ ...config.http, variable: 'SONDE_AGENT_HTTP_PORT' }] });
    }
  });
}

async function probeOnly(context: Context): Promise<ExitCode> {
  const read = readProbeOnlyConfig(context.env);
  if (!read.ok) throw settingsProblem(read.problems);
  const { config } = read;
  return runServer(context, async () => {
    const { startProbeOnly } = await import('#agent/blackbox/serve-alone.ts');
    try {
      const running = await startProbeOnly(config, createLog('agent', 'info'));
      await tellSupervisor({ kind: 'ready', httpUrl: running.httpUrl });
      const { httpUrl } = running;
      context.output.item({ event: 'ready', httpUrl }, () => `agent: ${httpUrl}/probe, without a coordinator`);
      return running;
    } catch (error) {
      throw startProblem(error, { listeners: [{ ...config.http, variable: 'SONDE_AGENT_HTTP_PORT' }] });
    }
  });
}
