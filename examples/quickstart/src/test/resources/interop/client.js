// Posts a todo for each tenant and prints what each has then, a line for each.
const http = require('node:http');
const [port, ...tenants] = process.argv.slice(2);

function call(method, tenant, body) {
  return new Promise((resolve, reject) => {
    const headers = { Host: `${tenant}.localhost:${port}`, 'Content-Type': 'application/json' };
    const request = http.request({ host: '127.0.0.1', port, path: '/todos', method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode, json: JSON.parse(text) }));
    });
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

(async () => {
  for (const tenant of tenants) {
    const { status } = await call('POST', tenant, { title: `für ${tenant} 🙂` });
    if (status !== 201) throw new Error(`POST for ${tenant} answered ${status}`);
    const { json } = await call('GET', tenant);
    console.log(`${tenant}: ${json.map((todo) => `${todo.id} ${todo.title}`).join(', ')}`);
  }
})();
