import { Command } from 'commander';
import { configurationGuide, loadConfig } from '#runtime';

const check = (): void => {
  const config = loadConfig();
  process.stdout.write(`The configuration can be used (file: ${config.configFile}, data: ${config.dataDir}).\n`);
};

export const configCommand = (): Command => {
  const config = new Command('config').description('about the configuration');
  config.command('check').description('say whether it can be used, and what is wrong if not').action(check);
  config
    .command('guide')
    .description('print docs/guide/configuration.md')
    .action(() => void process.stdout.write(configurationGuide()));
  return config;
};
