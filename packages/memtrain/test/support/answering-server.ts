import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An OpenAI-compatible endpoint that says what a function says to the prompt and the key; undefined is a 400. It waits for `hold` with each answer. */
export async function answeringServer(
  say: (prompt: string, authorization: string | undefined) => string | undefined,
  hold: () => Promise<void> | undefined = () => undefined,
): Promise<{ readonly url: string; readonly calls: () => number; close(): void }> {
  let calls = 0;
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (data: Buffer) => (body += data.toString()));
    request.on('end', () => {
      calls++;
      const { messages } = JSON.parse(body) as { messages: { content: string }[] };
      const content = say(messages[0]!.content, request.headers.authorization);
      response.statusCode = content === undefined ? 400 : 200;
      response.setHeader('content-type', 'application/json');
      const message = { role: 'assistant', content };
      const text = JSON.stringify(
        content === undefined ? { error: { message: 'refused' } } : { choices: [{ index: 0, message, finish_reason: 'stop' }] },
      );
      void Promise.resolve(hold()).then(() => response.end(text));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    calls: () => calls,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
