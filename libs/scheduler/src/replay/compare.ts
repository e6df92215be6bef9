import type { BuildStepStarted, Charge, DispatchBasis } from '#domain';
import type { Assignment } from '../scheduler.js';

/** One number on both sides. */
export type Difference = Readonly<{ what: string; recorded: unknown; recomputed: unknown }>;

const sorted = (ids: Iterable<number>): string => [...ids].sort((a, b) => a - b).join(',');

type Chosen = Pick<BuildStepStarted['data'], 'drvPath' | 'machine' | 'system' | 'jobsetIds' | 'dispatch'>;
type Finishing = NonNullable<DispatchBasis['finishing']>;

const NUMBERS = [
  'policy',
  'globalPriority',
  'jobsetId',
  'usedMs',
  'shares',
  'localPriority',
  'features',
  'dependents',
  'lowestBuildId',
  'runnable',
] as const;

const sameIds = (recorded: readonly number[], again: ReadonlySet<number>): boolean =>
  recorded.length === again.size && recorded.every((id) => again.has(id));

/** Whether all is equal: asked for every choice, so it builds nothing. */
const sameChoice = ({ drvPath, machine, system, jobsetIds, dispatch }: Chosen, again: Assignment): boolean => {
  if (drvPath !== again.step.drvPath || machine !== again.machine.name || system !== again.step.system) return false;
  for (const name of NUMBERS) if (dispatch[name] !== again.dispatch[name]) return false;
  const [clamp, other] = [dispatch.basis?.clamp, again.clamp];
  return clamp?.virtual === other?.virtual && clamp?.tag === other?.tag && sameIds(jobsetIds, again.step.jobsetIds);
};

/** A recorded choice beside the one that the same code makes again. Empty: equal in machine, step and every number. */
export const compareChoice = (chosen: Chosen, again: Assignment | undefined): Difference[] => {
  if (again !== undefined && sameChoice(chosen, again)) return [];
  const { drvPath, machine, system, jobsetIds, dispatch } = chosen;
  const found: Difference[] = [];
  const check = (what: string, recorded: unknown, recomputed: unknown): void => {
    if (recorded !== recomputed) found.push({ what, recorded, recomputed });
  };
  check('drvPath', drvPath, again?.step.drvPath);
  if (again === undefined) return found;
  check('machine', machine, again.machine.name);
  if (found.length > 0) return found;
  check('system', system, again.step.system);
  check('jobsetIds', sorted(jobsetIds), sorted(again.step.jobsetIds));
  for (const name of NUMBERS) check(`dispatch.${name}`, dispatch[name], again.dispatch[name]);
  check('dispatch.basis.clamp.virtual', dispatch.basis?.clamp?.virtual, again.clamp?.virtual);
  check('dispatch.basis.clamp.tag', dispatch.basis?.clamp?.tag, again.clamp?.tag);
  return found;
};

const attempts = (finishing: Finishing): string =>
  finishing
    .map(({ drvPath, attempt }) => `${drvPath}#${attempt}`)
    .sort()
    .join(' ');

/** Which attempts had given their slot back though their end was not recorded, on both sides. */
export const compareFinishing = (recorded: Finishing, again: Finishing): Difference[] => {
  if (recorded.length === 0 && again.length === 0) return [];
  const [left, right] = [attempts(recorded), attempts(again)];
  return left === right ? [] : [{ what: 'attempts whose slot is free', recorded: left, recomputed: right }];
};

const lines = (charges: readonly Charge[]): string =>
  [...charges]
    .sort((a, b) => a.jobsetId - b.jobsetId)
    .map(({ jobsetId, ms, tag }) => `jobset ${jobsetId}: ${ms} ms${tag === undefined ? '' : `, tag ${tag}`}`)
    .join('; ');

/** What each jobset paid, on both sides. */
export const compareCharges = (recorded: readonly Charge[], again: readonly Charge[]): Difference[] => {
  const same =
    recorded.length === again.length &&
    recorded.every(({ jobsetId, ms, tag }, place) => {
      const other = again[place]!;
      return other.jobsetId === jobsetId && other.ms === ms && other.tag === tag;
    });
  if (same) return [];
  const [left, right] = [lines(recorded), lines(again)];
  return left === right ? [] : [{ what: 'charges', recorded: left, recomputed: right }];
};
