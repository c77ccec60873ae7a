// The test of mirai-export with its archives in S3.
import { onS3 } from '../net/kit/on_s3.mjs';

await onS3('tests/cron/export');
