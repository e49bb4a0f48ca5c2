import { Command, Option } from 'commander';
import { VERSION } from '#shared/version.ts';
import type { CheckFlags } from './check-from-flags.ts';
import type { Context } from './context.ts';
import { EXIT_CODES_HELP, type ExitCode } from './exit-codes.ts';

/** Given to the processes of `sonde up`: Ctrl-C reaches the whole terminal, but stopping them is its business. */
export const SUPERVISED_FLAG = '--supervised';

/** All commands. Each loads its own code when it is used, so that a small one starts fast. */
export function createProgram(context: Context, end: (code: ExitCode) => void): Command {
  const program = new Command('sonde')
    .description('A distributed TCP probe fleet: checks of TCP services from many places.')
    .version(VERSION, '-V, --version')
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .showSuggestionAfterError()
    .addHelpText('after', EXIT_CODES_HELP)
    .addHelpText('after', 'Settings are environment variables; `sonde config` shows them all.\n');
  const add = (parent: Command, usage: string, about: string): Command =>
    parent.command(usage).description(about).option('--json', 'answer in JSON, errors too').allowExcessArguments(false);
  const ends = async (code: Promise<ExitCode>): Promise<void> => end(await code);

  add(program, 'up', 'Postgres, coordinator and two agents in this terminal, with results live')
    .action(() => ends(import('../local/up.ts').then(({ up }) => up(context))));
  add(program, 'coordinator', 'run a coordinator (needs DATABASE_URL)').addOption(supervised())
    .action(() => ends(import('./commands/coordinator.ts').then((it) => it.coordinatorCommand(context))));
  add(program, 'agent', 'run an agent (needs SONDE_COORDINATOR and SONDE_LOCATION_KEY)').addOption(supervised())
    .action(() => ends(import('./commands/agent.ts').then((it) => it.agentCommand(context))));

  addChecks(program.command('checks').description('the checks of the account'), context, add, ends);

  add(program, 'results <check>', 'what was seen of a check (id or name)')
    .option('-f, --follow', 'go on with results as they come')
    .option('-n, --limit <number>', 'how many of the past, at most 100', '20')
    .option('--location <code>', 'from this location only')
    .option('--failures', 'only failures')
    .option('--all', 'also attempts that a retry followed')
    .action((check: string, flags) => ends(import('./commands/results.ts').then((it) => it.resultsCommand(context, check, flags))));

  requestOptions(add(program, 'run <host:port>', 'probe from this machine, without a server'))
    .action((target: string, flags: CheckFlags) => ends(import('./commands/run.ts').then((it) => it.runCommand(context, target, flags))));

  const locations = program.command('locations').description('where checks run from');
  add(locations, 'list', 'all locations')
    .action(() => ends(import('./commands/fleet.ts').then((it) => it.listLocations(context))));
  add(locations, 'create <code>', 'a public location; shows a key for its agents, once').option('--name <name>', 'for people')
    .action((code: string, flags) => ends(import('./commands/fleet.ts').then((it) => it.createLocation(context, code, flags))));
  add(locations, 'add-key <code>', 'one more key for a location; shows it once')
    .action((code: string) => ends(import('./commands/fleet.ts').then((it) => it.addLocationKey(context, code))));

  add(program, 'agents', 'the agents and how they are')
    .action(() => ends(import('./commands/fleet.ts').then((it) => it.listAgents(context))));
  add(program, 'config', 'every setting: its value, where it is from, its default')
    .action(() => ends(import('./commands/settings.ts').then((it) => it.configCommand(context))));
  return program;
}

type Add = (parent: Command, usage: string, about: string) => Command;
type Ends = (code: Promise<ExitCode>) => Promise<void>;

function addChecks(checks: Command, context: Context, add: Add, ends: Ends): void {
  add(checks, 'list', 'all checks with their status')
    .option('--tag <tag>', 'with this tag only').option('--search <text>', 'with this in the name only')
    .action((flags) => ends(import('./commands/checks.ts').then((it) => it.listChecks(context, flags))));
  add(checks, 'get <check>', 'one check (id or name)')
    .action((check: string) => ends(import('./commands/checks.ts').then((it) => it.getCheck(context, check))));
  definitionOptions(add(checks, 'create', 'a new check, from flags or a file'))
    .option('--idempotency-key <key>', 'repeating with the same key creates nothing new')
    .addHelpText('after', CREATE_EXAMPLES)
    .action((flags) => ends(import('./commands/checks.ts').then((it) => it.createCheck(context, flags))));
  definitionOptions(add(checks, 'update <check>', 'change what the flags say, or replace by a file'))
    .option('--round-robin', 'each slot in one location').option('--ipv4', 'connect over IPv4').option('--active', 'let it run')
    .action((check: string, flags) => ends(import('./commands/checks.ts').then((it) => it.updateCheck(context, check, flags))));
  add(checks, 'delete <check>', 'end a check')
    .action((check: string) => ends(import('./commands/checks.ts').then((it) => it.deleteCheck(context, check))));
}

function definitionOptions(command: Command): Command {
  return requestOptions(command
    .option('--file <path>', 'a check as YAML or JSON; - is standard input. Flags change what it says')
    .option('--name <name>', 'name of the check')
    .option('--description <text>', 'Markdown, at most 500 characters')
    .option('--host <host>', 'DNS name or IP address')
    .option('--port <port>', '1 to 65535')
    .option('--locations <codes>', 'where it runs from, separated by commas')
    .option('--private-locations <slugs>', 'private locations, separated by commas')
    .option('--every <time>', '10s to 24h (default: 10m)')
    .option('--parallel', 'each slot in all locations (default: round-robin)')
    .option('--tag <tag>', 'may be repeated', collect)
    .option('--inactive', 'do not run it').option('--muted', 'run it without notifying'));
}

function requestOptions(command: Command): Command {
  return command
    .option('--send <data>', 'what to send once connected')
    .option('--format <format>', 'of --send: escaped (\\r\\n, \\x00), text, hex or base64 (default: escaped)')
    .option('--send-after <when>', 'connect, or banner: when the other side has spoken')
    .option('--expect <text>', 'the answer contains this; may be repeated', collect)
    .option('--match <regex>', 'the answer matches this; may be repeated', collect)
    .option('--ipv6', 'connect over IPv6')
    .option('--max <time>', 'slower than this fails, and nothing is waited for longer (default: 5000 ms)')
    .option('--timeout <time>', 'the same as --max')
    .option('--degraded <time>', 'slower than this is degraded (default: 3000 ms)')
    .option('--should-fail', 'a refused or unanswered connection passes, an open port fails')
    .option('--source <address>', 'connect from this address of the machine')
    .option('--dns-server <address>', 'ask this name server')
    .option('--read-bytes <number>', 'read at most this much');
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

function supervised(): Option {
  return new Option(SUPERVISED_FLAG).hideHelp();
}

const CREATE_EXAMPLES = `
Examples:
  sonde checks create --name redis --host redis.internal --port 6379 --locations eu-1,us-1 \\
    --every 30s --send 'PING\\r\\n' --expect PONG
  sonde checks create --file check.yaml
`;
