import { parseArgs } from 'node:util';

export type FleetSettings = {
  readonly agents: number;
  readonly isTls: boolean;
  /** On one Postgres, the agents spread over them. */
  readonly coordinators: number;
  /** Live results a second of all agents together, for so long; 0: that phase is left out. */
  readonly rate: number;
  readonly seconds: number;
  /** Old results that `BEHIND` agents have to deliver; 0: that phase is left out. */
  readonly backlog: number;
  /** Of results all at once against COPY and inserts; 0: that phase is left out. */
  readonly rounds: number;
  /** Where CPU profiles of the coordinators go; null: none are taken. One that is killed leaves none. */
  readonly profileDir: string | null;
  readonly isJson: boolean;
};

/** Have the backlog, where there is one. */
export const BEHIND = 20;

/** Ends the process with a sentence for what makes no sense. */
export function readSettings(args: readonly string[]): FleetSettings {
  const { values: given } = parseArgs({
    args: [...args],
    options: {
      agents: { type: 'string', default: '1000' }, tls: { type: 'boolean', default: false }, coordinators: { type: 'string', default: '1' }, rate: { type: 'string', default: '5000' },
      seconds: { type: 'string', default: '20' }, backlog: { type: 'string', default: '0' }, rounds: { type: 'string', default: '3' }, profile: { type: 'string' }, json: { type: 'boolean', default: false },
    },
  });
  return {
    agents: whole('agents', given.agents, BEHIND, 20_000), isTls: given.tls, coordinators: whole('coordinators', given.coordinators, 1, 8), rate: whole('rate', given.rate, 0, 50_000), seconds: whole('seconds', given.seconds, 1, 600),
    backlog: whole('backlog', given.backlog, 0, 4_000_000), rounds: whole('rounds', given.rounds, 0, 20), profileDir: given.profile ?? null, isJson: given.json,
  };
}

function whole(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  process.stderr.write(`--${name} must be a whole number, ${min} to ${max}, not '${text}'\n`);
  process.exit(2);
}
