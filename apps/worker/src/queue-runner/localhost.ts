import { accessSync, constants } from 'node:fs';
import type { MachineConfiguration } from '#domain';
import { LOCALHOST } from '#scheduler';

const CPUS: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64', ia32: 'i686' };

/** What Nix offers where nothing is configured; `kvm` where this process may use it. */
const defaultFeatures = (): string[] => {
  const features = ['benchmark', 'big-parallel', 'nixos-test'];
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return [...features, 'kvm'];
  } catch {
    return features;
  }
};

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

/** This host as a machine, by the same rules as Nix: settings `system`, `extra-platforms`, `system-features`. */
export const localMachine = (slots: number, settings: Readonly<Record<string, string>>): MachineConfiguration => {
  const os = process.platform === 'darwin' ? 'darwin' : 'linux';
  const system = settings['system'] ?? `${CPUS[process.arch] ?? process.arch}-${os}`;
  const extra = settings['extra-platforms'] ?? (system === 'x86_64-linux' ? 'i686-linux' : '');
  const features = settings['system-features'];
  return {
    uri: LOCALHOST,
    systems: [system, ...words(extra), 'builtin'],
    slots,
    speedFactor: 1,
    features: features === undefined ? defaultFeatures() : words(features),
    mandatoryFeatures: [],
  };
};
