// The official npm client through the gateway: a conversation, a stream, an abort, a refusal.
// node gateway_client.mjs BASE_URL KEY; the module `openai` is found from the working directory.
import { createRequire } from 'node:module';
import assert from 'node:assert/strict';
const OpenAI = createRequire(`${process.cwd()}/`)('openai').default;
const [baseURL, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey });
const messages = [{ role: 'user', content: 'Ciao' }];

const answer = await client.chat.completions.create({ model: 'writer', messages });
assert.equal(answer.choices[0].message.content, 'Ciao a tutti, benvenuti al podcast.');

let text = '';
for await (const part of await client.chat.completions.create({ model: 'writer', messages, stream: true }))
  text += part.choices[0]?.delta?.content ?? '';
assert.equal(text, answer.choices[0].message.content);

const endless = await client.chat.completions.create({ model: 'endless', messages, stream: true });
let pieces = 0;
for await (const _ of endless) if (++pieces === 10) { endless.controller.abort(); break; }
assert.equal(pieces, 10);

await assert.rejects(
  client.chat.completions.create({ model: 'writer', messages, max_tokens: 900000 }),
  (error) => error.status === 429 && error.code === 'insufficient_quota',
);
console.log('conversation, stream, abort, refusal: ok');
