/** How busy locations are and would be. */
export type LocationDemandPort = {
  /** Attempts that the checks of all accounts keep under way at once in a location, those of one check left out. */
  in(locationId: string, exceptCheckId?: string): number;
};
