/** How an agent speaks to its model: the wording of its prompts, and how a reply is read. A plain object: spread one to change a part. */
export interface PromptTemplate {
  readonly name: string;
  /** True: a prompt is one user message of a chat. False: it is plain text, continued by the model. */
  readonly chat: boolean;
  /** Asks for the memory that replaces `memory` after reading `chunk`. */
  update(parts: UpdateParts): string;
  /** The same with the memory at the end; needed for `layout: 'chunk-first'`. */
  updateChunkFirst?(parts: UpdateParts): string;
  /** Asks for the answer from the memory alone. */
  answer(parts: { readonly problem: string; readonly memory: string }): string;
  /** Asks which entity `target` stands for in `chunk`, given the memory (intermediate memory recall). */
  recall(parts: { readonly memory: string; readonly chunk: string }): string;
  /** The memory in a reply to `update`. */
  parseMemory(text: string): string;
  /** The answer in a reply to `answer` or `recall`; undefined when it holds none. */
  parseAnswer(text: string): string | undefined;
  /** What stands in the prompt before anything was read. */
  readonly emptyMemory: string;
  /** The fixed question of masked reconstruction (E); documents may bring their own instead. */
  readonly problem?: string;
  /** Placeholder of the entity to recall (I). */
  readonly target: '[TARGET]';
}

/** What an update shows. */
export interface UpdateParts {
  readonly problem: string;
  readonly memory: string;
  readonly chunk: string;
}
