// The guide's client against an endpoint: node guide-client.mjs <base and tenant> <secret>
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const name = existsSync(here('./client.mjs')) ? './client.mjs' : './client.ts';
const { createDBClient } = await import(new URL(name, import.meta.url).href);
const [base, secret] = process.argv.slice(2);

// What the guide's code has from Durable Objects: something to send a request to.
const stub = (token) => ({
  fetch: (url, init) =>
    fetch(base + new URL(url).pathname, {
      ...init,
      headers: { ...init.headers, Authorization: `Bearer ${token}` },
    }),
});
const db = createDBClient(stub(secret));
const say = (what, value) => console.log(what, JSON.stringify(value));
const fails = async (what, call) => {
  try {
    say(`no error ${what}`, await call());
  } catch (error) {
    console.log(`error ${what}: ${error.message}`);
  }
};

await db.run(
  'CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT UNIQUE, price REAL, done INTEGER NOT NULL)',
);
const insert = 'INSERT INTO items (name, price, done) VALUES (?, ?, ?)';
say('run', await db.run(insert, ['für 🙂', 2.5, true]));
say('run', await db.run(insert, [null, null, false]));
say('query', await db.query('SELECT * FROM items ORDER BY id'));
say('query', await db.query('SELECT * FROM items WHERE id = ?', [99]));
say('queryOne', await db.queryOne('SELECT id FROM items WHERE name = ?', ['für 🙂']));
say('queryOne', await db.queryOne('SELECT id FROM items WHERE id = 99'));
say('largest', await db.queryOne('SELECT ? AS n', [Number.MAX_SAFE_INTEGER]));
await fails('unique', () => db.run(insert, ['für 🙂', 1, 0]));
await fails('integer', () => db.query('SELECT 9007199254740993 AS n'));
await fails('parameter', () => db.query('SELECT ? AS n', [2 ** 53]));
await fails('secret', () => createDBClient(stub('x'.repeat(40))).query('SELECT 1'));
say(
  'transaction',
  await db.transaction(async (tx) => {
    await tx.query('SELECT 1');
    await tx.run('UPDATE items SET done = 1');
  }),
);
await fails('rolled back', () =>
  db.transaction(async (tx) => {
    await tx.run('DELETE FROM items WHERE id = 2');
    await tx.run(insert, ['für 🙂', 1, 0]);
  }),
);
say('count', await db.queryOne('SELECT count(*) AS n FROM items'));
