import { describeS3Server } from '../support/servers/describe-s3-server.js';
import { moto } from '../support/servers/moto.js';
import { launch } from '../support/servers/s3-server.js';

describeS3Server('moto', await launch(moto), {
  mistakenKeys: { 'new\nline': 'the routes do not match a line break' },
  deviations: {
    'refuses a body whose MD5 is not the one announced': 'Content-MD5 is not checked',
    'forgets an aborted upload; aborting again succeeds':
      'completing an upload that is gone is answered with status 500',
    'copies only the object that was meant': 'x-amz-copy-source-if-match is not looked at',
  },
});
