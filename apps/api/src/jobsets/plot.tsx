import type { EvaluationPoint } from '#read-model';
import { plural } from '../ui/bytes.js';
import { evaluationPath } from '../ui/links.js';
import { Bars } from '../ui/bars.js';
import { Table } from '../ui/table.js';
import { duration, Time } from '../ui/time.js';

const took = ({ checkoutMs, evaluationMs }: EvaluationPoint): number => checkoutMs + evaluationMs;

/** How a jobset developed: failing jobs and time of evaluation of its newest evaluations, and the same as numbers. `points`: oldest first. */
export const HistoryPlots = ({ points, now }: { points: readonly EvaluationPoint[]; now: number }): JSX.Element => {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || first === last) return '';
  const span = `of the newest ${points.length} evaluations, #${first.id} to #${last.id}`;
  const most = Math.max(...points.map(({ failed }) => failed));
  const longest = Math.max(...points.map(took));
  return (
    <>
      <div class="plots pair">
        <Bars
          label={`Failing jobs ${span}: ${first.failed} at first, ${last.failed} at last, at most ${most}`}
          caption={`Failing jobs: ${last.failed} now, at most ${most}`}
          stacks={points.map(({ failed }) => [failed])}
          tones={['bad']}
        />
        <Bars
          label={`Time of evaluation ${span}: ${duration(took(first))} at first, ${duration(took(last))} at last, at most ${duration(longest)}`}
          caption={`Time of evaluation: ${duration(took(last))} now, at most ${duration(longest)}`}
          stacks={points.map((point) => [took(point)])}
          tones={['live']}
        />
      </div>
      <details>
        <summary>The plots as numbers</summary>
        <Table
          caption={`The newest ${plural(points.length, 'evaluation')}`}
          heads={['Evaluation', 'When', 'Jobs', 'Failing', 'Errors', 'Fetching', 'Evaluating']}
          hideCaption
        >
          {points.toReversed().map((point) => (
            <tr>
              <th scope="row">
                <a href={evaluationPath(point.id)} safe>{`#${point.id}`}</a>
              </th>
              <td>
                <Time ms={point.atMs} now={now} />
              </td>
              <td class="number">{point.jobs}</td>
              <td class="number">{point.failed}</td>
              <td class="number">{point.errors}</td>
              <td safe>{duration(point.checkoutMs)}</td>
              <td safe>{duration(point.evaluationMs)}</td>
            </tr>
          ))}
        </Table>
      </details>
    </>
  );
};
