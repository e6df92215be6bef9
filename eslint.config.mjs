import tseslint from 'typescript-eslint';

const TESTS = ['**/*.spec.ts', '**/*.spec.tsx', '**/testing/**', 'test/**', 'bench/**'];

const CLOCK_OR_ENVIRONMENT = [
  { object: 'process', property: 'env', message: 'Only libs/runtime reads the environment: take a Config.' },
  { object: 'Date', property: 'now', message: 'Only libs/runtime reads the clock: take a Clock.' },
];

const NEW_DATE = {
  selector: "NewExpression[callee.name='Date'][arguments.length=0]",
  message: 'Only libs/runtime reads the clock: take a Clock.',
};

const LEFT_OUT = {
  selector:
    'CallExpression > MemberExpression[object.name=/^(describe|it|test)$/][property.name=/^(only|skip|todo|failing|skipIf)$/], CallExpression[callee.name=/^(fit|fdescribe|xit|xdescribe|xtest)$/]',
  message: 'No test is singled out or left out.',
};

/** What xss-scan takes on trust, and so may not be written. */
const UNESCAPED = [
  {
    selector: 'VariableDeclarator > Identifier.id[name=/^safe/]',
    message: 'xss-scan trusts names that begin with "safe": name it for what it is.',
  },
  {
    selector: ':function > Identifier.params[name=/^safe/]',
    message: 'xss-scan trusts names that begin with "safe": name it for what it is.',
  },
  {
    selector: ':function ObjectPattern Property > Identifier.value[name=/^safe/]',
    message: 'xss-scan trusts names that begin with "safe": name it for what it is.',
  },
  {
    selector: "TSAsExpression > TSLiteralType > Literal[value='safe']",
    message: "`as 'safe'` turns escaping off: pass the text through `safe` instead.",
  },
  {
    selector: 'JSXOpeningElement[name.name="script"]:not(:has(JSXAttribute[name.name="src"]))',
    message: 'No inline scripts: serve a file.',
  },
];

export default tseslint.config(
  { ignores: ['dist', 'data', 'node_modules', 'coverage', 'apps/api/assets', '**/generated'] },
  {
    files: ['**/*.ts', '**/*.tsx', '**/*.mjs', '**/*.cjs'],
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: { 'max-lines': ['error', { max: 400 }] },
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // What the types know and an untyped lint cannot: a promise that nobody waits for is a swallowed error.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/await-thenable': 'error',
      'no-empty': 'error',
      'no-control-regex': 'error',
      'no-restricted-properties': ['error', ...CLOCK_OR_ENVIRONMENT],
      'no-restricted-syntax': ['error', LEFT_OUT, NEW_DATE, ...UNESCAPED],
    },
  },
  {
    // The one reader of the environment and the clock, and tests, which make both up.
    files: ['libs/runtime/src/**', ...TESTS],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-syntax': ['error', LEFT_OUT, ...UNESCAPED] },
  },
  {
    files: TESTS,
    rules: { '@typescript-eslint/no-misused-promises': 'off' },
  },
);
