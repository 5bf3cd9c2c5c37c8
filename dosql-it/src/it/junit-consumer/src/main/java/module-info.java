/** Tests in a module, which JUnit may look into, run by the launcher. */
module consumer {
  requires dev.dosql.junit;
  requires org.junit.platform.launcher;

  opens consumer to org.junit.platform.commons;
}
