import { describeS3Server } from '../support/servers/describe-s3-server.js';
import { launch } from '../support/servers/s3-server.js';
import { versitygw } from '../support/servers/versitygw.js';

const NORMALIZED = 'objects are files, so the path of a key is normalized';

describeS3Server('versitygw', await launch(versitygw), {
  keysArePaths: true,
  mistakenKeys: {
    'a//b': NORMALIZED,
    '/leading': NORMALIZED,
    'trailing/': 'a key that ends in a slash is a folder and can have no content',
    './x': NORMALIZED,
    'a/./b': NORMALIZED,
    'a/../b': NORMALIZED,
    '..': 'refused, since it is no file name',
    'control\u0001': 'listed with U+FFFD in place of the control character',
    ['k'.repeat(1024)]: 'file names have at most 255 bytes',
  },
  deviations: {
    'keeps the storage class': 'there is only STANDARD',
    'has a key beside its extension': 'refused as expected, but with status 409, which elsewhere means: try again',
  },
});
