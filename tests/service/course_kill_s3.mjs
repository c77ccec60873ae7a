// The test of writers that are killed, with their documents in S3.
import { onS3 } from '../net/kit/on_s3.mjs';

await onS3('tests/service/course_kill');
