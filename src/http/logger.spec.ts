import { Writable } from 'node:stream';
import { createLogger, NestLogger } from './logger.js';

const capture = () => {
  const lines: string[] = [];
  const destination = new Writable({
    write: (line: Buffer, _encoding, done) => {
      lines.push(line.toString());
      done();
    },
  });
  return { lines, logger: createLogger({ level: 'trace' }, destination) };
};

describe('the log', () => {
  it.each(['ak', 'src_sk', 'dst_ak', 'secretKey', 'authorization', 'x-auth-token', 'password', 'secret'])(
    'hides the field %s, wherever it stands',
    (field) => {
      const { lines, logger } = capture();
      logger.info({ [field]: 'hunter2', body: { [field]: 'hunter2', deep: { [field]: 'hunter2' } } }, 'x');
      expect(lines.join('')).not.toContain('hunter2');
      expect(lines.join('').match(/\[redacted\]/g)).toHaveLength(3);
    },
  );

  it('takes lines of Nest one level quieter, errors with their stack', () => {
    const { lines, logger } = capture();
    const nest = new NestLogger(logger);
    nest.log('mapped', 'Router');
    nest.error(new Error('broken'), 'Handler');
    const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(parsed).toMatchObject([
      { level: 'debug', context: 'Router', msg: 'mapped' },
      {
        level: 'error',
        context: 'Handler',
        msg: 'broken',
        err: { stack: expect.stringContaining('broken') as string },
      },
    ]);
  });
});
