// The guide's quick start: a Hono app that sends SQL as JSON to the Durable Object of the tenant.
import { DurableObject } from 'cloudflare:workers';
import { Hono } from 'hono';

export class TodoDatabase extends DurableObject {
  constructor(state, env) {
    super(state, env);
    this.sql = state.storage.sql;
    this.sql.exec(
      'CREATE TABLE IF NOT EXISTS todos' +
        ' (id INTEGER PRIMARY KEY, title TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0)',
    );
  }

  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname !== '/query') {
      return new Response('Not Found', { status: 404 });
    }
    const { sql, params } = await request.json();
    return Response.json(this.sql.exec(sql, ...(params || [])).toArray());
  }
}

async function query(env, tenant, sql, params) {
  const stub = env.TODOS.get(env.TODOS.idFromName(tenant));
  const answer = await stub.fetch('http://do/query', {
    method: 'POST',
    body: JSON.stringify({ sql, params }),
  });
  return answer.json();
}

const todo = (row) => ({ id: row.id, title: row.title, done: row.done !== 0 });

const app = new Hono();

app.get('/:tenant/todos/:id', async (c) => {
  const rows = await query(
    c.env,
    c.req.param('tenant'),
    'SELECT id, title, done FROM todos WHERE id = ?',
    [Number(c.req.param('id'))],
  );
  return rows.length ? c.json(todo(rows[0])) : c.json({ error: 'no such todo' }, 404);
});

app.post('/:tenant/todos', async (c) => {
  const { title } = await c.req.json();
  const rows = await query(
    c.env,
    c.req.param('tenant'),
    'INSERT INTO todos (title) VALUES (?) RETURNING id, title, done',
    [title],
  );
  return c.json(todo(rows[0]), 201);
});

export default app;
