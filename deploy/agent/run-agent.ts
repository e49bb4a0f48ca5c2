/** The agent and no other command. */
import { agentSettings } from '#agent/config.ts';
import { unknownVariables } from '#shared/settings/unknown-variables.ts';
import { problemOf } from '../cli/cli-problem.ts';
import { agentCommand } from '../cli/commands/agent.ts';
import { createOutput } from '../cli/output.ts';
import { stopSignals } from '../cli/stop-signals.ts';

const { env, stdout, stderr } = process;
const output = createOutput({ json: false, stdout, stderr, env });

process.on('uncaughtException', exitWith);
process.on('unhandledRejection', exitWith);
for (const sentence of unknownVariables(env, Object.values(agentSettings).map(({ variable }) => variable))) output.note(`warning: ${sentence}`);
try {
  process.exit(await agentCommand({ env, output, ...stopSignals(process, { isSupervised: false }) }));
} catch (error) {
  exitWith(error);
}

function exitWith(error: unknown): never {
  const problem = problemOf(error);
  output.problem(problem);
  process.exit(problem.exitCode);
}
