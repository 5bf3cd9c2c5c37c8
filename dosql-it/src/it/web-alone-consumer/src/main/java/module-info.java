/** An application without Javalin, in a module that exports and opens nothing. */
module consumer {
  requires dev.dosql.web;
}
