import org.jspecify.annotations.NullMarked;

/** What a web service on DoSQL needs: tenants, identities, rate limits and errors of requests. */
@NullMarked
module dev.dosql.web {
  requires static transitive org.jspecify;
  requires transitive dev.dosql;
  requires com.nimbusds.jose.jwt;
  requires org.bouncycastle.provider;
  requires org.slf4j;
  // For DoSQLPlugin and Access alone: absent unless the application adds it.
  requires static transitive io.javalin;

  exports dev.dosql.web;
}
