/** What one part says of itself. `detail` is for the operator; never a secret. */
export type HealthState = Readonly<{ ok: boolean; detail?: string }>;

/** The parts of a process and how they are. */
export type Health = Readonly<{
  /** Records a part's state, as it last was. */
  set: (part: string, state: HealthState) => void;
  /** Asks a part anew at every report; a check that throws is a part that is not well. */
  check: (part: string, ask: () => HealthState | Promise<HealthState>) => void;
  report: () => Promise<HealthReport>;
}>;

export type HealthReport = Readonly<{ ok: boolean; parts: Readonly<Record<string, HealthState>> }>;

/** An empty registry: well until a part says otherwise. */
export const createHealth = (): Health => {
  const checks = new Map<string, () => HealthState | Promise<HealthState>>();
  const ask = async (part: string, check: () => HealthState | Promise<HealthState>) => {
    try {
      return [part, await check()] as const;
    } catch (error) {
      return [part, { ok: false, detail: error instanceof Error ? error.message : String(error) }] as const;
    }
  };
  return {
    set: (part, state) => void checks.set(part, () => state),
    check: (part, check) => void checks.set(part, check),
    report: async () => {
      const parts = await Promise.all([...checks].map(([part, check]) => ask(part, check)));
      return { ok: parts.every(([, state]) => state.ok), parts: Object.fromEntries(parts) };
    },
  };
};
