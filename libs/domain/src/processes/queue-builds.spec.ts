import { at, description, examples } from '../../testing/examples.js';
import { buildsToQueue } from './queue-builds.js';

it('an evaluation that ran queues its new builds and restarts the reused ones whose derivation changed', () => {
  const orders = buildsToQueue(examples.EvaluationRan.data, examples.EvaluationJobsFound.data, at);
  expect(orders).toEqual([
    {
      buildId: 21,
      command: {
        type: 'QueueBuild',
        at,
        data: expect.objectContaining({ job: 'hello.x86_64-linux', evaluationId: 11, ...description }),
      },
    },
    { buildId: 22, command: { type: 'RestartBuild', at, data: { drvPath: expect.stringMatching(/\.drv$/) } } },
  ]);
});
