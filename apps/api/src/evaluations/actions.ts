import type { EvaluationView } from '#read-model';
import type { Capability } from '../http/permissions.js';
import type { MenuItem } from '../ui/actions-menu.js';
import { plural } from '../ui/bytes.js';
import { evaluationPath } from '../ui/links.js';

type Allowed = (capability: Capability) => boolean;
type Order = Extract<MenuItem, { kind: 'order' }>;

const release = ({ status, queued, failed, jobsFound, releaseName }: EvaluationView, path: string): MenuItem[] => {
  if (releaseName !== null)
    return [
      {
        kind: 'order',
        label: 'Revoke the release',
        action: `${path}/revoke`,
        warning: `The release ${releaseName} is taken back: its outputs are no longer kept for its sake.`,
      },
    ];
  if (status !== 'ran' || queued > 0) return [];
  return [
    {
      kind: 'order',
      label: 'Release',
      action: `${path}/release`,
      asks: [{ name: 'name', label: 'Name of the release' }],
      warning: `${failed > 0 ? `${failed} of its ${plural(jobsFound, 'job')} did not succeed. ` : ''}The outputs of all its jobs are kept until the release is revoked.`,
    },
  ];
};

/**
 * What the viewer may order for all builds of an evaluation; nothing that would change none. `aborted`: how many `restart-aborted` is
 * about, which are not those of the group of that name.
 */
export const evaluationActions = (evaluation: EvaluationView, aborted: number, allowed: Allowed): MenuItem[] => {
  const { id, queued, failed } = evaluation;
  const path = evaluationPath(id);
  const order = (verb: string, label: string, more: Partial<Order> = {}): MenuItem => ({
    kind: 'order',
    label,
    action: `${path}/${verb}`,
    ...more,
  });
  const restarts = allowed('restart-build');
  return [
    ...(allowed('edit-jobset')
      ? [{ kind: 'link', label: 'Create a jobset from this evaluation', href: `${path}/create-jobset` } as const]
      : []),
    ...(queued > 0 && allowed('bump-build') ? [order('bump', `Bump ${plural(queued, 'build')} up`)] : []),
    ...(failed > 0 && restarts ? [order('restart-failed', `Restart ${plural(failed, 'failed build')}`)] : []),
    ...(aborted > 0 && restarts
      ? [order('restart-aborted', `Restart ${plural(aborted, 'aborted, cancelled or unsupported build')}`)]
      : []),
    ...(queued > 0 && allowed('cancel-build')
      ? [
          order('cancel', `Cancel ${plural(queued, 'build')}`, {
            warning: `${plural(queued, 'unfinished build')} of this evaluation will end as cancelled.`,
          }),
        ]
      : []),
    ...(allowed('release-evaluation') ? release(evaluation, path) : []),
  ];
};
