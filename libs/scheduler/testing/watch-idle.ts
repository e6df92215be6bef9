import type { Happening, SimulatedEvent, SimulationInput, StepSpec } from '../src/index.js';

type Machine = Readonly<{ slots: number; features: readonly string[] }> & { awayUntilMs: number };

/**
 * Finds instants at which a slot was idle though a step that it could build was runnable, from what happened alone: the
 * scheduler is not asked. Answers the first one, or undefined.
 */
export const idleThough = (input: SimulationInput, events: readonly SimulatedEvent[]): string | undefined => {
  const happenings = [...input.happenings];
  const machines = new Map<string, Machine>();
  const specs = new Map<string, StepSpec>();
  const tops = new Map<number, string>();
  const done = new Set<string>();
  const running = new Map<string, string>();
  const retryAt = new Map<string, number>();

  const happen = (what: Happening): void => {
    if (what.kind === 'build') {
      for (const spec of what.specs) specs.set(spec.drvPath, spec);
      tops.set(what.build.buildId, what.build.drvPath);
    }
    if (what.kind !== 'machine') return;
    const { type, data } = what.event;
    if (type === 'MachineAdded') machines.set(data.name, { ...data.configuration, awayUntilMs: 0 });
    const known = machines.get(data.name);
    if (type === 'MachineFailed' && known) known.awayUntilMs = data.disabledUntilMs;
  };

  const heed = (event: SimulatedEvent): void => {
    if (event.kind === 'build-finished') tops.delete(event.buildId);
    if (event.kind === 'started') running.set(event.drvPath, event.machine);
    if (event.kind !== 'ended') return;
    running.delete(event.drvPath);
    if (event.status === 'succeeded') done.add(event.drvPath);
    else {
      // When it may be tried again is the input's to say; a failure without it is final, and its builds are gone.
      const nth = event.attempt;
      const outcome = input.outcomeOf({
        step: { drvPath: event.drvPath } as never,
        nth,
        machine: {} as never,
        atMs: 0,
      });
      retryAt.set(event.drvPath, event.status === 'cancelled' ? 0 : event.atMs + (outcome.retryAfterMs ?? 0));
    }
  };

  /** Between two instants nothing changes but what time alone brings. */
  const look = (fromMs: number, toMs: number): string | undefined => {
    const wanted = new Set(tops.values());
    for (const path of wanted) for (const next of specs.get(path)!.inputs) if (!done.has(next)) wanted.add(next);
    for (const path of wanted) {
      const { inputs, features } = specs.get(path)!;
      if (running.has(path) || !inputs.every((each) => done.has(each))) continue;
      for (const [name, { slots, features: offered, awayUntilMs }] of machines) {
        const taken = [...running.values()].filter((each) => each === name).length;
        const readyAtMs = Math.max(fromMs, retryAt.get(path) ?? 0, awayUntilMs);
        if (taken < slots && readyAtMs < toMs && features.every((each) => offered.includes(each)))
          return `${path} could run on ${name} from ${readyAtMs} on, until ${toMs}`;
      }
    }
    return undefined;
  };

  const instants = [...new Set([...happenings, ...events].map(({ atMs }) => atMs))].sort((a, b) => a - b);
  for (const [place, atMs] of instants.entries()) {
    for (const each of happenings.filter((one) => one.atMs === atMs)) happen(each);
    for (const each of events.filter((one) => one.atMs === atMs)) heed(each);
    const found = look(atMs, instants[place + 1] ?? Infinity);
    if (found !== undefined) return found;
  }
  return undefined;
};
