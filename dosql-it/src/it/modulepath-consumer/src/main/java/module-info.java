/** An application in a module that exports and opens nothing. */
module consumer {
  requires dev.dosql;
}
