// Makes JavaScript of TypeScript: node transpile.cjs <package typescript> <from> <to>
const fs = require('node:fs');
const [typescript, from, to] = process.argv.slice(2);
const ts = require(typescript);
const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
const result = ts.transpileModule(fs.readFileSync(from, 'utf8'), {
  compilerOptions: options,
  reportDiagnostics: true,
});
if (result.diagnostics.length > 0) {
  throw new Error(result.diagnostics.map((each) => each.messageText).join('\n'));
}
fs.writeFileSync(to, result.outputText);
