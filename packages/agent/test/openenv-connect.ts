import { WebSocket } from 'ws';

/** A message of the server. */
interface Reply {
  readonly type?: string;
  readonly data?: Record<string, unknown>;
}

/** A client that speaks the protocol: one message, one reply. */
export async function connect(url: string): Promise<{ send(message: unknown): Promise<Reply>; close(): void; closed: Promise<void> }> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`);
  const replies: Reply[] = [];
  const waiting: ((reply: Reply) => void)[] = [];
  socket.on('message', (data: Buffer) => {
    const reply = JSON.parse(data.toString()) as Reply;
    const next = waiting.shift();
    if (next) next(reply);
    else replies.push(reply);
  });
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  return {
    closed,
    close: () => socket.close(),
    async send(message) {
      if (message !== undefined) socket.send(typeof message === 'string' ? message : JSON.stringify(message));
      return replies.shift() ?? (await new Promise<Reply>((resolve) => waiting.push(resolve)));
    },
  };
}
