import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { configurationGuide, loadConfig } from '#runtime';
import { importHydra } from '../config/import-hydra.js';
import { BadInputError } from '../errors.js';

const check = (): void => {
  const config = loadConfig();
  process.stdout.write(`The configuration can be used (file: ${config.configFile}, data: ${config.dataDir}).\n`);
};

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new BadInputError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
};

const convert = (file: string): void => {
  const { toml, notes } = importHydra(readText(file));
  for (const note of notes) process.stderr.write(`${note}\n`);
  process.stdout.write(toml);
};

export const configCommand = (): Command => {
  const config = new Command('config').description('about the configuration');
  config.command('check').description('say whether it can be used, and what is wrong if not').action(check);
  config
    .command('guide')
    .description('print docs/guide/configuration.md')
    .action(() => void process.stdout.write(configurationGuide()));
  config
    .command('import-hydra')
    .argument('<file>', 'a hydra.conf')
    .description(
      'print the TOML of ours for what a Hydra configuration says; what it does not take goes to standard error',
    )
    .action(convert);
  return config;
};
