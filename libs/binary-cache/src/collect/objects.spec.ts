import { classifier } from './objects.js';

const HASH = '0ywz3pyqxh0zsl8xd2ryz4n8hl10mp0v';

describe('the objects below a prefix', () => {
  const kindOf = classifier('a/', ['a/', 'a/deep/', 'b/', '']);

  it.each([
    [`a/${HASH}.nar`, 'nar'],
    [`a/${HASH}.narinfo`, 'narinfo'],
    ['a/nix-cache-info', 'cache-info'],
    ['a/x/nix-cache-info', 'cache-info'],
    [`a/x/${HASH}.nar`, 'foreign'],
    [`a/${HASH}.nar.xz`, 'foreign'],
    [`a/${HASH.replace('0', 'e')}.nar`, 'foreign'],
    [`a/deep/${HASH}.nar`, 'elsewhere'],
    [`b/${HASH}.nar`, 'elsewhere'],
    ['a', 'elsewhere'],
  ])('%s is %s', (key, kind) => {
    expect(kindOf(key).kind).toBe(kind);
  });
});
