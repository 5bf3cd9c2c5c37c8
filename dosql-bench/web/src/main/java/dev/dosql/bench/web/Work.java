package dev.dosql.bench.web;

import java.util.List;

/** What is asked of every contestant. */
enum Work {
  GET("GET one row", "get", 1, Rows.OF_THE_FIRST),
  POST("POST one row, durable", "post", 1, 0),
  GET_OF_MANY("GET one row, 500 tenants", "get", Rows.TENANTS, Rows.OF_EACH),
  POST_OF_MANY("POST one row, durable, 500 tenants", "post", Rows.TENANTS, 0);

  private final String title;
  private final String method;
  private final int tenants;
  private final int rows;

  Work(String title, String method, int tenants, int rows) {
    this.title = title;
    this.method = method;
    this.tenants = tenants;
    this.rows = rows;
  }

  String title() {
    return title;
  }

  boolean writes() {
    return method.equals("post");
  }

  /** The arguments of {@code load.lua}. */
  List<String> arguments() {
    return List.of(method, Integer.toString(tenants), Integer.toString(rows));
  }
}
