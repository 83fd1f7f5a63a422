/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** Where it was said: a file or an environment variable. */
  readonly source: string;
  /** The key, such as `transfer.partBytes`; empty when the whole source is meant. */
  readonly path: string;
  /** What is wrong and what is allowed; never a secret. */
  readonly message: string;
}

/** The service cannot start with this configuration. Names everything that is wrong at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly ConfigProblem[]) {
    super(['The configuration is not valid:', ...problems.map(describe)].join('\n  '));
  }
}

const describe = ({ source, path, message }: ConfigProblem): string =>
  `${source}: ${path}${path === '' || message.startsWith(' ') ? '' : ' '}${message}`;
