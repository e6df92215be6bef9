import type { BuildExplanation, Rule, StepExplanation } from '#scheduler';
import { plural } from '../ui/bytes.js';
import { duration, relative } from '../ui/time.js';

/** Base name without the hash and the ending: what people call a derivation. */
export const derivationName = (drvPath: string): string =>
  drvPath
    .slice(drvPath.lastIndexOf('/') + 1)
    .replace(/^[0-9a-z]{32}-/, '')
    .replace(/\.drv$/, '');

/** Why another step goes first. */
export const RULE_WORDS: Readonly<Record<Rule, string>> = {
  bump: 'it was bumped, or bumped later',
  share: 'its jobset is further below its share',
  priority: 'its priority in the jobset is higher',
  features: 'it needs more system features',
  dependents: 'more steps wait for it',
  'build-id': 'its build is older',
  name: 'all is equal, and its name comes first',
};

/** One side's number of the rule that decides. */
export const numberWords = (rule: Rule, value: number, policy: string): string => {
  const figure = String(Math.round(value * 1000) / 1000);
  if (rule === 'share') return policy === 'window' ? `${figure} ms per share` : `tag ${figure}`;
  if (rule === 'bump') return value === 0 ? 'not bumped' : new Date(value * 1000).toISOString().slice(0, 19) + 'Z';
  return rule === 'build-id' ? `#${figure}` : rule === 'name' ? '' : figure;
};

const and = (words: readonly string[]): string => words.join(', ');

/** What a step waits for, as a sentence. `now`: Unix milliseconds. */
export const waitWords = ({ wait, system, features }: StepExplanation, now: number): string => {
  switch (wait.kind) {
    case 'running':
      return `It is being built on ${wait.machine}, since ${duration(now - wait.sinceMs)}.`;
    case 'dependency': {
      const more = wait.count > wait.inputs.length ? ', …' : '';
      return `It waits for ${plural(wait.count, 'derivation')} that it needs: ${and(wait.inputs.map(derivationName))}${more}.`;
    }
    case 'retry':
      return `Its last attempt failed for a reason that may pass: it is tried again ${relative(wait.atMs, now)}.`;
    case 'unsupported': {
      const lacks = [
        ...(wait.system === undefined ? [] : [`the system ${wait.system}`]),
        ...(wait.features.length === 0 ? [] : [`the features ${and(wait.features)}`]),
      ];
      return lacks.length === 0
        ? `No machine can build it: none offers ${system} together with ${features.length === 0 ? 'no mandatory feature' : and(features)}.`
        : `No machine can build it: none offers ${lacks.join(' or ')}.`;
    }
    case 'machines-away': {
      const away = wait.machines.map(({ name, disabledUntilMs }) =>
        disabledUntilMs === undefined
          ? `${name} (disabled)`
          : `${name} (failed, used again ${relative(disabledUntilMs, now)})`,
      );
      return `The machines that can build it are away: ${and(away)}.`;
    }
    case 'ranked': {
      const first =
        wait.rank === 1
          ? 'it is the next to start'
          : `${plural(wait.rank - 1, 'step')} ${wait.rank === 2 ? 'goes' : 'go'} before it`;
      const free =
        wait.freeSlots === 0 ? 'no suitable slot is free' : `${plural(wait.freeSlots, 'suitable slot')} free`;
      return `It is ready to be built: ${first}; ${free}.`;
    }
  }
};

/** How a waiting build stands, as a sentence. */
export const standingWords = ({
  standing,
  policy,
  counts,
  localPriority,
  globalPriority,
}: BuildExplanation): string => {
  const { usedMs, shares, tag } = standing;
  const todo = [
    ...(counts.running > 0 ? [`${counts.running} running`] : []),
    ...(counts.runnable > 0 ? [`${counts.runnable} ready`] : []),
    ...(counts.delayed > 0 ? [`${counts.delayed} to be tried again later`] : []),
    ...(counts.blocked > 0 ? [`${counts.blocked} waiting for others`] : []),
  ];
  const bumped = globalPriority > 0 ? 'It was bumped, so it goes before all that were not. ' : '';
  const tagged = tag === undefined ? '' : `, tag ${tag}`;
  return `${bumped}Its jobset used ${duration(usedMs)} of machine time in the window at ${shares} shares${tagged} (policy ${policy}); its priority there is ${localPriority}. Steps to do: ${todo.length === 0 ? 'none' : todo.join(', ')}.`;
};
