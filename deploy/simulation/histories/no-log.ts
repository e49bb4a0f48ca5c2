import type { Log } from '#shared/log.ts';

const nothing = (): void => undefined;
export const NO_LOG: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
