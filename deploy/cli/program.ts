import { Command, Option } from 'commander';
import { VERSION } from '#shared/version.ts';
import type { RunFlags } from './commands/run.ts';
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
    .option('--ipv4', 'connect over IPv4 (default)')
    .option('--raw', 'show what was received with its line breaks').option('--hex', 'show the bytes that were received')
    .addHelpText('after', RUN_EXAMPLES)
    .action((target: string, flags: RunFlags) => ends(import('./commands/run.ts').then((it) => it.runCommand(context, target, flags))));

  add(program, 'import <blackbox.yml>', "checks from blackbox_exporter's tcp modules and their targets")
    .option('--targets <list>', 'host:port, separated by commas')
    .option('--prometheus <prometheus.yml>', 'take targets and modules from this configuration')
    .option('--modules <list>', 'of these modules only')
    .option('--locations <list>', 'codes of public locations').option('--private-locations <list>', 'slugs of private locations')
    .option('--every <time>', 'how often, e.g. 30s or 5m')
    .option('--create', 'create them, instead of showing them')
    .action((path: string, flags) => ends(import('./commands/import.ts').then((it) => it.importCommand(context, path, flags))));

  add(program, 'presets [name]', 'what --preset takes: dialogues of common protocols')
    .action((name: string | undefined) => ends(import('./commands/presets.ts').then((it) => it.presetsCommand(context, name))));

  const locations = program.command('locations').description('where checks run from');
  add(locations, 'list', 'all locations')
    .action(() => ends(import('./commands/fleet.ts').then((it) => it.listLocations(context))));
  add(locations, 'create <code>', 'a public location; shows a key for its agents, once').option('--name <name>', 'for people')
    .action((code: string, flags) => ends(import('./commands/fleet.ts').then((it) => it.createLocation(context, code, flags))));
  keyOptions(add(locations, 'add-key <code>', 'one more key for a location; shows it once'))
    .action((code: string, flags) => ends(import('./commands/location-keys.ts').then((it) => it.addLocationKey(context, code, flags))));
  add(locations, 'keys <code>', 'the live keys of a location')
    .action((code: string) => ends(import('./commands/location-keys.ts').then((it) => it.listLocationKeys(context, code))));
  add(locations, 'revoke-key <code> <key-id>', 'end a key, and cut off the agents that enrolled with it')
    .action((code: string, keyId: string) => ends(import('./commands/location-keys.ts').then((it) => it.revokeLocationKey(context, code, keyId))));
  add(program.command('secrets').description('how secrets are sealed'), 'rotate', 'seal everything by the first key of SONDE_MASTER_KEYS; may be interrupted and repeated')
    .action(() => ends(import('./commands/secrets.ts').then((it) => it.rotateSecrets(context))));
  add(program.command('rollups').description('hourly and daily figures'), 'rebuild', 'compute them anew from the results that are kept (needs DATABASE_URL); may be interrupted and repeated')
    .option('--from <when>', 'an instant, or how long ago: 2026-11-22, 7d (default: as far back as results are kept)').option('--to <when>', 'the same (default: now)')
    .action((flags) => ends(import('./commands/rollups.ts').then((it) => it.rebuildRollups(context, flags))));
  addPrivateLocations(program.command('private-locations').description("the account's own locations"), context, add, ends);

  add(program, 'backup <dir>', 'save everything of an installation into a new directory (DATABASE_URL, or the data directory of `sonde up`)')
    .action((dir: string) => ends(import('./commands/backup.ts').then((it) => it.backupCommand(context, dir))));
  add(program, 'restore <dir>', 'put a backup back, with the coordinators stopped; lost results end as gaps')
    .option('--replace', 'throw away what is in the database')
    .action((dir: string, flags) => ends(import('./commands/backup.ts').then((it) => it.restoreCommand(context, dir, flags))));
  addAlerting(program, context, add, ends);

  add(program, 'audit', 'is every due slot accounted for? exits 1 when one is missing or double')
    .option('--from <when>', 'an instant, or how long ago: 2026-11-22T10:00:00Z, 36h, 7d (default: 24h)').option('--to <when>', 'the same (default: now)')
    .option('--check <check>', 'one check only (id or name)')
    .action((flags) => ends(import('./commands/audit.ts').then((it) => it.auditCommand(context, flags))));
  const agents = add(program, 'agents', 'the agents and how they are')
    .action(() => ends(import('./commands/fleet.ts').then((it) => it.listAgents(context))));
  add(agents, 'approve <agent-id>', 'let in an agent that waits for approval')
    .action((id: string) => ends(import('./commands/agents.ts').then((it) => it.approveAgent(context, id))));
  add(agents, 'drain <agent-id>', 'take an agent out of work before stopping it; no slot is lost')
    .option('--undo', 'put it back to work')
    .action((id: string, flags) => ends(import('./commands/agents.ts').then((it) => it.drainAgent(context, id, flags))));
  add(agents, 'revoke <agent-id>', 'turn an agent out, for good')
    .action((id: string) => ends(import('./commands/agents.ts').then((it) => it.revokeAgent(context, id))));
  add(program, 'config', 'every setting: its value, where it is from, its default')
    .action(() => ends(import('./commands/settings.ts').then((it) => it.configCommand(context))));
  return program;
}

