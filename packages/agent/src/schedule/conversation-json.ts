import type { Conversation } from '@memtrain/policy';

/** A conversation in JSON: ids (int32) and log-probabilities (float32) as base64 of their little-endian bytes, exact and short. */
export interface ConversationJson {
  readonly prompt: string;
  readonly completion: string;
  readonly logprobs: string;
  readonly finish: Conversation['finish'];
}

export function conversationToJson(conversation: Conversation): ConversationJson {
  const { prompt, completion, logprobs, finish } = conversation;
  return { prompt: base64(prompt), completion: base64(completion), logprobs: base64(logprobs), finish };
}

export function conversationFromJson(json: ConversationJson): Conversation {
  return {
    prompt: new Int32Array(bytes(json.prompt)),
    completion: new Int32Array(bytes(json.completion)),
    logprobs: new Float32Array(bytes(json.logprobs)),
    finish: json.finish,
  };
}

const base64 = (array: Int32Array | Float32Array): string =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');

function bytes(text: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(text, 'base64')).buffer;
}
