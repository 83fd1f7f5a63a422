/** The import arrows of the house: kernel <- ports <- features, transfer <- worker, messaging, http <- app. */
const ports = ['event-store', 'object-store', 'queue', 'read-store', 'projections', 'vault', 'config'];
const features = ['sync-tasks', 'statistics', 'tasks', 'task-groups'];
const spec = '\\.spec\\.ts$';
const only = (name, from, allowed, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: `^src/${from}/`, pathNot: spec },
  to: { path: '^src/', pathNot: `^src/(${[from, ...allowed].join('|')})/` },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    only('kernel-imports-nothing', 'kernel', [], 'The kernel is pure TypeScript.'),
    {
      name: 'kernel-is-pure',
      severity: 'error',
      from: { path: '^src/kernel/', pathNot: spec },
      to: { path: 'node_modules', pathNot: 'node_modules/uuid' },
    },
    only('config-knows-only-kernel', 'config', ['kernel']),
    only('event-store-is-a-port', 'event-store', ['kernel']),
    only('queue-is-a-port', 'queue', ['kernel']),
    only('wire-knows-no-feature', 'wire', ['kernel']),
    only('object-store-is-a-port', 'object-store', ['kernel']),
    only('read-store-is-a-port', 'read-store', ['kernel']),
    only('vault-over-event-store', 'vault', ['kernel', 'event-store']),
    only('leases-over-event-store', 'leases', ['kernel', 'event-store']),
    only('projections-over-event-store', 'projections', ['kernel', 'event-store', 'read-store']),
    only('transfer-knows-stores-only', 'transfer', ['kernel', 'object-store']),
    ...features.map((feature) =>
      only(`${feature}-stands-on-ports`, feature, [
        'kernel',
        ...ports,
        'wire',
        'http',
        ...features.filter((f) => f !== feature),
      ]),
    ),
    {
      name: 'features-share-only-events-commands-and-queries',
      severity: 'error',
      from: { path: '^src/(sync-tasks|statistics|tasks|task-groups)/', pathNot: spec },
      to: {
        path: '^src/(sync-tasks|statistics|tasks|task-groups)/.*\\.(handlers|controller)\\.ts$',
        pathNot: '^src/$1/',
      },
    },
    {
      name: 'feature-http-is-shared-shell-only',
      severity: 'error',
      comment: 'Features use the validation and error vocabulary of http, never its module or bootstrap.',
      from: { path: '^src/(sync-tasks|statistics|tasks|task-groups)/' },
      to: { path: '^src/http/.*\\.module\\.ts$' },
    },
    only('http-has-no-feature-logic', 'http', ['kernel', ...ports]),
    only('worker-joins-features-and-transfer', 'worker', ['kernel', ...ports, ...features, 'leases', 'transfer']),
    only('messaging-drives-the-worker', 'messaging', ['kernel', ...ports, 'wire', ...features, 'worker']),
    {
      name: 'protobuf-stays-at-the-border',
      severity: 'error',
      comment:
        'What is generated from proto/, and the library it needs, is touched only where public messages are read and written.',
      from: { path: '^src/', pathNot: `^src/wire/|${spec}` },
      to: { path: '^src/wire/generated/|node_modules/@bufbuild/' },
    },
    {
      name: 'nobody-imports-the-app',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main|service)\\.ts$|' + spec },
      to: { path: '^src/(main|app\\.module)\\.ts$' },
    },
    {
      name: 'adapters-only-from-the-app',
      severity: 'error',
      comment: 'Which adapter backs which port is decided in one place.',
      from: {
        path: '^src/',
        pathNot: `^src/(app\\.module\\.ts|adapters\\.ts|object-store/|event-store/(sqlite|memory|eventstoredb)/|queue/(embedded|kafka|kafka-outcomes)/)|${spec}`,
      },
      to: {
        path: '^src/(event-store/(sqlite|memory|eventstoredb)|queue/(embedded|kafka|kafka-outcomes)|object-store/(s3|local|memory|http))/',
        // What says how URLs are guarded, and what a CDN is: a decorator and types.
        pathNot: '^src/object-store/http/(guard-urls|cdn/cdn)\\.ts$',
      },
    },
    { name: 'src-knows-no-tests', severity: 'error', from: { path: '^src/', pathNot: spec }, to: { path: '^test/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: ['.ts', '.js'] },
  },
};
