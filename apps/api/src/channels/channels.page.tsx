import type { BuildView, ChannelBuild } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { type JobsetFrame, JobsetFramePage } from '../jobsets/jobset-frame.js';
import { plural } from '../ui/bytes.js';
import { crumbsTo } from '../ui/crumbs.js';
import { Layout } from '../ui/layout.js';
import {
  buildPath,
  customChannelPath,
  evaluationPath,
  jobPath,
  jobsetPath,
  productPath,
  projectPath,
} from '../ui/links.js';
import { word } from '../ui/shell-word.js';
import { Table } from '../ui/table.js';
import { attributeOf, type Channel, channelName } from './channels.js';

/** Rows of the page; the files and the JSON have all. */
const SHOWN = 250;

/** What Nix takes as a path of attributes without quotes. */
const PLAIN = /^[A-Za-z_][\w'-]*(\.[A-Za-z_][\w'-]*)*$/;

const Commands = ({ lines }: { lines: readonly string[] }): JSX.Element => (
  <pre class="command" tabindex="0" safe>
    {lines.join('\n')}
  </pre>
);

const subscribe = (url: string, name: string): readonly string[] => [
  `nix-channel --add ${word(url)} ${word(name)}`,
  'nix-channel --update',
];

/** A channel with how to subscribe to it, and what it offers. */
export const ChannelPage = ({
  page,
  channel,
  builds,
}: {
  page: PageContext;
  channel: Channel;
  builds: readonly ChannelBuild[];
}): JSX.Element => {
  const name = channelName(channel);
  const url = `${page.baseUrl}${channel.path}`;
  const plain = builds.map((build) => attributeOf(channel, build)).find((attribute) => PLAIN.test(attribute));
  return (
    <Layout page={page} title={`Channel ${channel.title}`} crumbs={channel.crumbs}>
      <h1 safe>{`Channel ${channel.title}`}</h1>
      {builds.length === 0 ? (
        <p>It offers nothing yet: no job of it has a succeeded build whose output is a product.</p>
      ) : (
        <>
          <p>Builds that succeeded, as packages. To install from it, with this farm as a binary cache:</p>
          <Commands
            lines={[
              ...subscribe(url, name),
              ...(plain === undefined
                ? []
                : [
                    `nix-env --install --attr ${word(`${name}.${plain}`)} --option extra-substituters ${word(page.baseUrl)}`,
                  ]),
            ]}
          />
          <p class="muted">
            Nix believes a cache whose key it was told, and asks only those that it trusts a user to name: both stand in{' '}
            <code>nix.conf</code>.
          </p>
        </>
      )}
      <p>
        <a href={`${channel.path}/nixexprs.tar.bz2`}>The expression</a>,{' '}
        <a href={`${channel.path}/closure`}>its closure</a> for <code>nix-store --import</code>.
      </p>
      <Table caption={plural(builds.length, 'package')} heads={['Attribute', 'Name', 'System', 'Build']}>
        {builds.slice(0, SHOWN).map((build) => (
          <tr>
            <th scope="row">
              <a href={jobPath(build.project, build.jobset, build.job)} safe>
                {attributeOf(channel, build)}
              </a>
            </th>
            <td safe>{build.nixName}</td>
            <td safe>{build.system}</td>
            <td>
              <a href={buildPath(build.id)} safe>{`#${build.id}`}</a>
            </td>
          </tr>
        ))}
      </Table>
      {builds.length > SHOWN && <p class="muted" safe>{`${builds.length - SHOWN} more are in its files.`}</p>}
    </Layout>
  );
};

/** What can be subscribed to of a jobset. */
export const JobsetChannelsPage = ({
  jobs,
  available,
  ...frame
}: Omit<JobsetFrame, 'current' | 'title'> & { jobs: readonly string[]; available: boolean }): JSX.Element => {
  const { page, jobset } = frame;
  const { project, name, baselineEvaluationId } = jobset;
  const path = `${jobsetPath(project, name)}/channel/latest`;
  return (
    <JobsetFramePage {...frame} current="/channels" title="Channels">
      {available ? (
        <>
          <p>
            <a href={path}>The newest succeeded build of each job</a> is a channel, as are those{' '}
            <a href={`${projectPath(project)}/channel/latest`}>of the project</a> and{' '}
            <a href="/channel/latest">of everything</a>
            {baselineEvaluationId !== null && (
              <>
                . What <a href={`${evaluationPath(baselineEvaluationId)}/channel`}>one evaluation</a> offers stays what
                it is
              </>
            )}
            .
          </p>
          <Commands lines={subscribe(`${page.baseUrl}${path}`, channelName({ title: `${project}:${name}` }))} />
        </>
      ) : (
        <p>
          This farm is no binary cache (<code>[binary_cache]</code>): what succeeded here can be subscribed to nowhere.
        </p>
      )}
      {jobs.length === 0 ? (
        <p class="muted">
          No job of the newest evaluation is a channel itself (<code>meta.isHydraChannel</code>).
        </p>
      ) : (
        <Table caption="Jobs that are channels" heads={['Job', 'Address']}>
          {jobs.map((job) => (
            <tr>
              <th scope="row">
                <a href={jobPath(project, name, job)} safe>
                  {job}
                </a>
              </th>
              <td>
                <a
                  href={customChannelPath(project, name, job)}
                  safe
                >{`${page.baseUrl}${customChannelPath(project, name, job)}`}</a>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </JobsetFramePage>
  );
};

/** A channel that a job makes. */
export const CustomChannelPage = ({ page, build }: { page: PageContext; build: BuildView }): JSX.Element => {
  const { id, project, jobset, job, products, constituents } = build;
  const path = customChannelPath(project, jobset, job);
  return (
    <Layout page={page} title={`Channel ${job}`} crumbs={crumbsTo({ project, jobset, job })}>
      <h1 safe>{`Channel ${job}`}</h1>
      <p>
        From <a href={buildPath(id)} safe>{`build #${id}`}</a>, the newest that succeeded.
      </p>
      <Commands lines={subscribe(`${page.baseUrl}${path}`, channelName({ title: `${project}:${job}` }))} />
      <Table caption="Files" heads={['Type', 'Name']}>
        {products.map(({ type, name }, index) => (
          <tr>
            <td safe>{type}</td>
            <th scope="row">
              <a href={productPath(id, index + 1, name)} safe>
                {name === '' ? 'the output' : name}
              </a>
            </th>
          </tr>
        ))}
      </Table>
      {constituents.length > 0 && (
        <p>
          It stands for{' '}
          <a href={`${buildPath(id)}/constituents`} safe>
            {plural(constituents.length, 'build')}
          </a>
          .
        </p>
      )}
    </Layout>
  );
};
