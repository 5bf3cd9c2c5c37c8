# workerd as it serves SQLite Durable Objects from the local disk. The port and the folder are given when it is started.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "data", disk = (writable = true)),
  ],
  sockets = [(name = "http", http = (), service = "main")],
);

const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.bundle.js")],
  compatibilityDate = "2026-11-01",
  # Objects that are not used for ten seconds would be evicted, and other contestants' turns are longer.
  durableObjectNamespaces = [
    (className = "TodoDatabase", uniqueKey = "todos", enableSql = true, preventEviction = true),
  ],
  durableObjectStorage = (localDisk = "data"),
  bindings = [(name = "TODOS", durableObjectNamespace = "TodoDatabase")],
);
