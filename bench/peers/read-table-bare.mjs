// Reads the table page by page over one connection, looking at nothing but the key to go on from.
import { Agent, request } from 'node:http';

const agent = new Agent({ keepAlive: true });
const credential = 'Credential=local/20260101/us-east-1/dynamodb/aws4_request';
const headers = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-target': 'DynamoDB_20120810.Scan',
  'x-amz-date': '20260101T000000Z',
  authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host;x-amz-date, Signature=0`,
};
let items = 0;
let ExclusiveStartKey;
do {
  const body = JSON.stringify({ TableName: process.env.TABLE_NAME, ExclusiveStartKey });
  const text = await new Promise((resolve, reject) => {
    const sent = request(process.env.AWS_ENDPOINT_URL, { method: 'POST', agent, headers }, (answer) => {
      const chunks = [];
      answer
        .on('data', (chunk) => chunks.push(chunk))
        .once('end', () => resolve(Buffer.concat(chunks).toString()));
    });
    sent.once('error', reject).end(body);
  });
  const page = JSON.parse(text);
  items += page.Count;
  ExclusiveStartKey = page.LastEvaluatedKey;
} while (ExclusiveStartKey);
console.log(items);
process.exit();
