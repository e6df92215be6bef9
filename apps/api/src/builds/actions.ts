import type { BuildView, EvaluationView } from '#read-model';
import type { Capability } from '../http/permissions.js';
import { isReproducible } from '../reproduce/reproducible.js';
import type { MenuItem } from '../ui/actions-menu.js';
import { buildPath } from '../ui/links.js';
import { madeOutputs } from './made-outputs.js';

type Allowed = (capability: Capability) => boolean;

/** What the viewer may do with a build as it stands now. */
export const buildActions = (
  build: BuildView,
  evaluation: EvaluationView | undefined,
  allowed: Allowed,
): MenuItem[] => {
  const path = buildPath(build.id);
  const finished = build.status !== null;
  const order = (verb: string, label: string, more: object = {}): MenuItem => ({
    kind: 'order',
    label,
    action: `${path}/${verb}`,
    ...more,
  });
  return [
    ...(isReproducible(evaluation)
      ? [{ kind: 'link', label: 'Reproduce locally', href: `${path}#reproduce` } as const]
      : []),
    ...((madeOutputs(build) || build.kept) && allowed('keep-build')
      ? [order('keep', build.kept ? 'Unkeep' : 'Keep', { fields: { keep: build.kept ? '0' : '1' } })]
      : []),
    ...(finished && allowed('restart-build') ? [order('restart', 'Restart')] : []),
    ...(!finished && allowed('bump-build') ? [order('bump', 'Bump up')] : []),
    ...(!finished && allowed('cancel-build')
      ? [order('cancel', 'Cancel', { warning: 'The build ends as cancelled; what it has built so far is lost.' })]
      : []),
  ];
};
