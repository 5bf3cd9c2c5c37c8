import org.jspecify.annotations.NullMarked;

/** What a web service on DoSQL needs: tenants, identities, rate limits and errors of requests. */
@NullMarked
module dev.dosql.web {
  requires static transitive org.jspecify;
  requires transitive dev.dosql;
  requires com.nimbusds.jose.jwt;
  requires org.bouncycastle.provider;
  requires org.slf4j;
  requires transitive java.net.http;
  requires tools.jackson.core;
  // For DoSQLPlugin and Access alone: absent unless the application adds it, and says so in its own
  // module. Were it transitive, a module without it would not compile.
  requires static io.javalin;

  exports dev.dosql.web;
  exports dev.dosql.web.remote;
}
