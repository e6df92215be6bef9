import { at, examples } from '../../testing/examples.js';
import { deciderSpec } from '../../testing/given.js';
import { backup, PATHS_PER_EVENT } from './decider.js';

const { given } = deciderSpec(backup);
const { BackupRequested: requested, BackupCompleted: completed, BackupFailed: failed } = examples;
const { part: _part, parts: _parts, ...whole } = completed.data;
const request = { type: 'RequestBackup', at, data: requested.data } as const;
const complete = { type: 'CompleteBackup', at, data: whole } as const;

describe('a backup', () => {
  it('is requested and completed once per bucket and prefix', () => {
    given().when(request).then(requested);
    given(requested).when(request).thenNothing();
    given(requested).when(complete).then(completed);
    given(requested, completed).when(complete).thenNothing();
    given(requested, completed).when(request).thenNothing();
    const elsewhere = { ...requested.data, target: { bucket: 'cache', prefix: '' } };
    given(requested, completed)
      .when({ ...request, data: elsewhere })
      .thenTypes('BackupRequested');
  });

  it('that was given up can be asked for again', () => {
    given(requested).when({ type: 'FailBackup', at, data: failed.data }).then(failed);
    given(requested, failed).when(request).then(requested);
    given(requested, completed).when({ type: 'FailBackup', at, data: failed.data }).thenNothing();
  });

  it('that is complete can be asked for again by who says so', () => {
    const again = { ...request, data: { ...requested.data, again: true } };
    given(requested, completed).when(again).then(requested);
    given(requested, completed, requested).when(complete).then(completed);
    given(requested).when(again).thenNothing();
  });

  it('names every path of a large closure, in events of bounded size', () => {
    const path = completed.data.paths[0]!;
    const paths = Array.from({ length: 2 * PATHS_PER_EVENT + 1 }, (_, i) => ({ ...path, key: `${i}.nar` }));
    const events = given(requested)
      .when({ ...complete, data: { ...whole, paths } })
      .history()
      .slice(1);
    expect(events.map(({ data }) => ('parts' in data ? [data.part, data.parts, data.paths.length] : []))).toEqual([
      [1, 3, PATHS_PER_EVENT],
      [2, 3, PATHS_PER_EVENT],
      [3, 3, 1],
    ]);
    for (const event of events) expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(200 * 1024);
  });
});
