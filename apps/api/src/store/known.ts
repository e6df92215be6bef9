/** What the farm knows of a derivation: the newest build of it, or with an output of it, and the newest attempt at it. */
export type Known = Readonly<{
  build: number | null;
  step: Readonly<{ build: number; stepnr: number; status: string }> | null;
}>;
