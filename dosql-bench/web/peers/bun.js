// The routes on Bun, with Hono and bun:sqlite: a database for each tenant, opened on first use.
// Usage: bun bun.bundle.js PORT FOLDER
import { Database } from 'bun:sqlite';
import { Hono } from 'hono';

const [port, folder] = process.argv.slice(2);
const tenants = new Map();

function open(name) {
  if (!/^[a-z0-9]+$/.test(name)) {
    throw new Error('not a name of a tenant');
  }
  const db = new Database(`${folder}/${name}.db`);
  db.exec('PRAGMA journal_mode = WAL');
  db.exec('PRAGMA synchronous = FULL');
  db.exec('PRAGMA busy_timeout = 5000');
  db.exec('PRAGMA foreign_keys = ON');
  db.exec(
    'CREATE TABLE IF NOT EXISTS todos' +
      ' (id INTEGER PRIMARY KEY, title TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0)',
  );
  return {
    find: db.prepare('SELECT id, title, done FROM todos WHERE id = ?'),
    add: db.prepare('INSERT INTO todos (title) VALUES (?) RETURNING id, title, done'),
  };
}

function tenant(name) {
  let found = tenants.get(name);
  if (!found) {
    found = open(name);
    tenants.set(name, found);
  }
  return found;
}

const todo = (row) => ({ id: row.id, title: row.title, done: row.done !== 0 });

const app = new Hono();

app.get('/:tenant/todos/:id', (c) => {
  const row = tenant(c.req.param('tenant')).find.get(Number(c.req.param('id')));
  return row ? c.json(todo(row)) : c.json({ error: 'no such todo' }, 404);
});

app.post('/:tenant/todos', async (c) => {
  const { title } = await c.req.json();
  return c.json(todo(tenant(c.req.param('tenant')).add.get(title)), 201);
});

Bun.serve({ hostname: '127.0.0.1', port: Number(port), fetch: app.fetch });
