import type { BuildView, StepView } from '#read-model';
import type { BuildExplanation, Rival, StepExplanation } from '#scheduler';
import type { PageContext } from '../http/page-context.js';
import { decided } from '../scheduler/decided.js';
import type { JobsetNames } from '../scheduler/dispatches.json.js';
import type { Said } from '../scheduler/queue-runner.js';

import { crumbsToBuild } from '../ui/crumbs.js';
import { standing } from '../ui/build-table.js';
import { Layout, Live } from '../ui/layout.js';
import { buildPath, jobsetPath } from '../ui/links.js';
import { StatusBadge } from '../ui/status.js';
import { Table } from '../ui/table.js';
import { Time } from '../ui/time.js';
import { BuildTabs, whyTitle } from './build-tabs.js';
import { derivationName, numberWords, RULE_WORDS, standingWords, waitWords } from './why.words.js';

/** Rows of attempts on the page; JSON has all. */
const SHOWN = 50;

const JobsetLink = ({ id, names }: { id: number; names: JobsetNames }): JSX.Element => {
  const name = names.get(id);
  return name ? (
    <a href={jobsetPath(name.project, name.jobset)} safe>{`${name.project}:${name.jobset}`}</a>
  ) : (
    <span safe>{`jobset ${id}`}</span>
  );
};

const Ahead = ({
  rivals,
  names,
  policy,
}: {
  rivals: readonly Rival[];
  names: JobsetNames;
  policy: string;
}): JSX.Element => (
  <Table
    caption="What goes before the first of its steps that are ready, next first"
    heads={['Build', 'Derivation', 'Jobset', 'Goes first because', 'Its number', 'Ours']}
  >
    {rivals.map(({ lowestBuildId, drvPath, jobsetId, rule, theirs, ours }) => (
      <tr>
        <th scope="row">
          <a href={buildPath(lowestBuildId)} safe>{`#${lowestBuildId}`}</a>
        </th>
        <td safe>{derivationName(drvPath)}</td>
        <td>
          <JobsetLink id={jobsetId} names={names} />
        </td>
        <td safe>{RULE_WORDS[rule]}</td>
        <td class="number" safe>
          {numberWords(rule, theirs, policy)}
        </td>
        <td class="number" safe>
          {numberWords(rule, ours, policy)}
        </td>
      </tr>
    ))}
  </Table>
);

const rivalsOf = ({ wait }: StepExplanation): readonly Rival[] => (wait.kind === 'ranked' ? wait.ahead : []);

const Waiting = ({
  explanation,
  names,
  now,
}: {
  explanation: BuildExplanation;
  names: JobsetNames;
  now: number;
}): JSX.Element => {
  const { top, steps } = explanation;
  const others = steps.filter(({ drvPath }) => drvPath !== top.drvPath);
  const ranked = [top, ...others].find((step) => rivalsOf(step).length > 0);
  return (
    <>
      <div class="outcome live">
        <p>
          <strong safe>{derivationName(top.drvPath)}</strong>: <span safe>{waitWords(top, now)}</span>
        </p>
      </div>
      <p safe>{standingWords(explanation)}</p>
      {ranked !== undefined && <Ahead rivals={rivalsOf(ranked)} names={names} policy={explanation.policy} />}
      {others.length > 0 && (
        <Table caption="Its steps that decide when it goes on" heads={['Derivation', 'System', 'Stands']}>
          {others.map((step) => (
            <tr>
              <th scope="row" safe>
                {derivationName(step.drvPath)}
              </th>
              <td safe>{step.system}</td>
              <td safe>{waitWords(step, now)}</td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
};

/** What an unfinished build waits for, or why nobody can say. */
const Now = ({ said, names, now }: { said: Said | undefined; names: JobsetNames; now: number }): JSX.Element => {
  if (said === undefined) return '';
  if ('silent' in said)
    return (
      <div class="outcome warn">
        <p safe>{`What it waits for is not known: ${said.silent}. What is known from the log stands below.`}</p>
      </div>
    );
  if (said.explanation === null)
    return (
      <div class="outcome">
        <p>The queue runner has not taken it up yet.</p>
      </div>
    );
  return <Waiting explanation={said.explanation} names={names} now={now} />;
};

const Decisions = (props: {
  build: BuildView;
  steps: readonly StepView[];
  names: JobsetNames;
  now: number;
}): JSX.Element => {
  const { build, steps, names, now } = props;
  const started = steps.filter(({ attempt }) => attempt !== null).reverse();
  if (started.length === 0) {
    const from = build.failedStep?.propagatedFrom;
    return (
      <p>
        No step was started for it.
        {from !== undefined && (
          <>
            {' '}
            What it needs failed in <a href={`${buildPath(from)}/why`} safe>{`build #${from}`}</a>.
          </>
        )}
      </p>
    );
  }
  return (
    <>
      <Table caption="Why each attempt was chosen, newest first" heads={['Step', 'Why', 'Derivation', 'When', 'Where']}>
        {started.slice(0, SHOWN).map(({ nr, drvPath, attempt, startedAtMs, machine, dispatch }) => {
          const name = dispatch && names.get(dispatch.jobsetId);
          const jobset = name ? `${name.project}:${name.jobset}` : `jobset ${dispatch?.jobsetId ?? ''}`;
          const words = dispatch ? decided(dispatch, jobset) : '';
          return (
            <tr>
              <td class="number">{nr}</td>
              <td class="sentences" safe>
                {words}
              </td>
              <th scope="row" safe>
                {`${derivationName(drvPath)}, attempt ${attempt ?? 1}`}
              </th>
              <td>{startedAtMs !== null && <Time ms={startedAtMs} now={now} />}</td>
              <td safe>{machine}</td>
            </tr>
          );
        })}
      </Table>
      {started.length > SHOWN && <p safe>{`… and ${started.length - SHOWN} older ones.`}</p>}
    </>
  );
};

/** Why this, why not mine: what chose the steps that were started, and what a waiting build waits for. */
export const WhyPage = (props: {
  page: PageContext;
  build: BuildView;
  steps: readonly StepView[];
  /** undefined where the build is finished */
  said: Said | undefined;
  names: JobsetNames;
}): JSX.Element => {
  const { page, build, steps, said, names } = props;
  return (
    <Layout page={page} title={`Build ${build.id}: ${whyTitle(build)}`} crumbs={crumbsToBuild(build)} live>
      <h1 safe>{`Build #${build.id}: ${build.job}`}</h1>
      <BuildTabs build={build} current="why" />
      <Live id="why-live">
        <p>
          <StatusBadge status={standing(build)} />
        </p>
        <Now said={said} names={names} now={page.now} />
        <Decisions build={build} steps={steps} names={names} now={page.now} />
        <p>
          <a href="/scheduler">Shares and use of all jobsets</a>
        </p>
      </Live>
    </Layout>
  );
};
