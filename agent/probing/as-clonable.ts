/** Whatever was thrown must cross: an error does, with its stack, but what hangs on it may not. */
export function asClonable(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const told = new Error(error.message);
  told.name = error.name;
  told.stack = error.stack ?? '';
  return told;
}
