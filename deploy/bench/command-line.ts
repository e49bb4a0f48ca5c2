/** What the benches have in common at the terminal: how a number is read, and how progress is told. */

/** A whole number given as `--name`; ends the process with 2, saying what was expected, for any other text. */
export function whole(name: string, text: string, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  process.stderr.write(`--${name} must be a whole number from 1 to ${max}, not '${text}'\n`);
  process.exit(2);
}

/** To stderr: stdout is the report's. */
export function say(what: string): void {
  process.stderr.write(`· ${what}\n`);
}
