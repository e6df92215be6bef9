import { Command } from 'commander';
import { rebuildProjections } from '../projections.js';

export const projectionsCommand = (): Command => {
  const projections = new Command('projections').description('the read models');
  projections
    .command('rebuild')
    .argument('[name]', 'which one', 'all')
    .description('fill a fresh copy from the event log beside the live one, then swap')
    .action((name: string) => rebuildProjections(name));
  return projections;
};
