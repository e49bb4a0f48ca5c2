/** SONDE_PROBE_ENGINE. `auto`: the kernel-timed engine where it is to be had, else the plain one. */
export const ENGINE_CHOICES = ['auto', 'kernel', 'plain'] as const;
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

/** Which engine serves; why not the kernel-timed one (for people), '' where it does. */
export type EngineStatus = { readonly kind: 'kernel' | 'plain'; readonly reason: string };