type Add = (parent: Command, usage: string, about: string) => Command;
type Ends = (code: Promise<ExitCode>) => Promise<void>;

function addPrivateLocations(places: Command, context: Context, add: Add, ends: Ends): void {
  const load = () => import('./commands/private-locations.ts');
  add(places, 'list', 'all of them')
    .action(() => ends(load().then((it) => it.listPrivateLocations(context))));
  add(places, 'create <slug>', 'a private location; shows a key for its agents, once').option('--name <name>', 'for people')
    .action((slug: string, flags) => ends(load().then((it) => it.createPrivateLocation(context, slug, flags))));
  add(places, 'delete <slug>', 'end a private location (slug or id)')
    .action((slug: string) => ends(load().then((it) => it.deletePrivateLocation(context, slug))));
  keyOptions(add(places, 'add-key <slug>', 'one more key; shows it once'))
    .action((slug: string, flags) => ends(load().then((it) => it.addPrivateLocationKey(context, slug, flags))));
  add(places, 'revoke-key <slug> <key-id>', 'end a key, and cut off the agents that enrolled with it')
    .action((slug: string, keyId: string) => ends(load().then((it) => it.revokePrivateLocationKey(context, slug, keyId))));
}

function addAlerting(program: Command, context: Context, add: Add, ends: Ends): void {
  const load = () => import('./commands/alerting.ts');
  const alerts = program.command('alerts').description('what is wrong, and what people say about it');
  add(alerts, 'list', 'those that are open').option('--all', 'also those that are over').action((flags) => ends(load().then((it) => it.listAlerts(context, flags))));
  add(alerts, 'ack <alert-id>', 'somebody is at work on it: reminders stop').action((id: string) => ends(load().then((it) => it.actOnAlert(context, id, 'acknowledge'))));
  add(alerts, 'snooze <alert-id> <time>', 'tell nothing but its end for a while, e.g. 2h').action((id: string, time: string) => ends(load().then((it) => it.actOnAlert(context, id, 'snooze', time))));
  add(alerts, 'resolve <alert-id>', 'close it by hand').action((id: string) => ends(load().then((it) => it.actOnAlert(context, id, 'resolve'))));
  const channels = program.command('channels').description('where alerts go');
  add(channels, 'list', 'all of them').action(() => ends(load().then((it) => it.listChannels(context))));
  add(channels, 'test <channel-id>', 'send a test; exits 1 when it did not arrive').action((id: string) => ends(load().then((it) => it.testChannel(context, id))));
  add(program.command('groups').description('groups of checks'), 'list', 'all of them').action(() => ends(load().then((it) => it.listGroups(context))));
  add(program.command('windows').description('maintenance windows'), 'list', 'all of them').action(() => ends(load().then((it) => it.listWindows(context))));
  const variables = program.command('variables').description('what {{NAME}} in checks stands for');
  add(variables, 'list', 'all of the account; secrets are never shown').action(() => ends(load().then((it) => it.listVariables(context))));
  add(variables, 'set <key> <value>', 'make or change one').option('--secret', 'written, used and never read again')
    .action((key: string, value: string, flags) => ends(load().then((it) => it.setVariable(context, key, value, flags))));
  add(variables, 'delete <key>', 'end one').action((key: string) => ends(load().then((it) => it.deleteVariable(context, key))));
  add(program, 'retention', 'how long results are kept; with days, keeps them for shorter')
    .option('--raw-days <days>', 'single results').option('--hourly-days <days>', 'figures by the hour').option('--daily-days <days>', 'figures by the day').option('--default', 'as long as the installation keeps them')
    .action((flags) => ends(import('./commands/retention.ts').then((it) => it.retention(context, flags))));
  add(program, 'usage', 'runs of this month, and the quotas').action(() => ends(load().then((it) => it.showUsage(context))));
}

