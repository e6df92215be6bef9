import { realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BuildView } from '#read-model';
import { notFound, Problem } from '../http/problem.js';

type Product = BuildView['products'][number];

/** What an address below a product stands for. */
export type ProductFile =
  | Readonly<{ kind: 'file'; /** where it really is */ path: string; bytes: number }>
  /** `index`: the file that is shown for it, relative to the product */
  | Readonly<{ kind: 'directory'; index: string }>;

const isGone = ({ code }: NodeJS.ErrnoException): boolean =>
  code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG' || code === 'ELOOP';

/** Undefined where nothing is there. */
const real = (path: string): Promise<string | undefined> =>
  realpath(path).catch((error: NodeJS.ErrnoException) => {
    if (isGone(error)) return undefined;
    throw error;
  });

/**
 * Finds a file of a product in this host's store. `rest`: below the product, '' the product itself. Whatever dots and links lead out
 * of the store is refused as not there. Throws a `Problem` 404 or 403.
 */
export const productFile = async (product: Product, storePath: string, rest: string): Promise<ProductFile> => {
  const store = await real(dirname(storePath));
  if (store === undefined || (await real(product.path)) === undefined)
    throw new Problem(404, 'the output is not in the store of this host any more; a binary cache may have it', {
      field: 'id',
    });
  if (rest.split('/').includes('..')) throw notFound('such file in the product', 'path');
  const path = await real(join(product.path, rest));
  if (path === undefined || !path.startsWith(`${store}/`)) throw notFound('such file in the product', 'path');
  const found = await stat(path);
  if (found.isFile()) return { kind: 'file', path, bytes: found.size };
  if (!found.isDirectory()) throw notFound('such file in the product', 'path');
  const index = join(rest, rest === '' && product.defaultPath !== '' ? product.defaultPath : 'index.html');
  // Whether something is there outside the store is nobody's business either.
  if (!(await real(join(product.path, index)))?.startsWith(`${store}/`))
    throw new Problem(404, 'it is a directory without an index.html', { field: 'path' });
  return { kind: 'directory', index };
};
