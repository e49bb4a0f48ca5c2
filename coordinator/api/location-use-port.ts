/** What hangs on a location, as its list tells it. */
export type LocationUseStore = {
  /** Checks of the account that run there now, by location id; those without any are not in it. */
  countChecksByLocation(accountId: string): Promise<ReadonlyMap<string, number>>;
};