function keyOptions(command: Command): Command {
  return command
    .option('--one-time', 'enrols one agent')
    .option('--expires <time>', 'enrols nobody after this, e.g. 2027-01-01T00:00:00Z')
    .option('--max-agents <number>', 'so many agents at once, at most')
    .option('--approval', 'agents wait for `sonde agents approve`');
}

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
    .option('--preset <name>', 'the dialogue of a protocol, for example smtp (see `sonde presets`)')
    .option('--param <name=value>', 'of the preset; may be repeated', collect)
    .option('--steps <path>', 'a dialogue as YAML: a list of expect, send and startTls; - is standard input')
    .option('--send <data>', 'what to send once connected')
    .option('--format <format>', 'of --send: escaped (\\r\\n, \\x00), text, hex or base64 (default: escaped)')
    .option('--send-after <when>', 'connect, or banner: when the other side has spoken')
    .option('--expect <text>', 'the answer contains this; may be repeated', collect)
    .option('--match <regex>', 'the answer matches this; may be repeated', collect)
    .option('--assert <assertion>', "SOURCE COMPARISON target, as in 'CONNECT_TIME LESS_THAN 50'; may be repeated", collect)
    .option('--tls', 'TLS from the start')
    .option('--server-name <name>', 'for SNI and the certificate (default: the host)')
    .option('--ca <path>', 'PEM file of authorities to trust instead of the system\'s')
    .option('--no-verify', 'accept any certificate')
    .option('--alpn <protocols>', 'to offer, separated by commas', collect)
    .option('--min-tls <version>', '1.0, 1.1, 1.2 or 1.3')
    .option('--client-certificate <name>', 'one of the SONDE_SECRETS_FILE of whoever probes')
    .option('--expect-alert <name>', 'the handshake must be refused with this alert, for example certificate_required')
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

const RUN_EXAMPLES = `
Examples:
  sonde run mail.example.com --preset smtp
  sonde run cache.example.com:6380 --preset redis-auth --param password=secret --tls
  sonde run example.com:443 --tls --assert 'CERTIFICATE_DAYS_LEFT GREATER_THAN 14'
  sonde run 10.0.0.1:23 --should-fail
`;

const CREATE_EXAMPLES = `
Examples:
  sonde checks create --name redis --host redis.internal --port 6379 --locations eu-1,us-1 \\
    --every 30s --send 'PING\\r\\n' --expect PONG
  sonde checks create --name mail --preset smtp --host mail.example.com --locations eu-1
  sonde checks create --file check.yaml
`;
