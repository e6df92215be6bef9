import { join } from 'node:path';
import { createIdSequences, createQuestions } from '#coordination';
import { latestSucceededBuild, prepareReadModel } from '#read-model';
import type { Duty } from '../duty.js';
import { applySpecification } from '../shared/apply-specification.js';
import { openGcRoots } from '../shared/gc-roots.js';
import { lead } from '../shared/lead.js';
import { nixOf } from '../shared/nix.js';
import { answerOf, EVALUATOR } from './door.js';
import { concludeEvaluation } from './evaluate-jobset.js';
import { inputFetcher, oneInputFetcher } from './fetch-inputs.js';
import { hostMemoryMb, memoryBudgetMb } from './memory-budget.js';
import { evaluatorQueries } from './queries.js';
import { runEvaluator } from './run-evaluator.js';

/** Evaluates jobsets when they are pushed and when their poll comes; one evaluator leads in the installation. */
export const evaluator: Duty = {
  name: 'evaluator',
  run: async (context, signal) => {
    const { store, database, config, clock, logger } = context;
    const { maxConcurrentEvals, maxMemorySize, workers, timeout } = config.evaluator;
    const nix = await nixOf(config);
    await prepareReadModel(database);
    const ids = createIdSequences(database);
    const maxMemoryMb = memoryBudgetMb(maxMemorySize, maxConcurrentEvals * workers, hostMemoryMb());
    if (maxMemoryMb < maxMemorySize)
      logger.warn(
        { maxMemoryMb, configuredMb: maxMemorySize },
        'evaluators get less memory than configured: the host has no more',
      );
    const cacheDir = join(config.dataDir, 'inputs');
    const fetchInput = oneInputFetcher({
      nix,
      clock,
      cacheDir,
      pathValiditySeconds: config.nix.pathInputCacheValiditySeconds,
      findBuild: (value, from) => latestSucceededBuild(database, value, from),
    });
    const specifications = { store, database, clock, logger, nextJobsetId: ids.nextJobsetId };
    const conclude = concludeEvaluation({
      store,
      clock,
      nix,
      fetchInput,
      fetchInputs: inputFetcher(nix, fetchInput),
      applySpecification: (...of) => applySpecification(specifications, ...of),
      buildIds: ids.nextBuildIds,
      gcRoots: await openGcRoots(config, nix),
      limits: { timeoutMs: timeout * 1000, maxMemoryMb, workers },
      allowImportFromDerivation: config.nix.allowImportFromDerivation,
    });
    const queries = evaluatorQueries(database);
    const evaluatorConfig = {
      store,
      queries,
      clock,
      logger,
      conclude,
      nextEvaluationId: ids.nextEvaluationId,
      maxConcurrent: maxConcurrentEvals,
    };
    const onError = (err: Error): void => logger.warn({ err }, 'questions cannot be answered');
    await lead(context, 'evaluator', signal, async (leading) => {
      const over = new AbortController();
      const answer = answerOf({ nix, cacheDir, signal: leading });
      const until = AbortSignal.any([leading, over.signal]);
      const answering = createQuestions(database, { onError }).answer(EVALUATOR, answer, until);
      try {
        await runEvaluator(evaluatorConfig, leading);
      } finally {
        over.abort();
        await answering;
      }
    });
  },
};
