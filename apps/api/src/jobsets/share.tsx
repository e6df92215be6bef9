import { type FarmUsage, type JobsetUsage } from '#read-model';
import { partOf } from '../scheduler/usage.json.js';
import { Fact, Facts } from '../ui/table.js';
import { percent } from '../ui/percent.js';
import { duration, windowWords } from '../ui/time.js';

/** A jobset among all; undefined where it is too new for the read model to know. */
export const shareOf = (usage: FarmUsage, jobsetId: number): JobsetUsage | undefined =>
  usage.jobsets.find((one) => one.jobsetId === jobsetId);

/** A jobset's part of the farm, against what its shares entitle it to. */
export const Share = ({
  usage,
  jobsetId,
  dispatches,
}: {
  usage: FarmUsage;
  jobsetId: number;
  dispatches: string;
}): JSX.Element => {
  const one = shareOf(usage, jobsetId);
  if (!one) return '';
  const entitled = one.enabled ? percent(one.entitlement) : 'nothing while it is disabled';
  const ranked = usage.jobsets.filter(({ rank }) => rank !== null).length;
  return (
    <>
      <h2>Its part of the farm</h2>
      <Facts>
        <Fact term="Shares">{one.shares}</Fact>
        <Fact term="Entitled to">
          <span safe>{entitled}</span>
        </Fact>
        <Fact term={`Used in the last ${windowWords(usage.rules.windowMs)}`}>
          <span safe>{`${duration(one.usedMs)}, ${percent(partOf(one.usedMs, usage.usedMs))} of all`}</span>
        </Fact>
        <Fact term="Rank">
          <span safe>{one.rank === null ? 'none: it takes no part' : `${one.rank} of ${ranked}; 1 goes first`}</span>
        </Fact>
        <Fact term="Steps running">{one.running}</Fact>
        <Fact term="More">
          <a href="/scheduler">All jobsets</a>, <a href={dispatches}>its dispatches as JSON</a>
        </Fact>
      </Facts>
    </>
  );
};
