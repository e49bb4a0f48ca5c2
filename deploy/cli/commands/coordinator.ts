import { coordinatorSettings, readCoordinatorConfig } from '#coordinator/config.ts';
import { createLog } from '#shared/log.ts';
import { shownValue } from '#shared/settings/read-settings.ts';
import { tellSupervisor } from '../../local/child-message.ts';
import { settingsProblem } from '../cli-settings.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { runServer } from '../run-server.ts';
import { startProblem } from '../start-problem.ts';

/** `sonde coordinator`: runs until it is stopped. */
export async function coordinatorCommand(context: Context): Promise<ExitCode> {
  const read = readCoordinatorConfig(context.env);
  if (!read.ok) throw settingsProblem(read.problems);
  const { config } = read;
  const { http, fleet } = config;
  return runServer(context, async () => {
    const { startCoordinator } = await import('#coordinator/main.ts');
    try {
      const running = await startCoordinator(config, createLog('coordinator', config.logLevel));
      await tellSupervisor({ kind: 'ready', httpUrl: running.httpUrl, fleetPort: running.fleetPort, setupUrl: running.setupUrl });
      const { httpUrl, fleetPort } = running;
      // A supervisor shows the link itself, and keeps what is printed here in a log.
      const setupUrl = process.send === undefined ? running.setupUrl : null;
      context.output.item({ event: 'ready', httpUrl, fleetPort, setupUrl }, () => [
        `coordinator: dashboard and API ${httpUrl}, agents connect to ${fleet.host}:${fleetPort}`,
        ...(setupUrl === null ? [] : [`coordinator: nobody owns this installation yet. Set it up, once, at ${setupUrl}`]),
      ].join('\n'));
      return running;
    } catch (error) {
      throw startProblem(error, {
        database: shownValue(coordinatorSettings.databaseUrl, config.databaseUrl.reveal()),
        listeners: [{ ...http, variable: 'SONDE_HTTP_PORT' }, { ...fleet, variable: 'SONDE_FLEET_PORT' }],
      });
    }
  });
}
