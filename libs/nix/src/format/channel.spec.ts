import fc from 'fast-check';
import { type ChannelPackage, formatChannel } from './channel.js';

const one = (attribute: string, more: Partial<ChannelPackage> = {}): ChannelPackage => ({
  ...{ attribute, name: `${attribute}-1`, system: 'x86_64-linux', meta: {} },
  ...{ outputs: { out: `/nix/store/${'0'.repeat(32)}-x` }, ...more },
});

describe('the expression of a channel', () => {
  it('is the same in whatever order its packages come', () => {
    const packages = ['a', 'a.b', 'b.x', 'b.y', 'c'].map((attribute) => one(attribute));
    fc.assert(
      fc.property(fc.shuffledSubarray(packages, { minLength: packages.length }), (shuffled) => {
        expect(formatChannel(shuffled)).toBe(formatChannel(packages));
      }),
    );
  });

  it('has a set for each part of a name, and beside it what would stand below a package', () => {
    const text = formatChannel([one('tests.login'), one('tests.logout'), one('a'), one('a.b')]);
    expect(text.match(/^"[^"]*" = (set|package)/gm)).toEqual([
      '"x86_64-linux" = set',
      '"a" = package',
      '"a.b" = package',
      '"tests" = set',
      '"login" = package',
      '"logout" = package',
    ]);
  });

  it('installs out where nobody says which output, and leaves out what is not known', () => {
    const outputs = { dev: `/nix/store/${'1'.repeat(32)}-d`, out: `/nix/store/${'2'.repeat(32)}-o` };
    const text = formatChannel([one('a', { outputs, meta: { description: 'A thing', homepage: '' } })]);
    expect(text.indexOf('name = "out"')).toBeLessThan(text.indexOf('name = "dev"'));
    expect(text).toContain('meta = { "description" = "A thing"; };');
  });
});
