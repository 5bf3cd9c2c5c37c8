/** A service in a module that exports and opens nothing. */
module consumer {
  requires dev.dosql.web;
  requires io.javalin;
}
