import { readAgentConfig } from '#agent/config.ts';
import { createLog } from '#shared/log.ts';
import { tellSupervisor } from '../../local/child-message.ts';
import { settingsProblem } from '../cli-settings.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { runServer } from '../run-server.ts';
import { startProblem } from '../start-problem.ts';

/** `sonde agent`: runs until it is stopped. */
export async function agentCommand(context: Context): Promise<ExitCode> {
  const read = readAgentConfig(context.env);
  if (!read.ok) throw settingsProblem(read.problems);
  const { config } = read;
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
