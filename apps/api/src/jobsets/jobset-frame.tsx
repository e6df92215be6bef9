import type { PropsWithChildren } from '@kitajs/html';
import { DECLARATIVE_JOBSET } from '#domain';
import type { JobsetView } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { type Owners, roleFor } from '../http/permissions.js';
import { type MenuItem, TabRow } from '../ui/actions-menu.js';
import { crumbsTo } from '../ui/crumbs.js';
import { Layout, Live } from '../ui/layout.js';
import { evaluationPath, jobsetPath } from '../ui/links.js';

/** What the viewer may do with a jobset as it stands now. */
export const jobsetActions = ({
  page: { visitor },
  jobset,
  owner,
}: Omit<JobsetFrame, 'current' | 'title'>): MenuItem[] => {
  const path = jobsetPath(jobset.project, jobset.name);
  const edits = roleFor('edit-jobset', visitor, owner) !== undefined;
  const declared = jobset.declaredBy !== null;
  const order = (verb: string, label: string, fields: Readonly<Record<string, string>> = {}): MenuItem => ({
    kind: 'order',
    label,
    action: `${path}/${verb}`,
    fields,
  });
  const link = (part: string, label: string): MenuItem => ({ kind: 'link', label, href: `${path}/${part}` });
  return [
    ...(edits && !declared ? [link('edit', 'Edit configuration'), link('clone', 'Clone this jobset')] : []),
    // As Hydra's, whatever its inputs. A one-shot that had its evaluation has to be armed again.
    ...(roleFor('evaluate-jobset', visitor, owner) === undefined || jobset.spent
      ? []
      : [order('evaluate', 'Evaluate this jobset', { force: '1' })]),
    ...(!edits
      ? []
      : jobset.mode === 'disabled'
        ? [order('enable', 'Enable'), order('enable', 'Arm for one evaluation', { mode: 'one-shot' })]
        : [order('disable', 'Disable')]),
    ...(edits
      ? [
          {
            kind: 'order',
            label: 'Change its share',
            action: `${path}/share`,
            asks: [{ name: 'shares', label: `Scheduling shares (now ${jobset.shares})` }],
          } as const,
        ]
      : []),
    ...(declared || roleFor('delete-jobset', visitor, owner) === undefined
      ? []
      : [
          {
            kind: 'order',
            label: 'Delete this jobset',
            action: `${path}/delete`,
            warning: 'Its unfinished builds are cancelled and its pages are gone. Its events stay in the log.',
          } as const,
        ]),
  ];
};

export type JobsetFrame = Readonly<{
  page: PageContext;
  jobset: JobsetView;
  /** opaque ids of the project's owner and members */
  owner: Owners;
  current: '' | '/jobs' | '/all' | '/channels' | '/configuration' | '/history' | '/errors';
  title?: string;
}>;

/** What is to be known of a jobset that is not evaluated whenever its inputs change. */
const MODES: Partial<Readonly<Record<JobsetView['mode'], (jobset: JobsetView) => string>>> = {
  disabled: () => 'It is disabled: nothing of it is evaluated.',
  'one-shot': ({ checkInterval, triggerAtMs }) =>
    `A one-shot, armed: ${checkInterval === 0 && triggerAtMs === null ? 'it is not polled, and evaluated once somebody asks for it' : 'it is evaluated soon'}; that disables it.`,
  'one-at-a-time': () => 'One at a time: it is evaluated once its newest evaluation is built.',
};

/** What all pages of a jobset have around them. */
export const JobsetFramePage = (props: PropsWithChildren<JobsetFrame & { live?: boolean }>): JSX.Element => {
  const { page, jobset, current, title, live = false, children } = props;
  const path = jobsetPath(jobset.project, jobset.name);
  const broken = Boolean(jobset.errorMsg || jobset.fetchErrorMsg) || jobset.lastEvaluationErrors > 0;
  const { clonedFrom } = jobset;
  const crumbs = crumbsTo({ project: jobset.project, jobset: current === '' ? undefined : jobset.name });
  return (
    <Layout
      page={page}
      title={`${title ? `${title} of ` : ''}${jobset.project}:${jobset.name}`}
      crumbs={crumbs}
      live={live}
    >
      <h1 safe>{title ? `${title} of ${jobset.name}` : jobset.name}</h1>
      <Live id="jobset-head">
        {jobset.description !== '' && <p safe>{jobset.description}</p>}
        {clonedFrom !== null && (
          <p>
            A clone of{' '}
            <a href={jobsetPath(clonedFrom.project, clonedFrom.name)} safe>
              {`${clonedFrom.project}:${clonedFrom.name}`}
            </a>{' '}
            <span class="muted" safe>{`at revision ${clonedFrom.revision}`}</span>:{' '}
            <a href={`${path}/configuration#differences`}>how they differ</a>.
          </p>
        )}
        {!jobset.spent && MODES[jobset.mode] !== undefined && <p safe>{MODES[jobset.mode]?.(jobset) ?? ''}</p>}
        {jobset.spent && (
          <p>
            A one-shot that had its evaluation
            {jobset.lastEvaluationId !== null && (
              <>
                , <a href={evaluationPath(jobset.lastEvaluationId)} safe>{`#${jobset.lastEvaluationId}`}</a>
              </>
            )}
            . It is evaluated again when it is armed again.
          </p>
        )}
        {jobset.declaredBy !== null && (
          <p>
            {jobset.name === DECLARATIVE_JOBSET ? (
              'It reads the jobsets of this project from '
            ) : (
              <>
                As <a href={jobsetPath(jobset.project, DECLARATIVE_JOBSET)}>the specification</a> of this project
                says:{' '}
              </>
            )}
            <code safe>{jobset.declaredBy}</code>.
          </p>
        )}
      </Live>
      <TabRow
        label="Parts of the jobset"
        tabs={[
          { href: path, text: 'Evaluations' },
          { href: `${path}/jobs`, text: 'Jobs' },
          { href: `${path}/all`, text: 'Builds' },
          { href: `${path}/channels`, text: 'Channels' },
          { href: `${path}/configuration`, text: 'Configuration' },
          { href: `${path}/history`, text: 'History' },
          { href: `${path}/errors`, text: broken ? '✗ Errors' : 'Errors', bad: broken },
        ]}
        current={`${path}${current}`}
        items={jobsetActions(props)}
        wantsReason={page.wantsReason}
      />
      {children}
    </Layout>
  );
};
