/** One fact: three words, `subject relation object`. */
export interface Statement {
  readonly subject: string;
  readonly relation: string;
  readonly object: string;
}

/** The three words of a statement, separated by spaces. */
export function statementText(statement: Statement): string {
  return `${statement.subject} ${statement.relation} ${statement.object}`;
}

/** Whether the entity is the statement's subject or object. */
export function mentions(statement: Statement, entity: string): boolean {
  return statement.subject === entity || statement.object === entity;
}

/** The statement with every occurrence of the entity replaced by a mask word. */
export function maskStatement(statement: Statement, entity: string, mask: string): Statement {
  return {
    subject: statement.subject === entity ? mask : statement.subject,
    relation: statement.relation,
    object: statement.object === entity ? mask : statement.object,
  };
}
