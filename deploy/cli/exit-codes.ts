/** What `sonde` exits with; 69 and 77 are EX_UNAVAILABLE and EX_NOPERM of sysexits.h. */
export const EXIT = {
  ok: 0,
  /** What was asked for failed, or does not exist. */
  failed: 1,
  /** The command, a flag or a setting is wrong. */
  usage: 2,
  /** `sonde run`: the probe could not be made from here; says nothing about the target. */
  agentFault: 3,
  /** The API (or what a server needs) cannot be reached. */
  unreachable: 69,
  /** No key, or one that may not do this. */
  notAuthorised: 77,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODES_HELP = `
Exit codes:
  0   done (run: passed or degraded)
  1   failed, or not found (run: the check failed)
  2   wrong usage, input or setting
  3   run: the probe could not be made from this machine
  69  the API cannot be reached
  77  no API key, or one that may not do this
`;
