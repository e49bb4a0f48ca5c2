/** How far ahead of the coordinator's clock the slot of a result may be, ms; further ahead the result is refused. */
export const RESULT_AHEAD_MAX_MS = 10 * 60_000;

/** The same for a gap: a slot that is still to come cannot have been missed. Clocks of coordinators differ by less. */
export const GAP_AHEAD_MAX_MS = 5_000;
