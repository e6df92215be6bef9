import type { PropsWithChildren } from '@kitajs/html';

/** A table of signs: what the rows are, and a column head each for what they are set against. */
export const Matrix = (
  props: PropsWithChildren<{ caption: string; rowHead: string; columnHeads: readonly JSX.Element[] }>,
): JSX.Element => (
  <div class="scroll" tabindex="0" role="region" aria-label={props.caption}>
    <table class="striped matrix">
      <caption safe>{props.caption}</caption>
      <thead>
        <tr>
          <th scope="col" safe>
            {props.rowHead}
          </th>
          {props.columnHeads.map((head) => (
            <th scope="col">{head}</th>
          ))}
        </tr>
      </thead>
      <tbody>{props.children}</tbody>
    </table>
  </div>
);
