import type { EvaluationView } from '#read-model';
import { evaluationPath } from '../ui/links.js';
import { Commits, Revision } from '../ui/revision.js';
import { Table } from '../ui/table.js';
import { type ComparedInput, comparedInputs } from '../ui/compared-inputs.js';

/** From which commit or build to which one. */
const Range = ({ input }: { input: ComparedInput }): JSX.Element => {
  const { now, before, change } = input;
  const [from, to] = [before?.revision, now?.revision];
  const only = change === 'gone' ? from : to;
  if (change === 'gone' || from === undefined || to === undefined || from === to)
    return only === undefined ? '' : <Revision revision={only} />;
  return (
    <>
      <span class="range">
        <Revision revision={from} /> <span aria-label="to">→</span> <Revision revision={to} />
      </span>{' '}
      <Commits input={input} />
    </>
  );
};

const WORDS = { changed: '● changed', new: '+ new', gone: '− gone', same: '' } as const;

/** What was evaluated, and in what it differs from what was before. */
export const InputsTable = ({
  evaluation,
  other,
}: {
  evaluation: EvaluationView;
  other: EvaluationView | undefined;
}): JSX.Element => {
  const inputs = comparedInputs(evaluation, other);
  return (
    <>
      <Table
        caption="What was evaluated"
        heads={['Input', ...(other ? ['Change'] : []), 'Type', 'Value', 'Revision']}
        hideCaption
      >
        {inputs.map((input) => (
          <tr>
            <th scope="row" safe>
              {input.name}
            </th>
            {other !== undefined && (
              <td>
                <span class="status warn">{WORDS[input.change]}</span>
              </td>
            )}
            <td safe>{(input.now ?? input.before)!.type}</td>
            <td>
              {input.oldValue !== undefined && (
                <>
                  <del>
                    <code safe>{input.oldValue}</code>
                  </del>{' '}
                </>
              )}
              <code safe>{(input.now ?? input.before)!.value}</code>
            </td>
            <td>
              <Range input={input} />
            </td>
          </tr>
        ))}
      </Table>
      {other !== undefined && (
        <p class="muted">
          Compared with <a href={evaluationPath(other.id)} safe>{`evaluation #${other.id}`}</a>
          <span>
            {inputs.every(({ change }) => change === 'same') ? ': no input differs.' : '; old → new revision.'}
          </span>
        </p>
      )}
    </>
  );
};
