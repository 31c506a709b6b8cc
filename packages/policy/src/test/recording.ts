import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Finish, Message } from '../conversation.ts';
import { PolicyError } from '../errors.ts';
import type { PolicyErrorCode } from '../errors.ts';
import type { Completion, Failure, Indexed, Model, Request, SamplingOptions } from '../model.ts';
import { resolveSampling } from '../sampling.ts';
import type { Sampling } from '../sampling.ts';
import type { Tokenizer } from '../tokenizer.ts';

/** What was asked; the key under which an answer is found again. Ids stand as a list. */
interface RecordedRequest {
  readonly prompt: string | readonly number[] | readonly Message[];
  readonly seed: number;
  readonly sampling: Sampling;
}

interface RecordedAnswer {
  readonly text?: string;
  readonly finish?: Finish;
  readonly conversation?: { readonly prompt: number[]; readonly completion: number[]; readonly logprobs: number[] };
  readonly error?: { readonly code?: string; readonly message: string };
}

interface RecordedLine {
  readonly request: RecordedRequest;
  readonly answer: RecordedAnswer;
}

/** The model, unchanged, with every answer appended to a file (JSON lines) as it comes, for `replayingModel`. Failures are recorded too. */
export function recordingModel(model: Model, path: string): Model {
  mkdirSync(dirname(path), { recursive: true });
  const { tokenizer, logprobs } = model;
  return {
    // Not spread: a model may be of a class, whose methods a copy would lose.
    ...(tokenizer && { tokenizer }),
    ...(logprobs && { logprobs: (conversations, options) => logprobs.call(model, conversations, options) }),
    async *complete(requests, options): AsyncIterable<Indexed<Completion | Failure>> {
      for await (const result of model.complete(requests, options)) {
        const line: RecordedLine = { request: recorded(requests[result.index]!, options), answer: recordedAnswer(result) };
        appendFileSync(path, `${JSON.stringify(line)}\n`);
        yield result;
      }
    },
  };
}

/**
 * A model that gives the answers of a recording to the same requests: equal prompt, seed and sampling. A request that was recorded
 * several times gets its answers in turn, then the last one again. Throws `PolicyError`: `not-recorded` for a request that the
 * recording does not hold, `bad-options` for a file that is no recording. A last line cut by a kill is left out.
 */
export function replayingModel(path: string, options: { readonly tokenizer?: Tokenizer } = {}): Model {
  const { tokenizer } = options;
  const answers = new Map<string, RecordedAnswer[]>();
  const lines = readFileSync(path, 'utf8').split('\n');
  lines.pop();
  for (const [place, text] of lines.entries()) {
    const { request, answer } = parseLine(text, `${path}, line ${place + 1}`);
    const key = JSON.stringify(request);
    answers.set(key, [...(answers.get(key) ?? []), answer]);
  }
  return {
    ...(tokenizer && { tokenizer }),
    async *complete(requests, sampling): AsyncIterable<Indexed<Completion | Failure>> {
      for (const [index, request] of requests.entries()) {
        const found = answers.get(JSON.stringify(recorded(request, sampling)));
        if (!found) {
          const start = JSON.stringify(request.prompt instanceof Int32Array ? [...request.prompt] : request.prompt).slice(0, 80);
          throw new PolicyError('not-recorded', `${path} has no answer to seed ${request.seed}, prompt ${start}: record it again`);
        }
        yield { ...answerOf(found.length > 1 ? found.shift()! : found[0]!), index };
      }
    },
  };
}

function recorded(request: Request, options: SamplingOptions): RecordedRequest {
  const { prompt, seed } = request;
  return { prompt: prompt instanceof Int32Array ? [...prompt] : prompt, seed, sampling: resolveSampling(request, options) };
}

function recordedAnswer(result: Completion | Failure): RecordedAnswer {
  if ('error' in result) {
    const { message, code } = result.error as Error & { readonly code?: string };
    return { error: { ...(code !== undefined && { code }), message } };
  }
  const { text, finish, conversation } = result;
  if (!conversation) return { text, finish };
  const { prompt, completion, logprobs } = conversation;
  return { text, finish, conversation: { prompt: [...prompt], completion: [...completion], logprobs: [...logprobs] } };
}

function answerOf({ text, finish, conversation, error }: RecordedAnswer): Completion | Failure {
  if (error) {
    const { code, message } = error;
    return { error: code === undefined ? new Error(message) : new PolicyError(code as PolicyErrorCode, message) };
  }
  const plain = { text: text!, finish: finish! };
  if (!conversation) return plain;
  const { prompt, completion, logprobs } = conversation;
  return {
    ...plain,
    conversation: {
      prompt: Int32Array.from(prompt),
      completion: Int32Array.from(completion),
      logprobs: Float32Array.from(logprobs),
      finish: finish!,
    },
  };
}

function parseLine(text: string, where: string): RecordedLine {
  try {
    const line = JSON.parse(text) as Partial<RecordedLine> | null;
    if (line?.request && line.answer) return line as RecordedLine;
  } catch {
    // Told below.
  }
  throw new PolicyError('bad-options', `${where} is not of a recording: give a file that recordingModel wrote`);
}
