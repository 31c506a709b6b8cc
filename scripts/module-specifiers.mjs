import { parseSync } from '@swc/core';

/**
 * Every module that a source text names: imports, re-exports, `import()`, `require()`, `import type`, `import('x').T`.
 * @param {string} source TypeScript or JavaScript
 * @returns {{ specifier: string, line: number }[]} in the order of the text
 */
export function moduleSpecifiers(source) {
  // The parser counts bytes from an unknown start: an empty first statement shows where that is.
  const text = source.startsWith('#!') ? `//${source.slice(2)}` : source;
  const program = parseSync(`;${text}`, { syntax: 'typescript', target: 'es2022', decorators: true });
  const start = program.body[0].span.start;
  const bytes = Buffer.from(`;${text}`);
  const found = [];
  const add = (literal) => {
    if (literal?.type !== 'StringLiteral') return;
    const before = bytes.subarray(0, literal.span.start - start);
    found.push({ specifier: literal.value, line: before.toString().split('\n').length, at: literal.span.start });
  };
  visit(program, add);
  return found.sort((a, b) => a.at - b.at).map(({ specifier, line }) => ({ specifier, line }));
}

function visit(node, add) {
  if (Array.isArray(node)) {
    for (const item of node) visit(item, add);
    return;
  }
  if (typeof node !== 'object' || node === null) return;
  if (node.type === 'ImportDeclaration' || node.type === 'ExportNamedDeclaration' || node.type === 'ExportAllDeclaration') add(node.source);
  else if (node.type === 'TsImportType') add(node.argument);
  else if (node.type === 'TsExternalModuleReference') add(node.expression);
  else if (node.type === 'CallExpression' && isImportCall(node.callee)) add(node.arguments[0]?.expression);
  for (const value of Object.values(node)) visit(value, add);
}

function isImportCall(callee) {
  return callee.type === 'Import' || (callee.type === 'Identifier' && callee.value === 'require');
}
