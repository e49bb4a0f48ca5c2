import { CommanderError } from 'commander';
import { unknownVariables } from '#shared/settings/unknown-variables.ts';
import { CliProblem, problemOf } from './cli-problem.ts';
import { allSettings } from './cli-settings.ts';
import { EXIT } from './exit-codes.ts';
import { createOutput, type Output } from './output.ts';
import { createProgram, SUPERVISED_FLAG } from './program.ts';
import { stopSignals } from './stop-signals.ts';

/** Runs one command line to its end and answers the exit code. Nothing is thrown, no stack is shown. */
export async function runCli(proc: NodeJS.Process): Promise<number> {
  const args = proc.argv.slice(2);
  const output = createOutput({ json: args.includes('--json'), stdout: proc.stdout, stderr: proc.stderr, env: proc.env });
  const signals = stopSignals(proc, { isSupervised: args.includes(SUPERVISED_FLAG) });
  const showBugs = (error: unknown): never => proc.exit(report(error, output, proc.env));
  proc.on('uncaughtException', showBugs);
  proc.on('unhandledRejection', showBugs);
  for (const sentence of unknownVariables(proc.env, allSettings().map(({ setting }) => setting.variable))) {
    output.note(`warning: ${sentence}`);
  }
  let exitCode: number = EXIT.ok;
  const program = createProgram({ env: proc.env, output, ...signals }, (code) => { exitCode = code; });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    return error instanceof CommanderError ? reportUsage(error, output) : report(error, output, proc.env);
  }
}

function report(error: unknown, output: Output, env: NodeJS.ProcessEnv): number {
  const problem = problemOf(error);
  output.problem(problem);
  if (env['SONDE_LOG_LEVEL'] === 'debug' || env['SONDE_LOG_LEVEL'] === 'trace') {
    output.note(error instanceof Error ? error.stack ?? error.message : String(error));
  }
  return problem.exitCode;
}

/** Commander throws for help and version as well. */
function reportUsage(error: CommanderError, output: Output): number {
  if (error.exitCode === 0) return EXIT.ok;
  if (error.code === 'commander.help') {
    if (output.json) output.problem(new CliProblem(EXIT.usage, 'no command was given; see `sonde --help`'));
    return EXIT.usage;
  }
  const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  output.problem(new CliProblem(EXIT.usage, `${message} See \`sonde --help\`.`.replace(/([^.?)!])( See `)/, '$1.$2')));
  return EXIT.usage;
}
